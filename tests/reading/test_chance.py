"""Trends against directions without a meaning: level, power, families, the hardest kind, and p that is never 0."""

from __future__ import annotations

import numpy as np
import pytest
from controlled import columns
from scipy.stats import false_discovery_control, spearmanr

from emotion_core.reading.chance import LEAST_RANGE, judge, trend
from emotion_core.stats.intervals import adjusted


def digits(x: np.ndarray, directions: int, rng: np.random.Generator) -> np.ndarray:
    """Readings that are a smooth function of the number's digits, another one for each direction."""
    features = np.stack([np.log10(x), np.floor(np.log10(x)), (x % 10) / 10], axis=1)  # (values, 3)
    return features @ rng.normal(size=(3, directions)) + 0.05 * rng.normal(size=(len(x), directions))


def test_directions_that_only_see_digits_are_called_evidence_in_at_most_five_percent() -> None:
    rng = np.random.default_rng(0)
    x = np.array([3.0, 7, 11, 16, 22, 29, 37, 44, 52, 61, 73, 85])
    called, orderly = [], []
    for _ in range(60):
        found = trend(x, digits(x, 4 + 400, rng), columns(4, 400))
        called += found.evidence
        orderly += [abs(spearmanr(x, column).statistic) > 0.7 for column in digits(x, 4, rng).T]
    # A permutation of the numbers would have called these evidence: they are all but monotone.
    assert np.mean(orderly) > 0.4
    assert np.mean(called) <= 0.05


def test_one_that_moves_more_than_its_controls_is_found_and_rho_says_nothing_of_it() -> None:
    rng = np.random.default_rng(1)
    x = np.arange(1.0, 9)
    readings = np.concatenate([np.stack([4 * x, x], axis=1), x[:, None] * rng.normal(size=400)], axis=1)
    found = trend(x, readings, columns(2, 400))
    assert found.spearman[0] == found.spearman[1] == pytest.approx(1.0)
    assert found.evidence == (True, False)
    assert found.change[0] == pytest.approx(28.0) and found.ranges[0] == 28.0


def test_of_twelve_emotions_one_at_a_p_of_its_own_is_no_evidence() -> None:
    x = np.arange(8.0)
    slopes = np.concatenate([[0.98], np.zeros(11), np.linspace(-1, 1, 400)])
    many = trend(x, x[:, None] * slopes, columns(12, 400))
    assert many.chance.p_value[0] == pytest.approx(9 / 401) and not any(many.evidence)
    alone = trend(x, x[:, None] * slopes[[0, *range(12, 412)]], columns(1, 400))
    assert alone.evidence == (True,)
    four = x[:, None] * np.concatenate([[0.94], np.zeros(3), np.linspace(-1, 1, 400)])
    expected = trend(x, four, columns(4, 400), ways=dict.fromkeys(range(4), 1))
    assert expected.chance.p_value[0] == pytest.approx(13 / 401) and not any(expected.evidence)
    assert trend(x, four[:, [0, *range(4, 404)]], columns(1, 400), ways={0: 1}).evidence == (True,)


def test_a_range_that_cannot_be_seen_is_no_evidence_however_orderly() -> None:
    x = np.arange(8.0)
    readings = np.concatenate([0.001 * x[:, None], np.zeros((8, 400))], axis=1)
    found = trend(x, readings, columns(1, 400))
    assert found.chance.q_value[0] < 0.01 and found.ranges[0] < LEAST_RANGE
    assert found.evidence == (False,)


def test_p_goes_by_the_hardest_kind_and_is_never_zero() -> None:
    rng = np.random.default_rng(2)
    weak, strong = rng.normal(size=99), 10 * rng.normal(size=99)
    found = judge(np.concatenate([[5.0], weak, strong]), columns(1, 99, ("random", "shuffled")))
    assert found.kinds == ("shuffled",) and found.against(0) == "vectors from shuffled labels"
    assert found.p_value[0] == pytest.approx((1 + (np.abs(strong) >= 5).sum()) / 100)
    alone = judge(np.concatenate([[500.0], weak]), columns(1, 99))
    assert alone.p_value[0] == pytest.approx(0.01)
    nothing = judge([1.0], [{}])
    assert np.isnan(nothing.p_value[0]) and np.isnan(nothing.q_value[0]) and nothing.kinds == ("",)


def test_q_is_scipys_over_what_is_known_and_over_a_larger_family() -> None:
    p = np.array([0.01, np.nan, 0.03, 0.5])
    np.testing.assert_allclose(adjusted(p)[[0, 2, 3]], false_discovery_control(p[[0, 2, 3]]))
    assert np.isnan(adjusted(p)[1])
    assert adjusted(np.array([0.001]), family=100)[0] == pytest.approx(0.1)


def test_expected_ways_are_a_family_of_their_own_and_chance_is_counted_by_the_same_rule() -> None:
    rng = np.random.default_rng(3)
    x = np.arange(1.0, 11)
    slopes = np.concatenate([[4.0, -4.0, -4.0, *rng.normal(size=30)], rng.normal(size=400)])
    found = trend(x, x[:, None] * slopes, columns(33, 400), ways={0: 1, 1: -1, 2: 1})
    assert found.evidence[:3] == (True, True, False)
    assert found.opposite[:3] == (False, False, True)
    shares = found.met_by_chance
    assert shares[0] == 1 and (np.diff(shares) <= 0).all() and len(shares) == 4
    # Of three directions without a meaning some one is met in at most 5 % of sets, and two hardly ever.
    assert shares[1] <= 0.07 and shares[2] <= 0.02
