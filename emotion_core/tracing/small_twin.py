"""A small random model of the same class as a large one, for trying traces before they are sent.

Whether a trace survives the trip depends on the class of the model and on its blocks' output, not on their number,
their width or their weights. So the configuration is kept and its sizes are made small.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from emotion_core.base.errors import ModelError
from emotion_core.models.loaded import LoadedModel

_LAYERS = ("num_hidden_layers", "n_layer", "num_layers", "n_layers")
_HEADS = ("num_attention_heads", "n_head", "num_heads", "n_heads")
# Name in the configuration -> size; what a configuration does not have is left out.
_SIZES = {
    **dict.fromkeys(_LAYERS, 2),
    **dict.fromkeys(_HEADS, 4),
    "num_key_value_heads": 2,
    "hidden_size": 64,
    "n_embd": 64,
    "d_model": 64,
    "word_embed_proj_dim": 64,
    "head_dim": 16,
    "rotary_dim": 8,
    "intermediate_size": 128,
    "moe_intermediate_size": 128,
    "shared_expert_intermediate_size": 128,
    "n_inner": 128,
    "ffn_dim": 128,
    "num_local_experts": 4,
    "num_experts": 4,
    "num_experts_per_tok": 2,
}


def small_twin(model: LoadedModel) -> nn.Module:
    """A model of the same class with two layers of width 64 and random weights; its vocabulary stays.

    Args:
        model: Any model; its weights are not needed.

    Raises:
        ModelError: The class cannot be made small in this way.
    """
    try:
        config = _small(model.module.config)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return type(model.module)(config).eval()
    # Each architecture checks its sizes in its own way.
    except Exception as error:
        raise ModelError(
            "No small model of this class could be made for a dry run",
            where=type(model.module).__name__,
            found=f"{type(error).__name__}: {(str(error).splitlines() or ['no message'])[0][:200]}",
            remedy="Try the dry run with a small model of the same family",
        ) from error


def _small(config: Any) -> Any:
    small = copy.deepcopy(config)
    for key, size in _SIZES.items():
        # Names that stand for another one (GPT-2's hidden_size is n_embd) and computed ones are not among these.
        if vars(small).get(key) is not None:
            setattr(small, key, size)
    for key in ("layer_types", "attention_layers"):
        kinds = getattr(small, key, None)
        if kinds:
            setattr(small, key, list(kinds[:2]))
    if getattr(small, "attention_types", None):
        small.attention_types = [[list(kinds), 1] for kinds, _ in small.attention_types[:1]]
    return small
