"""Small models of the class of large ones: their configuration with other sizes."""

from __future__ import annotations

import pytest
import torch
from tiny import FAMILIES, tiny_model
from transformers import LlamaConfig, LlamaForCausalLM

from emotion_core.base.errors import ModelError
from emotion_core.models.prepare import adopt
from emotion_core.tracing.small_twin import small_twin


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_has_one(family):
    model = tiny_model(family)
    twin = adopt(small_twin(model), model.tokenizer, "twin")
    assert type(twin.module) is type(model.module)
    assert (twin.info.layers, twin.info.width, twin.layers_path) == (2, 64, model.layers_path)
    assert twin.module(torch.tensor([[1, 2, 3]])).logits.shape == (1, 3, model.vocabulary)


def test_seventy_billion_become_few():
    with torch.device("meta"):
        large = LlamaForCausalLM(LlamaConfig(hidden_size=8192, num_hidden_layers=80, num_attention_heads=64))
    model = tiny_model("llama")
    model.module, kept = large, model.module
    twin = small_twin(model)
    model.module = kept
    assert sum(one.numel() for one in twin.parameters()) < 10_000_000


def test_a_class_that_cannot_be_made_small_is_said(monkeypatch):
    model = tiny_model("gpt2")

    class Odd(type(model.module)):
        def __init__(self, config):
            raise ValueError("heads and width do not go together")

    monkeypatch.setattr(model.module, "__class__", Odd)
    with pytest.raises(ModelError, match="do not go together"):
        small_twin(model)
