"""Tiny random models of many architectures, and a tokenizer of their own: no network, no trained weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from emotion_core.models.loaded import LoadedModel
from emotion_core.models.prepare import adopt

WIDTH, HEADS, LAYERS, CONTEXT, VOCABULARY = 32, 4, 4, 96, 320
END = "<|end|>"
CHAT_TEMPLATE = "{% for m in messages %}[{{ m.role }}] {{ m.content }} [/{{ m.role }}]\n{% endfor %}"

# Texts of very different length, so that batches of them are padded a lot.
TEXTS = (
    "The lamp flickers and steps come closer in the dark garage.",
    "Tea.",
    "Bread is rising in the warm kitchen while rain falls on the roof, and nobody has to be anywhere today.",
    "He waits.",
    "A letter from the bank lies on the mat, unopened, since Tuesday.",
    "Two dogs run along the beach.",
    "Someone knocks three times, then silence, then the handle turns very slowly and the door begins to move.",
)


def _llama_like(**more: Any) -> dict[str, Any]:
    return {
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": HEADS // 2,
        "max_position_embeddings": CONTEXT,
        **more,
    }


_GPT = {"n_embd": WIDTH, "n_layer": LAYERS, "n_head": HEADS, "n_positions": CONTEXT}
# Name -> (class in transformers without Config / ForCausalLM, settings, whether blocks return a tuple).
_FAMILIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "gpt2": ("GPT2Config", "GPT2LMHeadModel", _GPT),
    "llama": ("LlamaConfig", "LlamaForCausalLM", _llama_like()),
    "neox": ("GPTNeoXConfig", "GPTNeoXForCausalLM", _llama_like()),
    "gpt_neo": (
        "GPTNeoConfig",
        "GPTNeoForCausalLM",
        {
            "hidden_size": WIDTH,
            "num_layers": LAYERS,
            "num_heads": HEADS,
            "attention_types": [[["global", "local"], LAYERS // 2]],
            "window_size": 8,
            "max_position_embeddings": CONTEXT,
        },
    ),
    "gptj": ("GPTJConfig", "GPTJForCausalLM", {**_GPT, "rotary_dim": 4}),
    "opt": (
        "OPTConfig",
        "OPTForCausalLM",
        _llama_like(ffn_dim=2 * WIDTH, word_embed_proj_dim=WIDTH, dropout=0.0),
    ),
    "bloom": ("BloomConfig", "BloomForCausalLM", {"hidden_size": WIDTH, "n_layer": LAYERS, "n_head": HEADS}),
    "falcon": (
        "FalconConfig",
        "FalconForCausalLM",
        {"hidden_size": WIDTH, "num_hidden_layers": LAYERS, "num_attention_heads": HEADS},
    ),
    "mpt": (
        "MptConfig",
        "MptForCausalLM",
        {"d_model": WIDTH, "n_layers": LAYERS, "n_heads": HEADS, "max_seq_len": CONTEXT},
    ),
    "mistral": ("MistralConfig", "MistralForCausalLM", _llama_like(sliding_window=8, head_dim=8)),
    "qwen2": ("Qwen2Config", "Qwen2ForCausalLM", _llama_like()),
    "gemma": ("GemmaConfig", "GemmaForCausalLM", _llama_like(head_dim=8)),
    "phi": ("PhiConfig", "PhiForCausalLM", _llama_like()),
    "olmo2": ("Olmo2Config", "Olmo2ForCausalLM", _llama_like()),
    "mixtral": ("MixtralConfig", "MixtralForCausalLM", _llama_like(num_local_experts=4, num_experts_per_tok=2)),
}
FAMILIES = tuple(_FAMILIES)
# Carries its stream in copies; few tests need it.
_FAMILIES["gemma3n"] = (
    "Gemma3nTextConfig",
    "Gemma3nForCausalLM",
    _llama_like(
        head_dim=8,
        num_kv_shared_layers=0,
        intermediate_size=[2 * WIDTH] * LAYERS,
        activation_sparsity_pattern=[0.0] * LAYERS,
        layer_types=["full_attention"] * LAYERS,
        hidden_size_per_layer_input=8,
        vocab_size_per_layer_input=VOCABULARY,
        laurel_rank=4,
    ),
)
# One of each kind of block output and of each layer list: where a test is too slow for all families.
MAIN = ("gpt2", "llama", "neox", "gpt_neo")
TUPLES = ("gpt_neo", "gptj", "bloom", "falcon", "mpt")


@cache
def _vocabulary_of_bytes() -> str:
    """A byte-level BPE of 320 pieces as JSON; any text can be written with it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return tokenizer.to_str()


def tiny_tokenizer(chat_template: str | None = CHAT_TEMPLATE, **more: Any) -> PreTrainedTokenizerFast:
    """A fresh tokenizer; `<|end|>` ends and begins texts but is not added to them."""
    backend = Tokenizer.from_str(_vocabulary_of_bytes())
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, eos_token=END, bos_token=END, **more)
    tokenizer.chat_template = chat_template
    return tokenizer


def tiny_module(family: str, seed: int = 0, **more: Any) -> Any:
    """A transformers model of a family with random weights."""
    config_name, class_name, settings = _FAMILIES[family]
    config = getattr(transformers, config_name)(
        **{**settings, "vocab_size": VOCABULARY, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": None, **more}
    )
    module = getattr(transformers, class_name)(config)
    _scatter(module, seed)
    return module.eval()


def tiny_model(family: str, seed: int = 0, name: str | None = None, **more: Any) -> LoadedModel:
    """A LoadedModel of a family with random weights."""
    return adopt(tiny_module(family, seed, **more), tiny_tokenizer(), name or f"tiny {family}")


def _scatter(module: Any, seed: int) -> None:
    """Weights large enough that every layer changes the stream, as the usual initial ones (std 0.02) do not."""
    generator = torch.Generator().manual_seed(seed)
    embeddings = {id(m.weight) for m in module.modules() if isinstance(m, torch.nn.Embedding)}
    with torch.no_grad():
        for parameter in module.parameters():
            drawn = torch.randn(parameter.shape, generator=generator)
            if id(parameter) in embeddings:
                parameter.copy_(drawn * 0.4)
            elif parameter.dim() > 1:
                parameter.copy_(drawn / WIDTH**0.5)
            else:
                parameter.add_(drawn * 0.1)


class Counter:
    """Counts calls of a module's forward."""

    def __init__(self, module: Any) -> None:
        self.calls = 0
        self.rows = 0
        self._handle = module.register_forward_pre_hook(self._count, with_kwargs=True)

    def _count(self, _: Any, args: Any, kwargs: Any) -> None:
        self.calls += 1
        given = args[0] if args else kwargs.get("input_ids", kwargs.get("hidden_states"))
        self.rows += 0 if given is None else given.shape[0]

    def close(self) -> None:
        self._handle.remove()


Hook = Callable[..., Any]
