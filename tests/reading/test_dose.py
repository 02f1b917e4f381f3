"""Readings of a template at its numbers, what is called met, and templates whose number means nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from bundled import Bundled
from controlled import columns

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import run_to_end
from emotion_core.prompts.library import Template
from emotion_core.reading.baseline import read_baseline
from emotion_core.reading.chance import trend
from emotion_core.reading.dose import DoseReading, make_template, parse_values, read_dose
from emotion_core.tracing.record import record


def test_readings_are_those_of_the_build_and_outcomes_follow_the_rule(bundled: Bundled) -> None:
    model, vectors, baseline = bundled.model, bundled.vectors, bundled.baseline()
    template = Template(name="t", template="I took {x} mg of it.", values=(1, 20, 300, 4000, 50000), rise=("fear",))
    found = run_to_end(read_dose(model, baseline, template))
    pooled = run_to_end(record(model, template.texts, ReadingPosition())).values[:, found.layer]
    expected = pooled @ vectors.units[vectors.index("fear"), found.layer]
    np.testing.assert_allclose(found.projections[:, found.emotions.index("fear")], expected, rtol=1e-5)
    assert found.to_json()["emotions"]["fear"]["outcome"] in ("met", "not met", "no evidence")


@pytest.mark.parametrize(
    ("slope", "noise", "expected", "outcome"),
    [
        (9.0, 0.0, "rise", "met"),
        (-9.0, 0.0, "rise", "not met"),
        (-9.0, 0.0, "fall", "met"),
        (1.0, 0.0, "rise", "no evidence"),
        (0.0, 1.0, "rise", "no evidence"),
    ],
)
def test_outcomes(slope: float, noise: float, expected: str, outcome: str) -> None:
    x = np.arange(8.0)
    own = slope * x + noise * np.array([3, 1, 4, 1, 5, 9, 2, 6]) % 2
    others = x[:, None] * np.random.default_rng(0).normal(size=400)  # every one of them is perfectly orderly
    ways = {0: 1 if expected == "rise" else -1}
    course = trend(x, np.concatenate([own[:, None], others], axis=1), columns(1, 400), ways)
    values = own[:, None].astype(np.float32)
    found = DoseReading("{x}", (), tuple(x), 0, ("fear",), values, values, course, {"fear": expected})  # type: ignore[dict-item]
    assert found.outcome("fear") == outcome
    assert found.evidence("fear") == (outcome == "met") == found.to_json()["emotions"]["fear"]["evidence"]
    assert "directions without a meaning" in found.chance_sentence


def test_meaningless_templates_stay_silent_for_emotions_and_for_random_directions(bundled: Bundled) -> None:
    values = (3, 7, 11, 16, 22, 29, 37, 44, 52, 61, 73, 85)
    texts = (
        "The tram on line {x} stopped at the corner, and the doors opened and closed again.",
        "The form is in folder {x}, on the second shelf beside the window.",
        "The picture is on page {x} of the book on the table.",
    )
    random = np.random.default_rng(4).standard_normal(bundled.twelve.values.shape).astype(np.float32)
    meaningless = replace(bundled.twelve, values=random, prompt_sets=(), neutral_projection=False)
    for vectors in (bundled.twelve, meaningless):
        baseline = run_to_end(read_baseline(bundled.model, vectors, [3], cache=bundled.cache))
        found = [run_to_end(read_dose(bundled.model, baseline, make_template(text, values))) for text in texts]
        assert np.mean([one.trend.evidence for one in found]) <= 0.05
        # By permutation of the twelve numbers these would have p < .05: the ranks are orderly, and that is not enough.
        assert np.mean([np.abs(one.trend.spearman) > 0.58 for one in found]) > 0.1


@pytest.mark.parametrize("text", ["1, two, 3", "1, nan, 2", "1,inf", "1,2,1e999"])
def test_values_that_are_no_numbers_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match="not a number"):
        parse_values(text)


@pytest.mark.parametrize(
    ("text", "values"), [("no place", (1, 2, 3)), ("{x}", (1, 1, 1)), ("{x}", ()), ("", (1, 2, 3))]
)
def test_templates_that_cannot_be_used_are_refused(text: str, values: tuple[float, ...]) -> None:
    with pytest.raises(SettingsError, match="template"):
        make_template(text, values)
    with pytest.raises(SettingsError, match="too many"):
        make_template("{x}", tuple(range(201)))


@pytest.mark.parametrize("text", ["1,000", "1,000, 2,000", "500,1,000,2,050"])
def test_commas_between_thousands_are_not_read_as_several_values(text: str) -> None:
    with pytest.raises(SettingsError, match="Write 1,000 as 1000"):
        parse_values(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0,5, 1,5, 2,5", "0; 5; 1; 5; 2; 5"),
        ("0,5; 1,5; 2,5", "decimals with a point"),
        ("0,5 1,5 2,5", "decimals with a point"),
        ("1,5, 2, 3", "decimals with a point"),
        ("0,4", "decimals with a point"),
        ("0,5,1,5,2,5", "5 in 0; 5; 1; 5; 2; 5"),
        ("1, 2, 3, 2.0", "every number once"),
    ],
)
def test_commas_before_decimals_and_numbers_that_are_there_twice_are_refused(text: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        parse_values(text)


def test_a_template_counts_no_number_twice() -> None:
    with pytest.raises(SettingsError, match="every number once"):
        make_template("{x}", (1, 2, 3, 3))


def test_values_divided_by_commas_or_semicolons() -> None:
    assert parse_values("100,200,1000") == parse_values("100; 200; 1000") == (100, 200, 1000)
    assert parse_values("0.05,0,1") == (0.05, 0, 1)
    assert parse_values("1,10,100") == (1, 10, 100) and parse_values("0.5,1.5, 2.5,") == (0.5, 1.5, 2.5)
