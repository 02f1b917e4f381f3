"""What a model does without nnsight: plain PyTorch hooks and plain forward passes, one text at a time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from emotion_core.models.loaded import LoadedModel


def blocks(model: LoadedModel) -> Any:
    return model.module.get_submodule(model.layers_path)


def streams(model: LoadedModel, ids: tuple[int, ...]) -> np.ndarray:
    """Input of block 0 and output of every block, float32 [1 + layers, tokens, width]."""
    kept: list[torch.Tensor] = []

    def before(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        kept.append((args[0] if args else kwargs["hidden_states"]).clone())

    def after(_: Any, args: tuple[Any, ...], output: Any) -> None:
        kept.append((output[0] if isinstance(output, tuple) else output).clone())

    layers = blocks(model)
    handles = [layers[0].register_forward_pre_hook(before, with_kwargs=True)]
    handles += [layer.register_forward_hook(after) for layer in layers]
    with torch.no_grad():
        model.module(input_ids=torch.tensor([ids]), use_cache=False)
    for handle in handles:
        handle.remove()
    return torch.cat(kept).numpy()


def logits(model: LoadedModel, ids: tuple[int, ...]) -> torch.Tensor:
    """float32 [tokens, vocabulary], without a cache."""
    with torch.no_grad():
        return model.module(input_ids=torch.tensor([ids]), use_cache=False).logits[0]


@contextmanager
def block_inputs(model: LoadedModel):
    """Collects the input of every block in every forward pass: a list a block of [rows, tokens, width].

    What goes into block i + 1 is what block i put out, whoever edited it.
    """
    seen: list[list[torch.Tensor]] = [[] for _ in blocks(model)]

    def keep(i: int) -> Callable[..., None]:
        def hook(_: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            seen[i].append((args[0] if args else kwargs["hidden_states"]).detach().clone())

        return hook

    handles = [b.register_forward_pre_hook(keep(i), with_kwargs=True) for i, b in enumerate(blocks(model))]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()
