"""System prompts compared: planted differences are found, last or fade, and chance does neither."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from bundled import Bundled
from scipy.stats import false_discovery_control

from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.prompts.library import load_conversations
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.priors import Prior, PriorsReading, check_priors, late_turns, read_priors

TALK = (Turn(role="user", content="Hello."), Turn(role="assistant", content="Hello, what is wrong?"))


def made(shift: np.ndarray, conversations: int = 6, q: float = 0.02) -> PriorsReading:
    """A reading with a planted difference by turn, and q of the last third against controls."""
    rng = np.random.default_rng(0)
    turns = len(shift)
    first = rng.normal(size=(1, conversations, turns, 1))
    second = first + shift[None, None, :, None] + 0.1 * rng.normal(size=(1, conversations, turns, 1))
    band = np.broadcast_to(np.array([-0.3, 0.3], np.float32), (1, turns, 2))
    means = np.concatenate([first, second]).astype(np.float32)
    roles = (("user", "assistant") * turns)[:turns]
    p = np.array([[q]])
    return PriorsReading(
        ("a", "b"), ("x", "y"), ((), ("fear",)), (roles,) * conversations, ("fear",), 1, means, band, band[:, 0], p, p
    )


def test_a_difference_that_stays_lasts_and_one_that_fades_does_not() -> None:
    stays = made(np.full(9, 1.0)).lasting(1, "fear")
    assert stays.lasts and stays.low < 1 < stays.high
    fades = made(np.array([2.0, 1.5, 1, 0.5, 0.2, 0.1, 0, 0, 0])).lasting(1, "fear")
    assert not fades.lasts and abs(fades.mean) < 0.2


def test_a_small_difference_within_random_directions_is_no_evidence() -> None:
    small = made(np.full(9, 1.0), q=0.2).lasting(1, "fear")
    assert small.low > 0 and not small.lasts
    assert not replace(made(np.full(9, 1.0)), q_late=np.array([[0.2]])).lasting(1, "fear").lasts, "one of many emotions"
    unseen = made(np.full(9, 0.12)).lasting(1, "fear")
    assert not unseen.lasts
    few = made(np.full(9, 1.0), conversations=2)
    assert not few.lasting(1, "fear").lasts and few.finding(1, "fear")[0] == "not tested"
    one = made(np.full(9, 1.0), conversations=1)
    assert "nan" not in one.finding(1, "fear")[1] + one.lasting(1, "fear").figures
    assert made(np.full(9, 1.0)).finding(1, "fear")[0] == "evidence"
    assert made(np.full(9, 1.0), q=0.2).finding(1, "fear")[0] == "no evidence"


def test_late_turns_are_the_last_third_that_is_there() -> None:
    rows = np.arange(6.0)[None, None, :]
    rows = np.concatenate([rows, rows], axis=1)
    rows[0, 1, 3:] = np.nan
    assert late_turns(rows).tolist() == [[4.5, 2.0]]


def test_the_demo_model_reads_the_same_turns_under_each(bundled: Bundled) -> None:
    model, baseline = bundled.model, bundled.baseline("conversation")
    talks = [one.turns for one in load_conversations()][:2]
    said = {"none": "", "brief": "You are brief.", "long": "You are brief. " * 300, "kind": "You are kind."}
    priors = [Prior(name, text) for name, text in said.items()]
    found = run_to_end(read_priors(model, baseline, priors, [TALK, *talks]))
    assert found.means.shape[:2] == (4, 3) and np.isfinite(found.means[1, 0, :2]).all()
    assert np.isnan(found.means[:, 0, 2:]).all()
    assert found.p_late.shape == (3, len(found.emotions))
    seen = [0, 2]  # system prompts and emotions are corrected together
    np.testing.assert_allclose(found.q_late[seen].ravel(), false_discovery_control(found.p_late[seen].ravel()))
    assert (found.q_late[seen] != found.p_late[seen]).any()
    # Behind a system prompt as long as the context the model sees nothing of it.
    assert np.isnan(found.means[2]).all() and found.left_out == sum(len(one) for one in found.roles)
    assert (found.null_by_turn[0, :2, 0] <= found.null_by_turn[0, :2, 1]).all()
    mark, words = found.finding(2, "fear")
    assert mark == "not tested" and "in no conversation" in words and "nan" not in words
    assert found.lasting(2, "fear").figures == "not tested" and found.compared(1) == 3
    document = found.to_json()
    assert document["compared"][0]["with"] == "none"
    json.dumps(document, allow_nan=False)


@pytest.mark.parametrize(
    ("priors", "talks"),
    [
        ([Prior("a", "x")], [TALK]),
        ([Prior("a", "x"), Prior("b", " x ")], [TALK]),
        ([Prior("a", "x"), Prior("b", "y")], []),
        ([Prior("a", "x"), Prior("b", "y")], [(Turn(role="system", content="only"),)]),
        ([Prior("a", "x"), Prior("b", "y" * 1_000_001)], [TALK]),
    ],
)
def test_what_cannot_be_compared_is_refused(priors: list[Prior], talks: list[tuple[Turn, ...]]) -> None:
    with pytest.raises(SettingsError):
        check_priors(priors, talks)
