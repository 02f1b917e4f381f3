"""The cost of a reading grows with what is read, as often as it is read."""

from dataclasses import replace

import pytest

from emotion_core.models.dialogue import Said
from emotion_core.models.load import load_model
from emotion_core.reading.attempts_library import load_attempts
from emotion_core.reading.continuation import Writing
from emotion_core.reading.labelled import Labelled
from emotion_core.reading.priors import Prior
from emotion_core.runs.reading_cost import characters, reading_seconds
from emotion_core.runs.reading_request import ReadingRequest

TALK = (Said("user", "a" * 10), Said("assistant", "b" * 20))


@pytest.mark.parametrize(
    ("request_", "read"),
    [
        (ReadingRequest("text", text="x" * 50), 50),
        (ReadingRequest("conversation", turns=TALK), 30),
        (ReadingRequest("dose", text="I took {x} pills", values=(1.0, 2.0, 3.0)), 48),
        (ReadingRequest("monitor", turns=TALK), 30),
    ],
)
def test_characters_are_counted_as_often_as_they_are_read(request_, read):
    assert characters(request_) == read


def test_conversations_are_read_under_every_system_prompt():
    one = ReadingRequest("priors", priors=(Prior("a", "1234"),), conversations=(TALK, TALK))
    two = replace(one, priors=(Prior("a", "1234"), Prior("b", "")))
    assert characters(two) > 1.5 * characters(one) > 60


def test_attempts_are_read_twice():
    run = load_attempts()[0]
    once = sum(len(turn.content) for turn in run.turns(encouraged=False))
    assert characters(ReadingRequest("attempts", run=run.model_dump_json())) > 2 * once


def test_labelled_and_situations_have_a_size():
    labelled = ReadingRequest("labelled", labelled=(Labelled(TALK, True, "one"),))
    assert characters(labelled) >= 30 and characters(ReadingRequest("situations")) > 100


def test_a_longer_text_a_larger_model_and_a_reply_cost_more():
    info = load_model("demo", device="cpu").info
    short = ReadingRequest("text", text="x" * 50)
    base = reading_seconds(info, short)
    assert reading_seconds(info, replace(short, text="x" * 100_000)) > base
    assert reading_seconds(replace(info, parameters=50 * info.parameters), short) > 2 * base
    assert reading_seconds(info, replace(short, writing=Writing("fear", tokens=500))) > base + 1
