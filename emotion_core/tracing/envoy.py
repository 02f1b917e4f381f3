"""nnsight's view of a loaded model. nnsight is imported in this folder and nowhere else."""

from __future__ import annotations

from functools import reduce
from typing import Any

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


def stream(output: Any) -> Any:
    """The residual stream in a block's output.

    Most blocks of transformers 5 return a tensor [rows, tokens, width]; GPT-Neo, GPT-J, BLOOM, Falcon and MPT return
    a tuple that begins with it. Indexing a tensor with [0] would be its first row: the classic silent mistake.
    """
    return output[0] if isinstance(output, tuple) else output
