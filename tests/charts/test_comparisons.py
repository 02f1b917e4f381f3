"""Named controls beside the curve."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np

from emotion_core.base.activations import ModelInfo
from emotion_core.charts.dose_response import comparison_table, dose_response, summary_table
from emotion_core.charts.palette import chart_bytes
from emotion_core.steering.finding import sweep_finding
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.summary import Comparison, ComparisonPoint, SlopeTest, StrengthSummary, against_kinds, point
from emotion_core.steering.sweep import Sweep


def at(strength: float, effect: float | None) -> ComparisonPoint:
    return ComparisonPoint(strength, effect, None, None, 3.0, 4)


def example() -> Sweep:
    strengths = (
        StrengthSummary(0.0, 0.0, None, None, None, None, True, False, 3.0, 0.1, 0, 4),
        StrengthSummary(0.2, 2.0, 1.6, 2.4, -0.5, 0.5, True, True, 3.0, 0.1, 0, 4),
        StrengthSummary(99.0, None, None, None, -0.5, 0.5, False, False, None, 0.1, 4, 4),
    )
    settings = SweepSettings(emotion="fear", prompts=("I",), strengths=(0.0, 0.2, 99.0), words="You feel {emotion}.")
    comparisons = (
        Comparison("shuffled-1", "shuffled", (at(0.2, 0.1), at(99.0, None))),
        Comparison("shuffled-2", "shuffled", (at(0.2, 0.9), at(99.0, None))),
        Comparison("joy", "emotion", (at(0.2, -0.2), at(99.0, None))),
        Comparison("in words", "words", (at(0.0, 1.5),)),
    )
    info = ModelInfo("toy", "a" * 64, 4, 8, 64)
    readings = np.zeros((0, 1), np.float32)
    test = SlopeTest((0.2,), 10.0, 1, against_kinds(10.0, np.linspace(-3, 3, 8), ["shuffled"] * 8))
    swept = Sweep(
        settings, info, 2, 10.0, ("fear",), (), readings, strengths, (0.0, 0.2), (5.0, 0.3), (2,), comparisons
    )
    return replace(swept, test=test)


def test_every_named_control_is_on_the_chart_and_in_the_table() -> None:
    sweep = example()
    spec = json.dumps(dose_response(sweep).to_dict())
    assert all(name in spec for name in ("shuffled labels 1", "joy", "in words: \\u201cYou feel fear.\\u201d"))
    assert comparison_table(sweep)["effect"].tolist()[0] == 0.1 and len(comparison_table(sweep)) == 7
    assert summary_table(sweep)["shuffled-2"].tolist()[1] == 0.9
    assert summary_table(sweep)["texts"].tolist() == ["coherent", "coherent", "broken"]
    assert chart_bytes(dose_response(sweep), "svg").startswith(b"<svg")
    assert len(comparison_table(replace(sweep, comparisons=()))) == 0


def test_the_finding_says_what_the_controls_do() -> None:
    sentence = sweep_finding(example()).sentence
    assert "vectors from shuffled labels, each read along itself, give 0 on average" in sentence
    assert "The vector of joy moves it by −0.1" in sentence and "in words instead moves it by +1.5" in sentence
    assert "at strength +99 its numbers are not finite" in sentence


def test_a_point_has_an_interval_from_three_texts_on() -> None:
    found = point(0.2, np.array([1.0, 2.0, 3.0]), np.array([2.0, np.nan]))
    half = 4.3026527 / np.sqrt(3)  # Student's t with 2 degrees of freedom, standard deviation 1
    assert found.effect == 2.0 and np.isclose(found.effect_high, 2 + half) and found.surprise == 2.0
    assert point(0.2, np.array([1.0]), np.array([])).effect_low is None
