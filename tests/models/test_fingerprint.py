"""A fingerprint changes with everything that changes a number, and with nothing else."""

from __future__ import annotations

import json

import pytest
import torch
from tiny import tiny_model, tiny_module, tiny_tokenizer
from tokenizers import Tokenizer

from emotion_core.models import prepare as module_under_test
from emotion_core.models.load import load_model
from emotion_core.models.prepare import fingerprint
from emotion_core.tracing.record import record


def of(module=None, tokenizer=None) -> str:
    return fingerprint(module or tiny_module("gpt2"), tokenizer or tiny_tokenizer())


def pipeline(change) -> object:
    """The tokenizer with a change in its file."""
    document = json.loads(tiny_tokenizer().backend_tokenizer.to_str())
    change(document)
    tokenizer = tiny_tokenizer()
    tokenizer._tokenizer = Tokenizer.from_str(json.dumps(document))
    return tokenizer


def swap_merges(document) -> None:
    merges = document["model"]["merges"]
    merges[0], merges[-1] = merges[-1], merges[0]


def test_the_same_model_twice_is_the_same():
    assert of() == of() and len(of()) == 64


@pytest.mark.parametrize("position", [0, -1])
@pytest.mark.parametrize("name", ["transformer.wte.weight", "transformer.h.3.mlp.c_fc.bias", "transformer.ln_f.weight"])
def test_one_weight_changes_it(name, position):
    module = tiny_module("gpt2")
    with torch.no_grad():
        module.get_parameter(name).view(-1)[position] += 1e-6
    assert of(module) != of()


def test_dtype_and_configuration_change_it():
    assert of(tiny_module("gpt2").to(torch.bfloat16)) != of()
    assert of(tiny_module("gpt2").to(torch.float16)) != of(tiny_module("gpt2").to(torch.bfloat16))
    other = tiny_module("gpt2")
    other.config.activation_function = "relu"
    assert of(other) != of()


@pytest.mark.parametrize(
    "change",
    [
        swap_merges,
        lambda d: d.update(normalizer={"type": "Lowercase"}),
        lambda d: d["pre_tokenizer"].update(add_prefix_space=True),
        lambda d: d["added_tokens"][0].update(lstrip=True),
    ],
    ids=["merges", "normaliser", "prefix space", "special token"],
)
def test_the_tokenizers_parts_change_it(change):
    assert of(tokenizer=pipeline(change)) != of()
    assert of(tokenizer=pipeline(lambda d: None)) == of()


def test_chat_template_and_special_tokens_change_it():
    assert of(tokenizer=tiny_tokenizer(None)) != of()
    assert of(tokenizer=tiny_tokenizer("{{ messages }}")) != of()
    assert of(tokenizer=tiny_tokenizer(unk_token="!")) != of()


def test_use_does_not_change_it():
    model = tiny_model("gpt2")
    list(record(model, ["Tea.", "A longer text."], module_reading()))
    model.tokenizer(["Tea.", "A longer text."], padding=True, truncation=True, max_length=4)
    assert fingerprint(model.module, model.tokenizer) == model.info.fingerprint


def module_reading():
    from emotion_core.base.activations import ReadingPosition

    return ReadingPosition()


def test_the_path_does_not_change_it(tmp_path):
    for folder in ("here", "somewhere/else"):
        tiny_module("llama").save_pretrained(tmp_path / folder)
        tiny_tokenizer().save_pretrained(tmp_path / folder)
    here, there = (load_model(str(tmp_path / f)) for f in ("here", "somewhere/else"))
    assert here.info.fingerprint == there.info.fingerprint and here.info.name != there.info.name
    half = load_model(str(tmp_path / "here"), dtype="bfloat16")
    assert half.info.fingerprint != here.info.fingerprint and half.info.dtype == "bfloat16"


def test_large_models_are_sampled_and_still_told_apart(monkeypatch):
    monkeypatch.setattr(module_under_test, "FULL_HASH_BYTES", 1)
    assert of() == of()
    assert of(tiny_module("gpt2", seed=1)) != of()
