"""nnsight's view of a loaded model. nnsight is imported in this folder and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import torch

from emotion_core.models.loaded import LoadedModel


def envoy_of(model: LoadedModel) -> Any:
    """The nnsight wrapper of a model, made once and kept with it."""
    if model.envoy is None:
        from nnsight import TransformersModel  # a second of import that pages without a model do not need

        model.envoy = TransformersModel(model.module, task="text-generation", tokenizer=model.tokenizer)
    return model.envoy


def blocks_of(model: LoadedModel) -> Any:
    """The envoys of the blocks, in forward order."""
    return reduce(getattr, model.layers_path.split("."), envoy_of(model))


def stream(output: Any, copy: int | None) -> Any:
    """The residual stream in a block's output or input, as it is steered: a view, [rows, tokens, (copies,) width].

    Most blocks of transformers 5 return a tensor [rows, tokens, width]; GPT-Neo, GPT-J, BLOOM, Falcon and MPT return
    a tuple that begins with it, the first GPT a list. Indexing a tensor with [0] would be its first row: the classic
    silent mistake. Some models carry the stream in several copies. Of Gemma 3n's [copies, rows, tokens, width] this is
    the copy that its blocks compute on; of hyper-connections' [rows, tokens, copies, width] it is all of them. `copy`
    is that of the loaded model, which is not handed over itself: what a trace names is sent along to NDIF.
    """
    tensor = output[0] if isinstance(output, (tuple, list)) else output
    return tensor[copy] if copy is not None and tensor.dim() == 4 else tensor


def read_stream(output: Any, copy: int | None) -> Any:
    """The residual stream as it is read, [rows, tokens, width]: the mean where it is carried in several copies."""
    tensor = stream(output, copy)
    return tensor.mean(2) if tensor.dim() == 4 else tensor


def along(hidden: torch.Tensor, matrix: torch.Tensor) -> torch.Tensor:
    """Projections, float32 [rows, tokens, directions], of a stream on directions; on the device of the block."""
    return hidden.float() @ matrix.to(hidden.device).T


def cut(values: torch.Tensor, spans: Sequence[tuple[int, int]]) -> torch.Tensor:
    """Of [rows, tokens, ...] the tokens [start, end) of each row, one row after the other: [tokens of all rows, ...].

    In a trace, so that what texts were filled up with does not travel.
    """
    return torch.cat([values[row, start:end] for row, (start, end) in enumerate(spans)])


def stacked(tensors: Sequence[torch.Tensor], dim: int) -> torch.Tensor:
    """What was saved at several blocks as one tensor in this machine's memory: blocks may lie on several devices."""
    return torch.stack([tensor.cpu() for tensor in tensors], dim=dim)
