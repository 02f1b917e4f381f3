"""The early warning on readings and decisions whose link is known, and on a tiny model."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from steering.handmade import random_vectors

from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.nulls import by_rank
from emotion_core.behavior.scenes import Scene
from emotion_core.behavior.warning import WarningSettings, early_warning, summarise, within
from emotion_core.evaluation.controls import Controls
from emotion_core.runs.codec import from_bytes, to_bytes
from emotion_core.stats.separation import auroc

SCENES = tuple(Scene(f"s{i}", f"Then door {i} opens.", ("I run.", "I sit."), (True, False)) for i in range(3))
LEADS = tuple(f"It was day {i} at sea." for i in range(12))
CONTROLS = 199
SETTINGS = BehaviorSettings(SCENES, ("fear", "joy"), (0.1,), texts=0)


def made(strength: float, leads: int = 60):
    """Readings of `fear` that go with the decision, of `joy` that do not, and of random directions."""
    rng = np.random.default_rng(0)
    nats = rng.normal(size=(3, leads)) * 2 + np.array([[0.0], [1.0], [-1.0]])
    decided = rng.random((3, leads)) < 1 / (1 + np.exp(-nats))
    last = rng.normal(size=(2 + CONTROLS, 3, leads)).astype(np.float32) + 5 * np.arange(3)[None, :, None]
    last[0] += strength * nats
    texts = tuple(f"text {i}" for i in range(leads))
    controls = Controls((1,), ("random",) * CONTROLS, ((),) * CONTROLS, np.zeros((CONTROLS, 1, 4), np.float32))
    return summarise(SETTINGS, WarningSettings(texts), 1, last, controls, nats, decided)


def test_a_reading_that_goes_with_the_decision_is_found_and_another_is_not():
    found = made(2.0)
    assert found.auroc[0] > 0.7 and found.evidence(0) and not found.evidence(1)
    assert found.low[0] < found.auroc[0] < found.high[0] and abs(found.auroc[1] - 0.5) < 0.15
    assert found.r[0] > 0.8 and found.null_low < 0.5 < found.null_high
    assert found.p_value[0] == pytest.approx(1 / 200) and found.q_value[0] == pytest.approx(2 / 200)
    json.dumps(found.to_json(), allow_nan=False)
    false, true = found.curve(0)
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
    assert (np.diff(false) >= 0).all() and (np.diff(true) >= 0).all()


def test_effects_count_both_ways_from_the_middle():
    controls = Controls((1,), ("random",) * 99, ((),) * 99, np.zeros((99, 1, 4), np.float32))
    found = by_rank(("a", "b", "c"), np.array([0.7, 0.3, 0.5]), controls, 0.5 + np.linspace(-0.1, 0.1, 99), 0.5)
    np.testing.assert_allclose(found.p_value, [0.01, 0.01, 1.0])


def test_exchanged_texts_have_a_say_and_emotions_are_corrected_together():
    found = made(2.0)
    said = [replace(found, p_permuted=np.array([p, 0.5])).evidence(0) for p in (0.004, 0.04, 0.5)]
    assert said == [True, False, False]


def test_a_text_before_is_one_case_however_many_scenarios_follow_it():
    """Readings and decisions that belong to the text, not to each other: cases of one text are alike in both."""
    rng, p_values = np.random.default_rng(3), []
    for seed in range(60):
        nats = np.repeat(rng.normal(size=(1, 16)) * 6, 6, axis=0)
        last = np.repeat(rng.normal(size=(2, 1, 16)), 6, axis=1).astype(np.float32)
        controls = Controls((1,), (), (), np.zeros((0, 1, 4), np.float32))
        texts = tuple(f"text {i}" for i in range(16))
        found = summarise(SETTINGS, WarningSettings(texts, seed), 1, last, controls, nats, nats > 0)
        p_values += list(found.p_permuted)
        assert not found.evidence(0), "without controls nothing is evidence"
    assert np.mean(np.array(p_values) < 0.05) < 0.11


def test_scenarios_that_differ_in_both_are_no_warning():
    """Readings and rates that differ between scenarios only: over all cases together they would go together."""
    rng = np.random.default_rng(1)
    level = np.array([0.0, 3.0, 6.0])[:, None]
    readings = (level + rng.normal(size=(3, 200)) * 0.1)[None]
    decided = rng.random((3, 200)) < np.array([[0.1], [0.5], [0.9]])
    assert auroc(readings[:, decided], readings[:, ~decided])[0] > 0.8
    assert abs(within(readings, decided)[0] - 0.5) < 0.08


def test_a_scenario_that_never_goes_both_ways_says_nothing():
    assert np.isnan(within(np.zeros((2, 1, 4)), np.ones((1, 4), bool))).all()


def test_it_runs_and_survives_the_store(tiny):
    model = tiny("gpt2")
    found = run_to_end(early_warning(model, random_vectors(model), SETTINGS, WarningSettings(LEADS)))
    assert found.nats.shape == found.decided.shape == (3, 12) and found.readings.shape == (2, 3, 12)
    assert from_bytes(type(found), to_bytes(found)).to_json() == found.to_json()


def test_too_few_texts_are_refused():
    with pytest.raises(SettingsError, match="at least 8"):
        WarningSettings(("a", "b"))
