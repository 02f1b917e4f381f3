"""Conversations: each turn's tokens are its own, with a chat template and without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from bundled import Bundled
from controlled import columns

from emotion_core.base.errors import ModelError, SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.models.encode import line_breaks, tokenize
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.baseline import read_baseline
from emotion_core.reading.chance import LEAST_RANGE, trend
from emotion_core.reading.conversation import drift_sentence, read_conversation_turns

TURNS = (
    Turn(role="system", content="You are brief."),
    Turn(role="user", content="user"),
    Turn(role="assistant", content="User: assistant, is that all?"),
    Turn(role="user", content="  <b>Yes</b>, مرحبا  "),
    Turn(role="assistant", content="Good."),
)


@pytest.mark.parametrize("name", ["demo", "gpt2"])
def test_spans_hold_exactly_the_turns(name: str, tiny: Callable[[str], LoadedModel], bundled: Bundled) -> None:
    model = bundled.model if name == "demo" else tiny("gpt2")
    dialogue = tokenize(model.tokenizer, TURNS)
    ids = list(dialogue.encoding.ids)
    for turn, (start, end) in zip(TURNS, dialogue.spans, strict=True):
        assert model.decode(ids[start:end]).strip() == turn.content.strip()
    inside = {i for start, end in dialogue.spans for i in range(start, end)}
    assert inside == {i for i, content in enumerate(dialogue.encoding.content) if content}


def test_without_a_template_a_plain_one_is_named(tiny: Callable[[str], LoadedModel]) -> None:
    model = tiny("gpt2")
    template = model.tokenizer.chat_template
    model.tokenizer.chat_template = None
    try:
        dialogue = tokenize(model.tokenizer, TURNS)
    finally:
        model.tokenizer.chat_template = template
    assert dialogue.template == "plain"
    ids = list(dialogue.encoding.ids)
    assert [model.decode(ids[a:b]).strip() for a, b in dialogue.spans] == [t.content.strip() for t in TURNS]


def test_a_template_that_refuses_is_said(tiny: Callable[[str], LoadedModel]) -> None:
    model = tiny("gpt2")
    template = model.tokenizer.chat_template
    model.tokenizer.chat_template = "{{ raise_exception('no system turn') }}"
    try:
        with pytest.raises(ModelError, match="no system turn"):
            tokenize(model.tokenizer, TURNS)
    finally:
        model.tokenizer.chat_template = template


def test_turn_means_are_those_of_their_tokens_and_before_is_one_token(bundled: Bundled) -> None:
    model, baseline = bundled.model, bundled.baseline()
    found = run_to_end(read_conversation_turns(model, baseline, TURNS))
    values = found.tokens.values[:, 0]
    for i, (start, end) in enumerate(found.dialogue.spans):
        np.testing.assert_allclose(found.turns[i], values[start:end].mean(axis=0), rtol=1e-5)
        if start > 1:
            np.testing.assert_array_equal(found.before[i], values[start - 1])
    certain = replace(found, drift=replace(found.drift, evidence=(True,) * len(found.tokens.emotions)))
    assert not certain.drift_of("fear")[0], "five turns are too few for a drift, however certain"
    with pytest.raises(SettingsError, match="no turns"):
        run_to_end(read_conversation_turns(model, baseline, ()))


def test_turns_begin_on_lines_of_their_own() -> None:
    content = (False, True, True, False, False, True, False)
    assert line_breaks(content, ["<u>", "a", "b", "</u>", "<a>", "c", "</a>"]) == {4}
    assert line_breaks(content, ["User: ", "a", "b", "\n", "Assistant: ", "c", ""]) == set()


def test_neutral_texts_in_any_order_do_not_drift(bundled: Bundled) -> None:
    model = bundled.model
    texts = [one.text for one in load_prompts("neutral").texts]
    baseline = run_to_end(read_baseline(model, bundled.twelve, [3], form="conversation", cache=bundled.cache))
    rng = np.random.default_rng(0)
    called = []
    for _ in range(12):
        order = rng.permutation(len(texts))[:12]
        turns = [Turn(role="assistant" if i % 2 else "user", content=texts[t]) for i, t in enumerate(order)]
        found = run_to_end(read_conversation_turns(model, baseline, turns))
        called += [found.evidence(name) for name in bundled.twelve.emotions]
    assert np.mean(called) <= 0.07


def test_few_turns_and_small_ranges_are_no_drift() -> None:
    order = np.arange(8)
    null = np.concatenate([(0.001 * order)[:, None], np.zeros((8, 200))], axis=1)
    course = trend(order, null, columns(1, 200))
    sentence = drift_sentence(course, 0, "fear", "turn", 8)
    assert not course.evidence[0] and sentence.startswith("No drift of fear") and "= 0.000" not in sentence
    moved = np.concatenate([order[:4, None] * 1.0, np.random.default_rng(0).normal(size=(4, 200)) / 9], axis=1)
    assert drift_sentence(trend(order[:4], moved, columns(1, 200)), 0, "fear", "turn", 4).startswith("Too few turns")


def test_a_conversation_that_turns_from_calm_to_frightening_reads_more_fear(bundled: Bundled) -> None:
    model, vectors = bundled.model, bundled.vectors
    frightening = [one.text for one in load_prompts("fear-calm").part("heldout") if one.side == "positive"]
    calm = [one.text for one in load_prompts("fear-calm").part("heldout") if one.side == "negative"]
    baseline = run_to_end(read_baseline(model, vectors, form="conversation", cache=bundled.cache))
    said = [*calm[:6], *frightening[:6]]
    turns = [Turn(role="assistant" if i % 2 else "user", content=text) for i, text in enumerate(said)]
    found = run_to_end(read_conversation_turns(model, baseline, turns))
    document = found.to_json()["drift"]["fear"]
    assert document["change"] > 0 and 0 < document["p_value"] <= document["q_value"] <= 1
    assert document["evidence"] == found.evidence("fear") and document["range"] >= LEAST_RANGE
