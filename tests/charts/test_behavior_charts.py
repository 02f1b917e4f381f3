"""Charts of preferences and behaviours: titles that follow from the numbers, and specs that Vega-Lite takes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import vl_convert
from steering.handmade import random_vectors

from emotion_core.base.jobs import run_to_end
from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.behaviors import behaviors
from emotion_core.behavior.preference_settings import PreferenceSettings, SteeredSettings
from emotion_core.behavior.preferences import preferences
from emotion_core.behavior.scale import BothOrders
from emotion_core.behavior.scenes import Scene
from emotion_core.behavior.steered_preferences import steer_preferences
from emotion_core.behavior.warning import WarningSettings, early_warning
from emotion_core.charts import behavior as charts

NAMES = ("sing", "count beans", "sit in the sun", "lift stones", "read a map", "mop a floor")
SCENES = (
    Scene("door", "It knocks.", ("I run.", "I sit."), (True, False)),
    Scene("word", "He says", pattern="[aeiou]{2}"),
)


@pytest.fixture(scope="module")
def model():
    from tiny import tiny_model

    return tiny_model("gpt2")


def drawn(chart) -> dict:
    """The spec, after Vega-Lite has compiled it."""
    spec = chart.to_dict()
    assert vl_convert.vegalite_to_vega(spec)
    return spec


def test_preferences_are_drawn(model):
    base = run_to_end(preferences(model, random_vectors(model), PreferenceSettings(NAMES, tuple("aabbcc"))))
    base = replace(base, orders=BothOrders(0.9, 0.001))
    base.correlation.q_value[:] = [0.01, 0.5, 0.9]
    base.correlation.r[:] = [-0.8, 0.1, np.nan]
    assert (
        drawn(charts.scatter(base, "fear"))["title"]["text"]
        == "Fear goes against preference, more than control directions do"
    )
    assert "No more of a link between calm" in drawn(charts.scatter(base, "calm"))["title"]["text"]
    assert drawn(charts.correlations(base, "fear"))["title"]["text"].startswith("1 of 3 emotions")
    blind = replace(base, orders=BothOrders(np.nan, np.nan))
    assert "Not testable here" in drawn(charts.scatter(blind, "fear"))["title"]["text"]
    assert "Not testable here" in drawn(charts.correlations(blind, "fear"))["title"]["text"]
    assert charts.emotion_table(base)["emotion"].iloc[0] == "fear"
    assert {"activity", "score", "elo", "reading fear"} <= set(charts.activity_table(base).columns)


def test_the_steered_half_is_drawn(model):
    vectors = random_vectors(model)
    base = run_to_end(preferences(model, vectors, PreferenceSettings(NAMES)))
    moved = run_to_end(steer_preferences(model, vectors, base, SteeredSettings(vectors.emotions, controls=3)))
    moved.q_value[:] = [0.01, 0.5, 0.9]
    assert drawn(charts.shifts(moved))["title"]["text"].startswith("1 of 3 emotions move")
    assert "Too few emotions" in drawn(charts.follows(moved))["title"]["text"]


def test_behaviours_are_drawn(model):
    settings = BehaviorSettings(SCENES, ("fear", "joy"), (-0.2, 0.2), controls=4, samples=3, texts=2, max_new_tokens=4)
    found = run_to_end(behaviors(model, random_vectors(model), settings))
    found.nats[0, :, found.zero], found.control_nats[0, :, found.zero] = 0.0, 0.0
    found.control_nats[0, :, 2] = np.resize([-0.1, 0.0, 0.1, 0.05], len(found.control_kinds))
    found.nats[0, 0, 2] = 9.0
    found.coherence.coherent[:] = True
    assert "moves it up beyond chance" in drawn(charts.rates(found, "fear", "door"))["title"]["text"]
    drawn(charts.rates(found, "joy", "word"))
    surprise, limit = found.coherence.surprise, found.coherence.limits[0]
    surprise[0] = 0.0
    assert "make sense at every strength" in drawn(charts.coherence(found, "fear"))["title"]["text"]
    surprise[0, -1] = limit + 1
    assert "lose coherence at +0.2" in drawn(charts.coherence(found, "fear"))["title"]["text"]
    assert "beyond control directions" in drawn(charts.effects(found, 0.2))["title"]["text"]
    assert "effects that can be tested, of 4, lie beyond" in drawn(charts.effects(found, 0.2))["title"]["text"]
    found.nats[:, 1, found.zero] = found.hits[:, 1, found.zero] = found.hits[:, 0, found.zero] = 0
    found.nats[:, 0, found.zero] = -9.0
    assert drawn(charts.rates(found, "joy", "door"))["title"]["text"] == "door: not testable here"
    title = drawn(charts.effects(found, 0.2))["title"]["text"]
    assert title == "No effect can be tested: no scenario can move both ways"
    table = charts.rate_table(found)
    assert {"emotion", "control-4", "prompt"} <= set(table["direction"])


def test_the_early_warning_is_drawn(model):
    settings = BehaviorSettings(SCENES[:1], ("fear",), (0.2,), texts=0)
    leads = WarningSettings(tuple(f"It was day {i}." for i in range(8)))
    found = run_to_end(early_warning(model, random_vectors(model), settings, leads))
    assert "before the decision" in drawn(charts.roc(found, "fear"))["title"]["text"]
