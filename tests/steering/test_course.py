"""The shape of a curve: a turn is named where rise and fall are both beyond the intervals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emotion_core.base.activations import ModelInfo
from emotion_core.charts.dose_response import dose_response
from emotion_core.steering.finding import sweep_finding, turn
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.summary import SlopeTest, StrengthSummary, against_kinds, interval
from emotion_core.steering.sweep import Sweep, SweepRow


def curve(*points: tuple[float, float], half=0.4, evidence=True) -> list[StrengthSummary]:
    return [
        StrengthSummary(s, e, e - half, e + half, -0.5, 0.5, True, evidence and s != 0, 3.0, 0.0, 0, 4, 60)
        if s
        else StrengthSummary(0.0, 0.0, None, None, None, None, True, False, 3.0, 0.0, 0, 4)
        for s, e in points
    ]


def test_a_flip_is_named_with_its_strengths():
    found = turn(curve((-0.2, -1), (0, 0), (0.2, 3), (0.4, 1)), (-0.2, 0.4))
    assert found is not None and found.rise == (-0.2, 0.2) and found.fall == (0.2, 0.4)


@pytest.mark.parametrize(
    "points",
    [
        ((-0.2, -1), (0, 0), (0.2, 3), (0.4, 5)),  # rises all the way
        ((-0.2, 2), (0, 0), (0.2, -3), (0.4, -5)),  # falls all the way
        ((-0.2, -1), (0, 0), (0.2, 3), (0.4, 2.5)),  # falls by less than the intervals
        ((0, 0),),
    ],
)
def test_a_curve_that_goes_one_way_has_no_turn(points):
    assert turn(curve(*points), (-0.2, 0.4)) is None


def test_a_turn_outside_of_the_window_or_without_evidence_does_not_count():
    points = ((-0.2, -1), (0, 0), (0.2, 3), (0.4, 1))
    assert turn(curve(*points), (-0.2, 0.2)) is None
    assert turn(curve(*points, evidence=False), (-0.2, 0.4)) is None
    assert turn(curve((-0.2, 2), (0, 0), (0.2, 2)), (-0.2, 0.2)) is not None, "both sides raise the reading"


def test_the_finding_says_so():
    strengths = tuple(curve((-0.2, -1), (0, 0), (0.2, 3), (0.4, 1)))
    settings = SweepSettings(emotion="anger", prompts=("I",), strengths=tuple(one.strength for one in strengths))
    info = ModelInfo("toy", "a" * 64, 4, 8, 64)
    readings = np.zeros((0, 1), np.float32)
    controls = against_kinds(9.0, np.linspace(-1, 1, 8), ["random"] * 8)
    test = SlopeTest((-0.2, 0.4), 9.0, 1, controls)
    swept = Sweep(settings, info, 2, 10.0, ("anger",), (), readings, strengths, (-0.2, 0.4), (5.0, 0.3), test=test)
    found = sweep_finding(swept)
    assert found.mark == "evidence" and "+0.9 standard deviations a 0.1" in found.sentence
    untested = replace(swept, test=None)
    assert sweep_finding(untested).mark == "not tested"
    assert dose_response(untested).to_dict()["title"]["text"] == "What steering does to anger: not tested"
    nothing = replace(untested, settings=replace(settings, strengths=(0.0,)))
    assert "Only strength 0" in sweep_finding(nothing).sentence
    within = replace(test, slope=0.9, controls=against_kinds(0.9, np.linspace(-1, 1, 8), ["random"] * 8))
    quiet = sweep_finding(replace(swept, test=within))
    assert quiet.mark == "no evidence" and "no more than directions that mean nothing" in quiet.sentence
    assert "Steering moves" in found.sentence and "Steering moves" not in quiet.sentence
    assert "not monotonic" in found.sentence and "falls from +0.2 to +0.4" in found.sentence


def test_why_a_sweep_was_not_tested():
    strengths = tuple(curve((0, 0), (0.2, 3)))
    settings = SweepSettings(emotion="anger", prompts=("I",), strengths=(0.0, 0.2), controls=8)
    info, readings = ModelInfo("toy", "a" * 64, 4, 8, 64), np.zeros((0, 1), np.float32)

    def said(differs_at: int | None, kinds: tuple[str, ...]) -> str:
        row = SweepRow("emotion", 0.2, "I", 0, "text", 1.0, 3.0, 0.1, 0, differs_at, False)
        swept = Sweep(settings, info, 2, 10.0, ("anger",), (row,), readings, strengths, (0.0, 0.2), (5.0, 0.3))
        return sweep_finding(replace(swept, control_kinds=kinds)).sentence

    assert "No text differs from the unsteered one" in said(None, ("random",) * 8), "a schedule after the last token"
    assert "5 at least" in said(3, ("random", "neutral", "neutral")), "each kind has a mean of its own"
    assert "More than half of the controls changed no text" in said(3, ("random",) * 8)


def test_a_straight_line_rarely_turns():
    """Four texts a strength, thirteen strengths: 78 pairs of intervals."""
    rng, turned = np.random.default_rng(0), 0
    doses = np.linspace(-0.6, 0.6, 13)
    for _ in range(300):
        drawn = doses[:, None] + rng.standard_normal((13, 4))
        points = [interval(row) for row in drawn]
        line = [
            StrengthSummary(float(s), p.mean, p.low, p.high, -9.0, 9.0, True, True, 3.0, 0.0, 0, 4, p.freedom)
            for s, p in zip(doses, points, strict=True)
        ]
        turned += turn(line, (-0.6, 0.6)) is not None
    assert turned <= 6
