"""Intervals against scipy, and their ends."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest, pearsonr, ttest_1samp

from emotion_core.reading.intervals import link, mean_interval, wilson


def test_a_correlation_has_fishers_interval() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=20), rng.normal(size=20)
    found, expected = link(x, y), pearsonr(x, y)
    assert found is not None and found.r == pytest.approx(expected.statistic)
    low, high = expected.confidence_interval()
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-5)
    assert link([1, 2], [1, 2]) is None and link([1, 1, 1], [1, 2, 3]) is None


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
