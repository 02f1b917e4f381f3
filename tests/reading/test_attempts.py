"""Runs of attempts: the same words in both traces, the cheat marked where it stands, differences against chance."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from bundled import Bundled
from controlled import columns

from emotion_core.base.errors import PromptSetError, SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.prompts.builtin import load_prompts
from emotion_core.reading.attempts import (
    AttemptRun,
    AttemptsReading,
    load_attempts,
    read_attempts,
    read_attempts_file,
    run_of_form,
)
from emotion_core.reading.chance import judge, trend
from emotion_core.reading.conversation import read_conversation_turns


def made(plain: np.ndarray, kind: np.ndarray, cheat: tuple[int, int] = (0, 0)) -> AttemptsReading:
    """A reading with these means; every attempt has four tokens that read the same."""
    both = np.stack([plain, kind])[:, :, None]
    others = np.random.default_rng(0).normal(size=(2, len(plain), 200)) / 4
    means = np.concatenate([both, others], axis=2)
    values = np.repeat(both, 4, axis=1).astype(np.float32)
    numbers = tuple(int(i) for i in np.repeat(np.arange(len(plain)), 4))
    order = np.arange(len(plain))
    drifts = [trend(order, means[t], columns(1, 200)) for t in range(2)]
    change = judge((means[1] - means[0])[1:].mean(axis=0), columns(1, 200))
    null = np.array([-0.2, 0.2], np.float32)
    own, tokens = both.astype(np.float32), ("x",) * len(numbers)
    return AttemptsReading(
        "made", 1, ("fear",), tokens, numbers, values, own, *drifts, change, null, cheat, "x", "plain"
    )


def test_a_rise_and_what_encouragement_takes_away_are_found() -> None:
    rise = np.arange(7.0)
    found = made(rise, rise - np.array([0, 1, 1.1, 0.9, 1, 1.2, 1]), cheat=(26, 28))
    assert found.drift_of("fear")[0] and "drifts up" in found.drift_of("fear")[1]
    change = found.encouraged("fear")
    assert (
        change.evidence
        and change.high < 0
        and 0 < change.p_value <= change.q_value
        and change.mean == pytest.approx(-1.03, abs=0.01)
    )
    unsure = replace(found, difference=replace(found.difference, p_value=np.array([0.03]), q_value=np.array([0.2])))
    assert not unsure.encouraged("fear").evidence, "alone beyond its controls, not as one of many emotions"
    little = replace(made(rise, rise + 0.1 + 0.001 * np.sin(rise)), difference=found.difference)
    assert little.encouraged("fear").low > 0 and not little.encouraged("fear").evidence
    reading = found.cheat_reading("fear")
    assert reading is not None and reading[0] == 6 and reading[1] > 0.9
    flat = made(np.array([1.0, 0, 1, 0, 1, 0, 1]), np.array([1.0, 0.1, 0.9, 0.1, 1, 0, 1]))
    assert not flat.drift_of("fear")[0] and not flat.encouraged("fear").evidence and flat.cheat_reading("fear") is None


def test_with_few_attempts_nothing_is_called_a_drift() -> None:
    found = made(np.arange(5.0), np.arange(5.0))
    assert not found.evidence("fear") and found.drift_of("fear")[1].startswith("Too few attempts")


def test_the_plain_trace_is_the_reading_of_the_conversation(bundled: Bundled) -> None:
    model, baseline = bundled.model, bundled.baseline("conversation")
    run = load_attempts()[0]
    found = run_to_end(read_attempts(model, baseline, run))
    whole = run_to_end(read_conversation_turns(model, baseline, run.turns(encouraged=False)))
    replies = [i for i, turn in enumerate(whole.dialogue.turns) if turn.role == "assistant"]
    np.testing.assert_allclose(found.means[0], whole.turns[replies], rtol=1e-3, atol=1e-3)
    assert len(replies) == len(run.attempts) == found.attempt[-1] + 1
    said = "".join(found.tokens[slice(*found.cheat)])
    assert said.strip().lower() == run.cheat.lower()
    assert found.attempt[found.cheat[0]] == run.cheat_attempt
    # Nothing differs before the first encouragement, something after it.
    np.testing.assert_allclose(found.means[0, 0], found.means[1, 0], rtol=1e-4, atol=1e-4)
    assert np.abs(found.means[0, 1:] - found.means[1, 1:]).max() > 0.01
    assert json.loads(json.dumps(found.to_json(), allow_nan=False))["run"] == run.name


def test_built_in_runs_take_the_cheat_in_an_attempt_and_name_no_emotion() -> None:
    words = {word for one in load_prompts("emotions-171").emotions for word in one.split()}
    for run in load_attempts():
        assert run.cheat_attempt == len(run.attempts) - 1
        spoken = " ".join(f"{one.said} {one.outcome}" for one in run.attempts).lower()
        named = {word.strip(".,;:?") for word in spoken.split()} & (
            words - {"safe", "kind", "on", "out", "stuck", "at"}
        )
        assert not named, (run.name, named)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"attempts": []}, "attempts"),
        ({"cheat": "absent words"}, "cheat"),
        ({"encouragement": " "}, "encouragement"),
        ({"task": 5}, "task"),
    ],
)
def test_faulty_runs_are_refused(change: dict[str, object], says: str) -> None:
    run = {**load_attempts()[0].model_dump(), **change}
    for document in (run, [run]):
        with pytest.raises(PromptSetError) as caught:
            read_attempts_file("run.json", json.dumps(document).encode())
        assert says in str(caught.value) and "[" not in caught.value.where and "tuple" not in str(caught.value).lower()
    assert isinstance(
        read_attempts_file("run.json", json.dumps([load_attempts()[0].model_dump()]).encode()), AttemptRun
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cheat": "absent words"}, "Words of the cheat: the words of the cheat stand in none of the attempts"),
        ({"encouragement": " "}, "Encouragement: is empty"),
        ({"attempts": [{"said": "I try.", "outcome": ""}] * 3}, "Attempts 1, What came of it: is empty"),
        ({"attempts": []}, "Attempts: has 0 items, fewer than 3"),
    ],
)
def test_a_form_says_which_field_is_wrong(change: dict[str, object], says: str) -> None:
    run = {**load_attempts()[0].model_dump(), **({"cheat": ""} if "attempts" in change else {}), **change}
    with pytest.raises(SettingsError) as caught:
        run_of_form(run)
    assert says in str(caught.value) and "file" not in str(caught.value)
