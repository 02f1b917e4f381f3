"""Weights in 8 bits, by torchao: a quarter of the memory of float32, on any processor, and nearly the same directions.

Each row of a linear layer's matrix is kept as whole numbers of 8 bits with one scale. What is computed stays float32:
activations, embeddings and the output layer are as they were. What that changes is shown by
`python -m benchmarks --parts dtype`.
"""

from __future__ import annotations

import logging
from typing import Any

import torch
from torch import nn

from emotion_core.base.errors import ModelError

INT8 = "int8"


def to_int8(module: nn.Module, name: str) -> None:
    """Keeps the linear layers of a model in 8 bits from now on; its output layer stays.

    Args:
        module: A model in float32, changed in place.
        name: As the visitor wrote it.

    Raises:
        ModelError: It has no linear layer but its output layer.
    """
    logging.getLogger("torchao").setLevel(logging.ERROR)  # it warns of every processor that this machine does not have
    from torchao.quantization import Int8WeightOnlyConfig, quantize_

    _as_linear(module)
    head = module.get_output_embeddings()  # type: ignore[operator]

    def chosen(one: nn.Module, _: str) -> bool:
        return isinstance(one, nn.Linear) and one is not head

    if not any(chosen(one, "") for one in module.modules()):
        raise ModelError(
            "Nothing of this model can be kept in 8 bits",
            where=name,
            expected="layers of the class Linear",
            found=f"{type(module).__name__}, which has none besides its output layer",
            remedy="Load it in bfloat16 or float32",
        )
    quantize_(module, Int8WeightOnlyConfig(), filter_fn=chosen)


def _as_linear(module: nn.Module) -> None:
    """GPT-2's layers of a class of its own, whose matrix lies the other way round, as linear ones."""
    from transformers.pytorch_utils import Conv1D

    for parent in list(module.modules()):
        for name, child in parent.named_children():
            if isinstance(child, Conv1D):
                made = nn.Linear(*child.weight.shape)
                made.weight = nn.Parameter(child.weight.detach().T.contiguous(), requires_grad=False)
                made.bias = child.bias
                setattr(parent, name, made)


def parts_of(tensor: torch.Tensor) -> list[torch.Tensor]:
    """The plain tensors that a tensor is kept as: itself, or its whole numbers and their scales."""
    flatten: Any = getattr(tensor, "__tensor_flatten__", None)
    if flatten is None:
        return [tensor]
    return [getattr(tensor, one) for one in flatten()[0]]


def is_int8(module: nn.Module) -> bool:
    """Whether layers are kept in 8 bits by `to_int8`."""
    return any(part.dtype == torch.int8 for one in module.parameters() for part in parts_of(one)[:1])
