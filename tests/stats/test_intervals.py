"""Intervals against scipy, and their ends."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_1samp

from emotion_core.stats.intervals import clopper_pearson, clustered_rate, mean_interval, wilson


def test_a_mean_has_students_interval_and_leaves_out_what_is_missing() -> None:
    rows = np.array([[1.0, 2.0, np.nan], [3.0, np.nan, np.nan], [2.0, np.nan, np.nan]])
    mean, low, high = mean_interval(rows)
    expected = ttest_1samp(rows[:, 0], 0).confidence_interval()
    assert mean[:2].tolist() == [2.0, 2.0] and (low[0], high[0]) == pytest.approx((expected.low, expected.high))
    assert math.isnan(low[1]) and math.isnan(mean[2])


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (3, 10), (10, 10)])
def test_a_rate_has_wilsons_interval(hits: int, n: int) -> None:
    expected = binomtest(hits, n).proportion_ci(method="wilson")
    assert wilson(hits, n) == pytest.approx((expected.low, expected.high))
    assert math.isnan(wilson(0, 0)[0])


def test_clopper_and_pearson_is_scipys() -> None:
    for hits, n in ((0, 40), (3, 40), (40, 40)):
        interval = binomtest(hits, n).proportion_ci(method="exact")
        assert clopper_pearson(hits, n) == pytest.approx((interval.low, interval.high))
    assert all(np.isnan(clopper_pearson(0, 0)))


def test_a_clustered_rate_covers_where_registers_differ() -> None:
    rng = np.random.default_rng(0)
    registers = np.repeat(np.arange(4), 10)
    covered, naive = [], []
    for _ in range(400):
        # Registers of 0.2 to 5 %, as neutral ones differ, and texts that differ within them.
        rates = np.exp(rng.normal(np.log(0.01), 0.8, 4))[registers] * np.exp(rng.normal(0, 0.5, 40))
        hits = rng.binomial(30, np.minimum(rates, 1))
        truth = 0.01 * np.exp(0.8**2 / 2 + 0.5**2 / 2)
        _, low, high = clustered_rate(hits, np.full(40, 30), registers)
        covered.append(low <= truth <= high)
        naive.append(clopper_pearson(hits.sum(), 1200))
    assert np.mean(covered) >= 0.9
    assert np.mean([low <= truth <= high for low, high in naive]) < np.mean(covered)


def test_neighbouring_tokens_under_one_alarm_are_one_trial() -> None:
    alike = np.ones(40), np.full(40, 100), np.arange(40) % 4  # no spread between texts: only the tokens count
    for run, trials in ((1, 4000), (5, 800)):
        assert clustered_rate(*alike, run)[1:] == pytest.approx(clopper_pearson(trials / 100, trials))
