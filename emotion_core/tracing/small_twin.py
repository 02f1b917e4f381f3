"""A small random model of the same class as a large one, for trying traces before they are sent.

Whether a trace survives the trip depends on the class of the model and on its blocks' output, not on their number,
their width or their weights. So the configuration is kept and its sizes are made small.
"""

from __future__ import annotations

import copy
from typing import Any

from emotion_core.base.errors import ModelError
from emotion_core.base.later import torch
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
    "n_routed_experts": 4,
    "moe_num_experts": 4,
    "num_experts_per_tok": 2,
    "num_experts_per_token": 2,
    "n_group": 1,
    "num_expert_group": 1,
    "topk_group": 1,
    # Attention of low rank (DeepSeek and its like).
    "q_lora_rank": 32,
    "kv_lora_rank": 32,
    "qk_rope_head_dim": 16,
    "qk_nope_head_dim": 16,
    "v_head_dim": 16,
    # Recurrent parts.
    "attention_hidden_size": 64,
    "lru_width": 64,
    "chunk_size": 16,
    "mamba_chunk_size": 16,
    "linear_num_value_heads": 4,
    "linear_num_key_heads": 2,
    "linear_key_head_dim": 16,
    "linear_value_head_dim": 16,
    "linear_num_heads": 4,
    "linear_head_dim": 16,
    "num_blocks": 2,
    "embedding_dim": 64,
    # Encoders and decoders of their own, and vision.
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 128,
    "decoder_ffn_dim": 128,
    "depth": 2,
    "emb_dim": 64,
}
_KINDS = ("layer_types", "attention_layers", "layers_block_type", "mlp_layer_types", "block_types")


def small_twin(model: LoadedModel) -> torch.nn.Module:
    """A model of the same class with two layers of width 64 and random weights; its vocabulary stays.

    Args:
        model: Any model; its weights are not needed.

    Raises:
        ModelError: The class cannot be made small in this way.
    """
    try:
        config = shrunk(model.module.config)
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


def shrunk(config: Any) -> Any:
    """A copy of a configuration with small sizes, in its parts for images and sound too.

    There are two layers, or one of each kind where a model has more kinds. The vocabulary stays.
    """
    from transformers import PreTrainedConfig

    small = copy.deepcopy(config)
    for part in vars(small).values():
        if isinstance(part, PreTrainedConfig):
            vars(part).update(vars(shrunk(part)))
    for key, size in _SIZES.items():
        # Names that stand for another one (GPT-2's hidden_size is n_embd) and computed ones are not among these.
        if vars(small).get(key) is not None:
            setattr(small, key, size)
    if vars(small).get("kv_lora_rank") and vars(small).get("num_key_value_heads"):
        small.num_key_value_heads = small.num_attention_heads  # each head has its own share of the low rank
    for key in _KINDS:
        kinds = vars(small).get(key)
        if kinds:
            one_of_each = list(dict.fromkeys(kinds))
            setattr(small, key, one_of_each if len(one_of_each) > 1 else one_of_each * 2)
            for name in _LAYERS:
                if vars(small).get(name) is not None:
                    setattr(small, name, max(2, len(one_of_each)))
    if getattr(small, "attention_types", None):
        small.attention_types = [[list(kinds), 1] for kinds, _ in small.attention_types[:1]]
    return small
