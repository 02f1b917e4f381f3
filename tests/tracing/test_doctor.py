"""The doctor passes sound models of every family, and each check fails on the fault it is there for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from tiny import FAMILIES, tiny_model, tiny_module, tiny_tokenizer

from emotion_core.base.errors import ModelError
from emotion_core.base.jobs import run_to_end
from emotion_core.models.prepare import adopt
from emotion_core.tracing.doctor import Check, doctor, facts, hooks, reading
from emotion_core.tracing.doctor.check import rounding
from emotion_core.tracing.doctor.probe import probes

NAMES = (
    "layer path found",
    "trace equals hooks",
    "padding changes nothing",
    "every row and step steered",
    "decoding equals a full forward",
    "batch split changes nothing",
    "strength 0 is the identity",
    "determinism",
    "finite activations",
    "attention sinks",
    "huge dimensions",
    "tokenizer round trip",
    "special tokens",
    "chat template",
    "context length",
    "tied embeddings",
    "memory",
)


def failed(model) -> dict[str, Check]:
    return {check.name: check for check in run_to_end(doctor(model)) if not check.passed}


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_passes_every_check(tiny, family):
    steps = []
    checks = run_to_end(doctor(tiny(family)), steps.append)
    assert tuple(check.name for check in checks) == NAMES
    assert [check for check in checks if not check.passed] == []
    assert all(check.detail.endswith(".") and check.remedy == "" for check in checks)
    assert all(any(c.isdigit() for c in check.detail) for check in checks if check.name != "determinism")
    assert [p.done for p in steps] == list(range(1, 1 + len(NAMES)))


@pytest.mark.parametrize("name", ["stories260K", "craftgpt-5m"])
def test_models_that_others_trained_pass(third_party, name):
    assert failed(third_party(name)) == {}


def test_a_model_in_bfloat16_passes():
    module = tiny_module("llama").to(torch.bfloat16)
    assert failed(adopt(module, tiny_tokenizer(), "tiny")) == {}


def test_a_model_of_one_layer_passes():
    assert failed(tiny_model("gpt2", n_layer=1)) == {}


def test_a_context_too_large_to_try_is_taken_at_its_word(tiny):
    check = facts.context_length(tiny("bloom"))
    assert check.passed and "2048" in check.detail and "not tried" in check.detail


def test_tied_and_untied_embeddings_are_told_apart(tiny):
    assert "one matrix" in facts.tied_embeddings(tiny("gpt2")).detail
    assert "two matrices" in facts.tied_embeddings(tiny("llama")).detail


def test_memory_says_what_is_free(tiny, monkeypatch):
    assert facts.memory(tiny("gpt2")).passed
    monkeypatch.setattr(facts, "_free_bytes", lambda device: 1000)
    check = facts.memory(tiny("gpt2"))
    assert not check.passed and "1 kB are free" in check.detail and check.remedy
    monkeypatch.setattr(facts, "_free_bytes", lambda device: None)
    assert facts.memory(tiny("gpt2")).passed


def test_an_error_of_any_kind_is_a_failed_check_and_the_others_go_on(monkeypatch, tiny):
    def refuse(*args, **kwargs):
        raise ModelError("There is no such thing", remedy="Look elsewhere")

    monkeypatch.setattr(reading, "record", refuse)
    monkeypatch.setattr(facts, "blocks", lambda model: 1 / 0)
    found = failed(tiny("gpt2"))
    assert found["determinism"] == Check(
        "determinism", False, "There is no such thing. Look elsewhere.", "Look elsewhere"
    )
    assert "ZeroDivisionError: division by zero" in found["layer path found"].detail
    assert set(found) == {"layer path found", "trace equals hooks", "padding changes nothing", "determinism"}


def test_probes_fit_into_a_small_context():
    model = tiny_model("gpt2", n_positions=18)
    assert all(0 < len(model.encode(text)) <= 6 for text in probes(model))
    too_small = tiny_model("gpt2", n_positions=3)
    with pytest.raises(ModelError, match="single word does not fit"):
        probes(too_small)


def test_hooks_are_taken_away_even_when_the_model_fails(tiny):
    model = tiny_model("gpt2")
    with pytest.raises(IndexError):
        hooks.forward(model, torch.full((1, 3), 999))
    assert all(not block._forward_hooks and not block._forward_pre_hooks for block in hooks.blocks(model))


def test_half_precision_gets_more_room():
    sizes = [rounding(SimpleNamespace(info=SimpleNamespace(computes_in=d))) for d in ("float32", "float16", "bfloat16")]
    assert sizes == sorted(sizes) and sizes[0] < sizes[1]
