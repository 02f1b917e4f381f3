"""The doctor passes sound models of every family, and each check fails on the fault it is there for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from tiny import FAMILIES, tiny_model, tiny_module, tiny_tokenizer

from emotion_core.errors import ModelError
from emotion_core.models.load import adopt
from emotion_core.runs.progress import run_to_end
from emotion_core.tracing import decode, record
from emotion_core.tracing.doctor import Check, doctor, facts, hooks, reading, steering
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


def test_a_model_that_sees_the_future_is_found():
    model = tiny_model("gpt2")
    block = model.module.transformer.h[1]
    block.register_forward_hook(lambda _, args, output: output + 0.1 * output.mean(1, keepdim=True))
    found = failed(model)
    assert {"padding changes nothing", "decoding equals a full forward"} <= set(found)
    assert "no causal language model" in found["padding changes nothing"].remedy


def test_a_trace_that_reads_another_layer_is_found(tiny, monkeypatch):
    real = record.blocks_of

    def shifted(model):
        found = list(real(model))
        return [found[0], *found[2:], found[-1]]

    monkeypatch.setattr(record, "blocks_of", shifted)
    check = reading.trace_equals_hooks(tiny("gpt2"))
    assert not check.passed and "at layer" in check.detail and check.remedy


def test_steering_of_the_first_row_only_is_found(tiny, monkeypatch):
    """The classic silent mistake: indexing a tensor output as if it were a tuple."""
    monkeypatch.setattr(decode, "steered", lambda hidden, edit: torch.cat([_edited(hidden, edit)[:1], hidden[1:]]))
    check = steering.every_row_and_step_steered(tiny("gpt2"))
    assert not check.passed and "except in 45 of 48 rows and steps" in check.detail


def test_steering_of_the_first_step_only_is_found(tiny, monkeypatch):
    calls = iter(range(100))
    monkeypatch.setattr(decode, "steered", lambda hidden, edit: _edited(hidden, edit) if not next(calls) else hidden)
    check = steering.every_row_and_step_steered(tiny("gpt_neo"))
    assert not check.passed and "except in 30 of 48 rows and steps" in check.detail


def test_strength_zero_that_changes_something_is_found(tiny, monkeypatch):
    monkeypatch.setattr(decode, "steered", lambda hidden, edit: hidden + 1e-3 * edit.directions[:, None])
    check = steering.strength_zero_is_identity(tiny("llama"))
    assert not check.passed and "add, project_out, clamp" in check.detail


def test_rows_that_see_each_other_are_found():
    model = tiny_model("gpt2")
    block = model.module.transformer.h[2]
    block.register_forward_hook(lambda _, args, output: output + output.mean(0, keepdim=True))
    check = steering.batch_split_changes_nothing(model)
    assert not check.passed and "differ by" in check.detail


def test_dropout_that_is_on_is_found():
    model = tiny_model("gpt2")
    model.module.train()
    check = reading.deterministic(model)
    assert not check.passed and "dropout" in check.remedy


def test_numbers_that_overflow_are_found():
    model = tiny_model("gpt2")
    with torch.no_grad():
        model.module.transformer.h[2].mlp.c_proj.bias[5] = torch.inf
    check = reading.finite_activations(model)
    assert not check.passed and "at layer 2" in check.detail and "float32" in check.remedy


def test_numbers_near_the_limit_of_the_dtype_are_found():
    module = tiny_module("gpt2").to(torch.float16)
    model = adopt(module, tiny_tokenizer(), "tiny")
    assert reading.finite_activations(model).passed
    with torch.no_grad():
        module.transformer.h[1].mlp.c_proj.bias[3] = 50_000.0
    check = reading.finite_activations(model)
    assert not check.passed and "65504" in check.detail.replace(",", "").replace("6.55e+04", "65504")


def test_a_huge_dimension_is_named_and_passes():
    model = tiny_model("gpt2")
    with torch.no_grad():
        model.module.transformer.wpe.weight[:, 7] += 100.0
    check = reading.huge_dimensions(model)
    assert check.passed and "dimension 7 of 32" in check.detail and "neutral projection" in check.detail


def test_a_list_that_is_not_the_layers_is_found():
    model = tiny_model("gpt2")
    model.module.config.n_layer = 9
    check = facts.layer_path(model)
    assert not check.passed and "the configuration says 9" in check.detail


def test_blocks_in_another_order_are_found():
    model = tiny_model("gpt2")
    first, second = model.module.transformer.h[0], model.module.transformer.h[1]
    first.register_forward_hook(lambda _, args, output: output * 2)
    assert facts.layer_path(model).passed, "the hook belongs to the block's output"
    second.register_forward_pre_hook(lambda _, args: (args[0] + 1, *args[1:]))
    check = facts.layer_path(model)
    assert not check.passed and "not each is handed to the next" in check.detail


def test_a_tokenizer_that_loses_words_is_found(monkeypatch, tiny):
    model = tiny_model("gpt2")
    monkeypatch.setattr(model.tokenizer, "decode", lambda ids, **_: "The street")
    check = facts.tokenizer_round_trip(model)
    assert not check.passed and "becomes 'The street'" in check.detail


def test_tokens_without_embedding_are_found():
    model = tiny_model("gpt2")
    model.tokenizer.add_tokens(["<new>"])
    check = facts.special_tokens(model)
    assert not check.passed and "the highest token is 320, and 320 have an embedding" in check.detail


def test_a_chat_template_that_hides_the_text_is_a_failed_check_with_the_errors_words():
    model = tiny_model("gpt2")
    model.tokenizer.chat_template = "{% for m in messages %}{{ m.content | upper }}{% endfor %}"
    check = failed(model)["chat template"]
    assert "The chat template changes the text" in check.detail
    model.tokenizer.chat_template = None
    assert facts.chat_template(model).passed


def test_a_context_that_the_model_cannot_take_is_found():
    module = tiny_module("gpt2")
    module.config.n_positions = 300
    check = facts.context_length(adopt(module, tiny_tokenizer(), "tiny"))
    assert not check.passed and "A text of 300 tokens fails" in check.detail


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
    sizes = [rounding(SimpleNamespace(info=SimpleNamespace(dtype=d))) for d in ("float32", "float16", "bfloat16")]
    assert sizes == sorted(sizes) and sizes[0] < sizes[1]


_edited = decode.steered
