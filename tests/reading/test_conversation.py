"""Conversations: each turn's tokens are its own, with a chat template and without."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from bundled import Bundled

from emotion_core.errors import ModelError, SettingsError
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.library_items import Turn
from emotion_core.reading.conversation import read_conversation_turns
from emotion_core.reading.dialogue import line_breaks, tokenize
from emotion_core.runs.progress import run_to_end

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
    dialogue = tokenize(model, TURNS)
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
        dialogue = tokenize(model, TURNS)
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
            tokenize(model, TURNS)
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
    before, reply = found.replies("fear")
    assert len(before) == len(reply) == 2
    with pytest.raises(SettingsError, match="no turns"):
        run_to_end(read_conversation_turns(model, baseline, ()))


def test_turns_begin_on_lines_of_their_own() -> None:
    content = (False, True, True, False, False, True, False)
    assert line_breaks(content, ["<u>", "a", "b", "</u>", "<a>", "c", "</a>"]) == {4}
    assert line_breaks(content, ["User: ", "a", "b", "\n", "Assistant: ", "c", ""]) == set()
