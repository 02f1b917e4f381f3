"""Weights in 8 bits: a quarter of the memory of float32, on any processor, and nearly the same directions.

Each row of a linear layer's matrix is kept as whole numbers of 8 bits with one scale. What is computed stays float32:
activations, embeddings and the output layer are as they were. What that changes is shown by `python -m benchmarks
--parts dtype`. A library for it, torchao, is imported by transformers for every model once it is installed, seconds
that nobody else should pay for two lines of arithmetic.
"""

from __future__ import annotations

import torch

from emotion_core.base.errors import ModelError

_LARGEST = 127


class Int8Linear(torch.nn.Module):
    """A linear layer with its weight in 8 bits.

    Attributes:
        weight: int8 [outputs, inputs].
        scale: float32 [outputs]; a row of the matrix is its whole numbers times its scale.
        bias: float32 [outputs], or None.
        in_8_bits: By which who counts parameters knows it.
    """

    in_8_bits = True
    weight: torch.Tensor
    scale: torch.Tensor

    def __init__(self, weight: torch.Tensor, bias: torch.nn.Parameter | None) -> None:
        """Rounds a float matrix [outputs, inputs] to 8 bits."""
        super().__init__()
        scale = weight.abs().amax(1).clamp_min(torch.finfo(torch.float32).tiny) / _LARGEST  # (outputs,)
        self.register_buffer("weight", (weight / scale[:, None]).round().to(torch.int8))
        self.register_buffer("scale", scale)
        self.bias = bias

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """[..., inputs] to [..., outputs]."""
        outputs = torch.nn.functional.linear(inputs, self.weight.to(inputs.dtype)) * self.scale
        return outputs if self.bias is None else outputs + self.bias


def to_int8(module: torch.nn.Module, name: str) -> None:
    """Keeps the linear layers of a model in 8 bits from now on; its output layer stays.

    Args:
        module: A model in float32, changed in place.
        name: As the visitor wrote it.

    Raises:
        ModelError: It has no linear layer but its output layer.
    """
    from transformers.pytorch_utils import Conv1D  # GPT-2's linear layer, whose matrix lies the other way round

    head = module.get_output_embeddings()  # type: ignore[operator]
    found = 0
    for parent in list(module.modules()):
        for key, child in parent.named_children():
            if child is head or type(child) not in (torch.nn.Linear, Conv1D):
                continue
            weight: torch.Tensor = child.weight.detach()  # type: ignore[operator]
            made = Int8Linear(weight.T.contiguous() if type(child) is Conv1D else weight, child.bias)  # type: ignore[arg-type]
            setattr(parent, key, made)
            found += 1
    if not found:
        raise ModelError(
            "Nothing of this model can be kept in 8 bits",
            where=name,
            expected="layers of the class Linear",
            found=f"{type(module).__name__}, which has none besides its output layer",
            remedy="Load it in bfloat16 or float32",
        )
