"""The residual stream by plain PyTorch hooks: what nnsight's traces are compared with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from emotion_core.base.later import torch
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.envoy import read_stream


@dataclass
class Seen:
    """What went through the blocks, one entry a forward pass.

    Attributes:
        inputs: For each block, tensors [rows, tokens, width].
        outputs: The same for the blocks' outputs, steering included.
        kinds: Class of each block's output, such as `Tensor` or `tuple`.
    """

    inputs: list[list[torch.Tensor]] = field(default_factory=list)
    outputs: list[list[torch.Tensor]] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)


def blocks(model: LoadedModel) -> torch.nn.ModuleList:
    """The blocks as PyTorch modules."""
    found = model.module.get_submodule(model.layers_path)
    assert isinstance(found, torch.nn.ModuleList)
    return found


@contextmanager
def watched(model: LoadedModel) -> Iterator[Seen]:
    """Copies what goes into and out of every block while it is open."""
    layers = blocks(model)
    seen = Seen([[] for _ in layers], [[] for _ in layers], ["" for _ in layers])
    handles = []
    for i, block in enumerate(layers):
        handles.append(block.register_forward_pre_hook(_keep_input(seen, i, model), with_kwargs=True))
        handles.append(block.register_forward_hook(_keep_output(seen, i, model)))
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def forward(model: LoadedModel, ids: torch.Tensor) -> tuple[Seen, torch.Tensor]:
    """A plain forward pass without a cache: what the blocks saw, and logits [rows, tokens, vocabulary]."""
    with torch.inference_mode(), watched(model) as seen:
        logits = model.module(input_ids=ids, use_cache=False).logits
    return seen, logits


def _keep_input(seen: Seen, i: int, model: LoadedModel) -> Any:
    def keep(_: torch.nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        given = args[0] if args else kwargs["hidden_states"]
        seen.inputs[i].append(read_stream(given, model.copy).detach().clone())

    return keep


def _keep_output(seen: Seen, i: int, model: LoadedModel) -> Any:
    def keep(_: torch.nn.Module, args: tuple[Any, ...], output: Any) -> None:
        seen.kinds[i] = type(output).__name__
        seen.outputs[i].append(read_stream(output, model.copy).detach().clone())

    return keep
