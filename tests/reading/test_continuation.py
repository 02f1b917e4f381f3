"""A continued conversation: the same noise, steering that does something, a reading by the unsteered model."""

from __future__ import annotations

import numpy as np
import pytest
from bundled import Bundled

from emotion_core.base.errors import SettingsError, TextTooLongError
from emotion_core.base.jobs import run_to_end
from emotion_core.models.encode import tokenize
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.conversation import check_reply, continue_conversation, read_conversation_turns
from emotion_core.reading.settings import Writing
from emotion_core.vectors.emotion_vectors import EmotionVectors

Read = tuple[LoadedModel, EmotionVectors, Baseline]
TURNS = (Turn(role="user", content="What happened at the door last night?"),)


@pytest.fixture(scope="module")
def demo(bundled: Bundled) -> Read:
    return bundled.model, bundled.vectors, bundled.baseline("conversation")


def test_the_unsteered_reply_is_the_same_beside_a_steered_one_and_alone(demo: Read) -> None:
    model, vectors, baseline = demo
    both = run_to_end(continue_conversation(model, vectors, baseline, TURNS, Writing("fear", 0.8, 20)))
    alone = run_to_end(continue_conversation(model, vectors, baseline, TURNS, Writing("fear", 0.0, 20)))
    assert len(both.texts) == 2 and alone.texts == both.texts[:1]
    assert both.texts[0] != both.texts[1]
    other = run_to_end(continue_conversation(model, vectors, baseline, TURNS, Writing("fear", 0.0, 20, seed=1)))
    assert other.texts != alone.texts


def test_the_reading_is_that_of_the_conversation_with_the_reply(demo: Read) -> None:
    model, vectors, baseline = demo
    found = run_to_end(continue_conversation(model, vectors, baseline, TURNS, Writing("fear", 0.0, 12, 0.0)))
    turns = [*TURNS, Turn(role="assistant", content=found.texts[0])]
    same = run_to_end(read_conversation_turns(model, baseline, turns))
    np.testing.assert_array_equal(found.readings[0].tokens.values, same.tokens.values)
    ids = tokenize(model.tokenizer, TURNS, reply=True).encoding.ids
    assert same.dialogue.encoding.ids[: len(ids)] == ids
    document = found.to_json()
    assert document["replies"][0]["text"] == found.texts[0] and len(document["replies"][0]["turns"]) == 2


def test_what_cannot_be_continued_is_refused(demo: Read) -> None:
    model, vectors, baseline = demo
    with pytest.raises(SettingsError, match="assistant"):
        check_reply([*TURNS, Turn(role="assistant", content="Nothing.")])
    with pytest.raises(SettingsError, match="out of range"):
        Writing("fear", float("nan"))
    long = [Turn(role="user", content="late " * 600)]
    with pytest.raises(TextTooLongError):
        run_to_end(continue_conversation(model, vectors, baseline, long, Writing("fear")))


def test_a_reply_ends_with_the_context(demo: Read) -> None:
    model, vectors, baseline = demo
    turns = [Turn(role="user", content="late " * 600)]
    while len(tokenize(model.tokenizer, turns, reply=True).encoding) > model.info.context - 10:
        turns = [Turn(role="user", content=turns[0].content.rsplit(" ", 1)[0].strip())]
    found = run_to_end(continue_conversation(model, vectors, baseline, turns, Writing("fear", 0.0, 60, 0.0)))
    assert len(model.tokenizer(found.texts[0])["input_ids"]) <= 12
