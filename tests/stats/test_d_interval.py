import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import kurtosis, nct, norm

from emotion_core.stats import separation as module
from emotion_core.stats.separation import (
    bca_interval,
    corrected_d,
    d_interval,
    overlap,
    paired_interval,
    pooled_kurtosis,
    stable_interval,
)


def test_no_interval_for_few_constant_or_broken_scores():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(3, 6)), rng.normal(size=(3, 6))
    first[1] = second[1] = 1.0
    first[2, 0] = np.nan
    found = d_interval(first, second, rng)
    for ends in found:
        assert np.isfinite(ends).tolist() == [True, False, False]
    assert np.isnan(d_interval(first[:, :3], second, rng).low).all()


def test_kurtosis_is_that_of_scipy():
    rng = np.random.default_rng(0)
    first, second = rng.standard_t(5, (3, 9)) + 4, rng.gamma(2, 1, (3, 14))
    centred = np.concatenate([x - x.mean(axis=-1, keepdims=True) for x in (first, second)], axis=-1)
    np.testing.assert_allclose(pooled_kurtosis(first, second), 3 + kurtosis(centred, axis=-1, bias=False), rtol=1e-12)
    np.testing.assert_allclose(pooled_kurtosis(first * 1e90, second * 1e90), pooled_kurtosis(first, second), rtol=1e-9)
    assert np.isnan(pooled_kurtosis(np.ones((1, 4)), np.ones((1, 4)))).all()
    assert np.isnan(pooled_kurtosis(np.ones((1, 2)), np.zeros((1, 1)))).all()


def heavy(rng, size):
    return rng.standard_t(5, size) / np.sqrt(5 / 3)


def covered(draw, n, d, sets=600):
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(sets // 20):
        # Layers stand in for simulated sets: what they share is only which scores a resample draws.
        low, high, _ = d_interval(draw(rng, (20, n)) + d, draw(rng, (20, n)), rng, resamples=600)
        inside += int(((low <= d) & (high >= d)).sum())
    return inside / sets


@pytest.mark.parametrize(("n", "d"), [(10, 0.0), (10, 1.5), (10, 3.0), (20, 3.0), (5, 1.5), (5, 3.0)])
def test_intervals_cover_the_truth(n, d):
    assert 0.93 <= covered(lambda rng, size: rng.normal(size=size), n, d) <= 0.985


@pytest.mark.parametrize(("n", "d"), [(5, 3.0), (10, 3.0), (20, 3.0), (50, 3.0), (10, 0.5)])
def test_intervals_cover_the_truth_of_scores_with_long_tails(n, d):
    assert 0.925 <= covered(heavy, n, d) <= 0.985


def test_each_end_is_at_least_the_stable_one_and_half_the_way_to_a_wider_bootstrap():
    rng = np.random.default_rng(1)
    first, second = rng.normal(2, 1, (60, 8)), rng.normal(0, 1, (60, 12))
    both = d_interval(first, second, np.random.default_rng(7), resamples=500)
    bca = bca_interval(first, second, np.random.default_rng(7), resamples=500)
    low, high = stable_interval(first, second)
    np.testing.assert_allclose(both.low, np.where(bca.low < low, (low + bca.low) / 2, low), rtol=1e-12)
    np.testing.assert_allclose(both.high, np.where(bca.high > high, (high + bca.high) / 2, high), rtol=1e-12)
    np.testing.assert_array_equal(both.bound, bca.bound)
    assert (bca.low < low).any() and (bca.high > high).any() and (bca.low > low).any(), "both are needed"


def test_where_the_bootstrap_has_nothing_the_stable_interval_stands_alone():
    # One score in four differs: a third of the resamples of a side miss it, so some miss it on both.
    first, second = np.array([[3.0, 3.0, 3.0, 4.0]]), np.array([[0.0, 0.0, 0.0, 1.0]])
    assert np.isnan(bca_interval(first, second, np.random.default_rng(0)).low).all(), "a resample is constant"
    found = d_interval(first, second, np.random.default_rng(0))
    low, high = stable_interval(first, second)
    lower, _ = stable_interval(first, second, 0.9)
    assert (found.low, found.high, found.bound) == (low, high, lower)


def test_the_stable_interval_is_near_that_of_the_noncentral_t(monkeypatch):
    """Normal scores have an exact interval: d sqrt(nm / (n + m)) follows a noncentral t."""
    monkeypatch.setattr(module, "pooled_kurtosis", lambda positive, negative: np.full(1, 3.0))
    monkeypatch.setattr(module, "LEAST_KURTOSIS", 3.0)
    n = m = 20
    rng = np.random.default_rng(0)
    first, second = rng.normal(1.2, 1, (1, n)), rng.normal(0, 1, (1, m))
    low, high = stable_interval(first, second)
    statistic, freedom = float(module.cohens_d(first, second)[0]) * np.sqrt(n * m / (n + m)), n + m - 2

    def excess(delta, share):
        return nct.cdf(statistic, freedom, delta) - share

    ends = [brentq(excess, -5, 15, args=(share,)) for share in (0.975, 0.025)]
    exact = np.array(ends) / np.sqrt(n * m / (n + m))
    np.testing.assert_allclose([low[0], high[0]], exact, atol=0.05)


def test_longer_tails_make_the_interval_wider():
    rng = np.random.default_rng(0)
    even = np.concatenate([np.linspace(-1.5, 1.5, 20)])[None]
    far = even.copy()
    far[0, -1] = 8.0
    widths = [
        np.subtract(*stable_interval(side / side.std() + 3, rng.normal(size=(1, 20)))[::-1]) for side in (even, far)
    ]
    assert widths[1] > widths[0]


def pairs_of(rng, sets, n, d, r):
    shared = np.sqrt(r) * rng.normal(size=(sets, n))
    return [shared + np.sqrt(1 - r) * rng.normal(size=(sets, n)) + shift for shift in (d, 0.0)]


@pytest.mark.parametrize("n", [10, 20])
@pytest.mark.parametrize("r", [0.0, 0.5, 0.8, 0.9])
def test_the_interval_of_pairs_covers_and_its_bound_keeps_the_level(n, r):
    rng = np.random.default_rng(0)
    for d in (0.0, 0.5, 1.0, 2.0):
        low, high, bound = paired_interval(*pairs_of(rng, 3000, n, d, r))
        assert 0.93 <= np.mean((low <= d) & (d <= high)) <= 0.985
        if d == 0:
            assert 0.02 <= np.mean(bound > 0) <= 0.06


def test_ten_pairs_that_go_together_show_a_difference_that_independent_sides_would_miss():
    positive, negative = pairs_of(np.random.default_rng(0), 2000, 10, 1.0, 0.8)
    paired = d_interval(positive, negative, np.random.default_rng(0), pairs=True)
    assert np.mean(paired.bound > 0) >= 0.95
    independent = d_interval(positive[:300], negative[:300], np.random.default_rng(0), resamples=400)
    assert np.mean(independent.bound > 0) <= 0.85


@pytest.mark.parametrize(("n", "m", "r"), [(10, 10, 0.0), (10, 10, 0.8), (5, 5, 0.0), (10, 40, None)])
def test_the_corrected_d_has_no_bias(n, m, r):
    rng = np.random.default_rng(0)
    if r is None:
        positive, negative = rng.normal(1.5, 1, (6000, n)), rng.normal(0, 1, (6000, m))
    else:
        positive, negative = pairs_of(rng, 6000, n, 1.5, r)
    assert abs(corrected_d(positive, negative, pairs=r is not None).mean() - 1.5) < 0.03
    assert module.cohens_d(positive, negative).mean() > 1.5 + 0.2 / n


def test_the_overlap_of_ten_scores_is_nearly_that_of_the_distributions():
    rng = np.random.default_rng(0)
    for d, pairs in ((0.0, False), (0.0, True), (1.0, False), (2.0, True)):
        shared = overlap(rng.normal(d, 1, (4000, 10)), rng.normal(0, 1, (4000, 10)), pairs=pairs)
        assert abs(shared.mean() - 2 * norm.cdf(-d / 2)) < 0.07 and shared.max() <= 1
        assert shared.mean() >= 0.9 or d > 0
    assert np.isnan(overlap(np.ones((1, 4)), np.ones((1, 4)), pairs=False)).all()
