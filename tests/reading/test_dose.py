"""Rank correlations with the number in a template, their p-values, and what is called met."""

from __future__ import annotations

import numpy as np
import pytest
from bundled import Bundled
from scipy.stats import false_discovery_control, permutation_test, spearmanr

from emotion_core.errors import SettingsError
from emotion_core.prompts.library_items import Template
from emotion_core.reading.dose import DoseReading, make_template, parse_values, read_dose
from emotion_core.reading.trend import smallest_p, trend
from emotion_core.runs.progress import run_to_end
from emotion_core.tracing.activations import ReadingPosition
from emotion_core.tracing.record import record


def test_spearman_and_exact_p_are_scipys() -> None:
    rng = np.random.default_rng(0)
    x = np.array([1.0, 10, 10, 100, 1000, 5000])
    readings = np.round(rng.normal(size=(6, 9)) + 0.0003 * x[:, None] * rng.integers(0, 2, 9), 1)
    found = trend(x, readings)
    for e in range(9):
        assert found.spearman[e] == pytest.approx(spearmanr(x, readings[:, e]).statistic)

    def statistic(a: np.ndarray) -> float:
        return abs(float(spearmanr(a, readings[:, 0]).statistic))

    exact = permutation_test((x,), statistic, permutation_type="pairings", n_resamples=np.inf, alternative="greater")
    assert found.p_value[0] == pytest.approx(exact.pvalue)
    np.testing.assert_allclose(found.q_value, false_discovery_control(found.p_value))


def test_drawn_p_values_are_near_the_exact_ones_and_never_zero() -> None:
    x = np.arange(9.0)
    readings = np.stack([x, -x, np.ones(9), np.random.default_rng(1).normal(size=9)], axis=1)
    found = trend(x, readings)
    assert found.p_value[0] == found.p_value[1] == pytest.approx(smallest_p(9), rel=5)
    assert found.p_value[0] > 0
    assert np.isnan(found.spearman[2]) and np.isnan(found.p_value[2]) and np.isnan(found.q_value[2])
    assert found.p_value[3] == pytest.approx(spearmanr(x, readings[:, 3]).pvalue, abs=0.03)


def test_under_no_effect_p_is_uniform_enough() -> None:
    found = trend(np.arange(8.0), np.random.default_rng(2).normal(size=(8, 2000)))
    assert (found.p_value < 0.05).mean() == pytest.approx(0.05, abs=0.015)


def test_readings_are_those_of_the_build_and_outcomes_follow_the_rule(bundled: Bundled) -> None:
    model, vectors, baseline = bundled.model, bundled.vectors, bundled.baseline()
    template = Template(name="t", template="I took {x} mg of it.", values=(1, 20, 300, 4000, 50000), rise=("fear",))
    found = run_to_end(read_dose(model, vectors, baseline, template))
    pooled = run_to_end(record(model, template.texts, ReadingPosition())).values[:, found.layer]
    expected = pooled @ vectors.units[vectors.index("fear"), found.layer]
    np.testing.assert_allclose(found.projections[:, found.emotions.index("fear")], expected, rtol=1e-5)
    assert found.to_json()["emotions"]["fear"]["outcome"] in ("met", "not met", "no evidence")


@pytest.mark.parametrize(
    ("slope", "noise", "expected", "outcome"),
    [
        (1.0, 0.0, "rise", "met"),
        (-1.0, 0.0, "rise", "not met"),
        (-1.0, 0.0, "fall", "met"),
        (0.001, 0.0, "rise", "no evidence"),
        (0.0, 1.0, "rise", "no evidence"),
    ],
)
def test_outcomes(slope: float, noise: float, expected: str, outcome: str) -> None:
    x = np.arange(8.0)
    values = (slope * x + noise * np.array([3, 1, 4, 1, 5, 9, 2, 6]) % 2)[:, None].astype(np.float32)
    found = DoseReading("{x}", (), tuple(x), 0, ("fear",), values, values, trend(x, values), {"fear": expected})  # type: ignore[dict-item]
    assert found.outcome("fear") == outcome


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
