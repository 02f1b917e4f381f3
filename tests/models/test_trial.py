"""A few tokens before the work: what looks ahead, is broken, or too large for its number format is refused."""

from __future__ import annotations

import pytest
import torch
import transformers
from tiny import VOCABULARY, tiny_model, tiny_module, tiny_tokenizer

from emotion_core.base.errors import ModelError
from emotion_core.models.prepare import adopt, tried


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_sound_models_come_back_as_they_were(dtype):
    for family in ("gpt2", "bloom", "mixtral"):
        model = adopt(tiny_module(family).to(dtype), tiny_tokenizer(), "tiny")
        assert tried(model) is model


def test_weights_that_are_no_numbers_are_named():
    model = tiny_model("llama")
    model.module.model.layers[2].mlp.down_proj.weight.data[3, 4] = torch.nan
    with pytest.raises(ModelError, match=r"model\.layers\.2\.mlp\.down_proj\.weight; layers 2 to 3 not finite\. Fetch"):
        tried(model)


@pytest.mark.parametrize(("dtype", "fits"), [("float16", False), ("bfloat16", True), ("float32", True)])
def test_numbers_too_large_for_half_precision_ask_for_another_format(dtype, fits):
    module = tiny_module("llama")
    module.model.layers[1].mlp.down_proj.weight.data[5] *= 1e6 / 4
    model = adopt(module.to(getattr(torch, dtype)), tiny_tokenizer(), "tiny")
    if fits:
        assert tried(model) is model
        return
    with pytest.raises(ModelError, match=r"do not fit into float16.*layers 1 to 3.*bfloat16 or float32"):
        tried(model)


def test_an_encoder_that_calls_itself_causal_is_found():
    """BERT's class with a language-model head sees the whole text unless its configuration says is_decoder."""
    small = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64}
    config = transformers.BertConfig(**small, vocab_size=VOCABULARY)
    with pytest.raises(ModelError, match="sees what comes after a token"):
        tried(adopt(transformers.BertLMHeadModel(config).eval(), tiny_tokenizer(), "tiny"))
    config = transformers.BertConfig(**small, vocab_size=VOCABULARY, is_decoder=True)
    decoder = adopt(transformers.BertLMHeadModel(config).eval(), tiny_tokenizer(), "tiny")
    assert tried(decoder) is decoder


def test_blocks_that_run_twice_or_put_out_something_else_are_found():
    model = tiny_model("gpt2")
    block = model.module.transformer.h[1]
    block.register_forward_hook(lambda _, args, output: torch.cat([output, output], dim=1))
    with pytest.raises(ModelError, match=r"residual stream.*\[1, 5, 32\].*block 1 puts out \[1, 10, 32\]"):
        tried(model)
    model = tiny_model("gpt2")
    first, second = model.module.transformer.h[0], model.module.transformer.h[1]
    second.register_forward_hook(lambda _, args, output: first(output))
    with pytest.raises(ModelError, match="block 0 ran 2 times"):
        tried(model)


def test_a_model_that_cannot_run_a_text_says_why():
    model = tiny_model("gpt2")
    model.module.forward = lambda **kwargs: (_ for _ in ()).throw(ValueError("You have to specify pixel_values"))
    with pytest.raises(ModelError, match=r"cannot run a text.*pixel_values"):
        tried(model)
