"""The untrained twin of a model: what its architecture and its tokenizer show of emotions before any training.

A network with random weights still maps texts with the same words to the same places. What it reaches is therefore no
evidence of anything a model learned; a claim about a trained model is worth what it adds to that.
"""

from __future__ import annotations

from contextlib import suppress
from copy import deepcopy
from typing import Any

from emotion_core.base.errors import ModelError
from emotion_core.base.later import torch
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.prepare import adopt, fuse_gelu, offloaded

PREFIX = "untrained:"
TWIN_SEED = 0


def untrained_twin(model: LoadedModel, seed: int = TWIN_SEED) -> LoadedModel:
    """A model of the same configuration and tokenizer with weights from the class's own initialisation.

    Nothing is fetched. A model with compressed weights (GGUF, 4 or 8 bits) gets a twin with ordinary ones, since random
    weights have nothing to compress. The twin takes as much memory as the model.

    Args:
        model: A model in memory.
        seed: Of the weights; torch's own generator is left as it was.

    Returns:
        The twin, with its own fingerprint and the name "untrained:" + the model's.

    Raises:
        ModelError: The weights are on another machine or on disk, or the class cannot be made from its configuration.
    """
    if model.remote is not None or offloaded(model.module):
        raise ModelError(
            "No untrained twin can be made of this model",
            where=model.info.name,
            expected="a model whose weights are in this machine's memory",
            found="weights on another machine" if model.remote is not None else "weights that stay on disk",
            remedy="Choose a smaller model, or one that is run here",
        )
    source: Any = model.module
    config = deepcopy(source.config)
    for left_over in ("quantization_config", "_pre_quantization_dtype"):
        with suppress(AttributeError):
            delattr(config, left_over)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            module: Any = type(source)(config)  # float32 on the CPU, so that every machine draws the same weights
    # A class raises whatever its many parts raise on a configuration that only its own loader understands.
    except Exception as error:
        raise ModelError(
            "No untrained twin can be made of this model",
            where=model.info.name,
            expected=f"a {type(source).__name__} that its configuration alone makes",
            found=f"{type(error).__name__}: {str(error)[:200]}",
            remedy="Use the model without a twin; claims then say so",
        ) from error
    module.generation_config = deepcopy(source.generation_config)
    dtype = getattr(torch, model.info.dtype)
    module = module.to(device=model.info.device, dtype=dtype if dtype.is_floating_point else torch.float32)
    fuse_gelu(module)
    return adopt(module, model.tokenizer, PREFIX + model.info.name, layers_path=model.layers_path)
