"""Each check of the doctor fails on the fault that it is there for."""

from __future__ import annotations

import torch
from tiny import tiny_model, tiny_module, tiny_tokenizer

from emotion_core.base.jobs import run_to_end
from emotion_core.models.prepare import adopt
from emotion_core.tracing import decode, record
from emotion_core.tracing.doctor import Check, doctor, facts, reading, steering
from emotion_core.tracing.doctor.probe import probes

_edited = decode.steered_by


def failed(model) -> dict[str, Check]:
    return {check.name: check for check in run_to_end(doctor(model)) if not check.passed}


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
    monkeypatch.setattr(decode, "steered_by", lambda hidden, edits: torch.cat([_edited(hidden, edits)[:1], hidden[1:]]))
    check = steering.every_row_and_step_steered(tiny("gpt2"))
    assert not check.passed and "except in 45 of 48 rows and steps" in check.detail


def test_steering_of_the_first_step_only_is_found(tiny, monkeypatch):
    calls = iter(range(100))
    monkeypatch.setattr(decode, "steered_by", lambda hidden, edits: hidden if next(calls) else _edited(hidden, edits))
    check = steering.every_row_and_step_steered(tiny("gpt_neo"))
    assert not check.passed and "except in 30 of 48 rows and steps" in check.detail


def test_strength_zero_that_changes_something_is_found(tiny, monkeypatch):
    monkeypatch.setattr(decode, "steered_by", lambda hidden, edits: hidden + 1e-3 * edits[0].directions[:, None])
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
    assert not check.passed and "at layer 2" in check.detail and "h.2.mlp.c_proj.bias" in check.detail
    assert [one for one in failed(model).values() if one.remedy] == [check], "one thing to mend, and no other"


def test_numbers_that_overflow_in_half_precision_ask_for_another_format():
    module = tiny_module("gpt2").to(torch.float16)
    with torch.no_grad():
        module.transformer.h[1].mlp.c_proj.bias[3] = 6e4
        module.transformer.h[2].mlp.c_proj.bias[3] = 6e4
    checks = failed(adopt(module, tiny_tokenizer(), "tiny"))
    assert list(checks) == ["finite activations"] and "bfloat16 or float32" in checks["finite activations"].remedy


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


def test_attention_sinks_are_named_and_pass():
    model = tiny_model("gpt2")
    plain = reading.attention_sinks(model)
    assert plain.passed and "attention sink" not in plain.detail and "No other token" in plain.detail
    with torch.no_grad():
        model.module.transformer.wpe.weight[0] += 50.0 * torch.randn(32, generator=torch.Generator().manual_seed(0))
    first = reading.attention_sinks(model)
    assert first.passed and "an attention sink" in first.detail and "No other token" in first.detail
    with torch.no_grad():
        model.module.transformer.wpe.weight[3] += 50.0 * torch.randn(32, generator=torch.Generator().manual_seed(1))
    other = reading.attention_sinks(model)
    text = max(probes(model), key=lambda one: len(model.encode(one)))
    piece = model.pieces(list(model.encode(text).ids))[3]
    assert f"The token {piece!r} behind it" in other.detail and "layers 0 to" in other.detail


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
