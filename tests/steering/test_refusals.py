"""Prompts at the edge of the context, and what a sweep refuses with a reason."""

from __future__ import annotations

import math

import numpy as np
import pytest
from tiny import CONTEXT, tiny_model

from emotion_core.base.errors import ModelError, SettingsError, TextTooLongError, VectorFileError
from emotion_core.steering.generate import generation_ids
from emotion_core.steering.sweep import sweep
from steering.handmade import random_vectors, run, settings


def test_a_prompt_too_long_is_named_with_its_tokens(tiny):
    model = tiny("gpt2")
    long = "word " * 18
    n = len(model.encode(long))
    assert n <= CONTEXT < n + 60
    with pytest.raises(TextTooLongError, match=rf"'word word.*at most {CONTEXT} tokens.*{n} \+ 60 tokens"):
        run(model, prompts=("fine", long), max_new_tokens=60)
    with pytest.raises(
        TextTooLongError, match=rf"at most {CONTEXT} tokens.*Found: {len(model.tokenizer(long * 9).input_ids)} tokens"
    ):
        run(model, prompts=(long * 9,))


def test_a_prompt_that_fills_the_context_exactly_runs(tiny):
    model = tiny("gpt2")
    n = len(model.encode("The door opens and"))
    result = run(model, prompts=("The door opens and",), samples=1, controls=0, max_new_tokens=CONTEXT - n)
    assert len(result.rows) == 3
    with pytest.raises(TextTooLongError):
        run(model, prompts=("The door opens and",), max_new_tokens=CONTEXT - n + 1)


def test_a_prompt_of_one_token_runs(tiny):
    model = tiny("gpt2")
    assert len(model.encode("T")) == 1
    for scope in ("generated", "prompt", "both"):
        rows = run(model, prompts=("T",), scope=scope).rows
        assert sum(row.direction == "emotion" for row in rows) == 6


def test_vectors_of_another_model_are_refused_with_both_fingerprints(tiny):
    model, other = tiny("gpt2"), tiny_model("gpt2", seed=7)
    with pytest.raises(VectorFileError) as raised:
        next(sweep(other, random_vectors(model), settings()))
    assert model.info.fingerprint in str(raised.value) and other.info.fingerprint in str(raised.value)
    assert model.info.fingerprint != other.info.fingerprint


@pytest.mark.parametrize("layer", [-1, 4])
def test_a_layer_that_is_not_there_is_refused(tiny, layer):
    with pytest.raises(SettingsError, match=f"no such layer.*0 to 3.*Found: {layer}"):
        run(tiny("gpt2"), layer=layer)


def test_an_emotion_without_a_vector_is_refused(tiny):
    with pytest.raises(VectorFileError, match=r"no vector for 'awe'.*fear, calm, joy"):
        run(tiny("gpt2"), emotion="awe")


@pytest.mark.parametrize("broken", [0.0, math.nan, math.inf])
def test_a_vector_without_length_is_refused(tiny, broken):
    model = tiny("gpt2")
    vectors = random_vectors(model)
    vectors.values[0, 1] = broken
    with pytest.raises(SettingsError, match="fear, layer 1"), np.errstate(invalid="ignore"):
        next(sweep(model, vectors, settings()))


def test_chat_prompts_are_wrapped(tiny):
    model = tiny("gpt2")
    ids = generation_ids(model, "He waits.", chat=True)
    assert model.tokenizer.decode(ids) == "[user] He waits. [/user]\n"
    assert len(run(model, prompts=("He waits.",), chat=True).rows) == 14
    bare = tiny_model("gpt2")
    bare.tokenizer.chat_template = None
    with pytest.raises(ModelError, match="no chat template"):
        run(bare, chat=True)


def test_an_end_token_that_the_tokenizer_adds_is_not_continued_from():
    model = tiny_model("gpt2")
    from tokenizers.processors import TemplateProcessing

    model.tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="$A <|end|>", special_tokens=[("<|end|>", 0)]
    )
    assert model.encode("He waits.").ids[-1] == 0
    assert 0 not in generation_ids(model, "He waits.", chat=False)
