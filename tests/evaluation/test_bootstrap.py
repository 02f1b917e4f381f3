import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import bootstrap, nct

from emotion_core.evaluation.bootstrap import bca_interval, d_interval, stable_interval
from emotion_core.evaluation.effect_size import cohens_d


def textbook_d(first, second, axis=-1):
    n, m = first.shape[axis], second.shape[axis]
    pooled = ((n - 1) * first.var(axis=axis, ddof=1) + (m - 1) * second.var(axis=axis, ddof=1)) / (n + m - 2)
    return (first.mean(axis=axis) - second.mean(axis=axis)) / np.sqrt(pooled)


def test_cohens_d_is_the_textbook_one():
    rng = np.random.default_rng(0)
    first, second = rng.normal(2, 1, (5, 7)), rng.normal(0, 2, (5, 30))
    np.testing.assert_allclose(cohens_d(first, second), textbook_d(first, second), rtol=1e-12)
    np.testing.assert_allclose(cohens_d(first + 1e6, second + 1e6), textbook_d(first, second), rtol=1e-6)


def test_d_that_cannot_be_had_is_nan():
    assert np.isnan(cohens_d(np.ones((2, 4)), np.ones((2, 4)))).all()
    assert np.isnan(cohens_d(np.full((1, 4), 0.1), np.full((1, 4), 0.3))).all()
    assert np.isnan(cohens_d(np.array([[1.0]]), np.array([[0.0]]))).all()


@pytest.mark.parametrize(("p", "n"), [(10, 10), (4, 60), (25, 12)])
def test_interval_is_exactly_that_of_scipy(p, n):
    rng = np.random.default_rng(1)
    first, second = rng.gamma(2, 1, (3, p)) + 1, rng.normal(0, 1, (3, n))
    found = bca_interval(first, second, np.random.default_rng(7), resamples=500)
    for layer in range(3):
        expected = bootstrap(
            (first[layer], second[layer]),
            textbook_d,
            n_resamples=500,
            method="BCa",
            vectorized=True,
            rng=np.random.default_rng(7),
        ).confidence_interval
        assert found.low[layer] == pytest.approx(expected.low, rel=1e-9)
        assert found.high[layer] == pytest.approx(expected.high, rel=1e-9)
        bound = bootstrap(
            (first[layer], second[layer]),
            textbook_d,
            n_resamples=500,
            method="BCa",
            vectorized=True,
            alternative="greater",
            rng=np.random.default_rng(7),
        ).confidence_interval.low
        assert found.bound[layer] == pytest.approx(bound, rel=1e-9)


def test_no_interval_for_few_constant_or_broken_scores():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(3, 6)), rng.normal(size=(3, 6))
    first[1] = second[1] = 1.0
    first[2, 0] = np.nan
    found = d_interval(first, second, rng)
    assert np.isfinite(found.low).tolist() == np.isfinite(found.high).tolist() == [True, False, False]
    assert np.isnan(d_interval(first[:, :3], second, rng).low).all()


@pytest.mark.parametrize(("n", "d"), [(10, 0.0), (10, 1.5), (10, 3.0), (20, 3.0), (5, 1.5)])
def test_intervals_cover_the_truth(n, d):
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(40):
        # Layers stand in for simulated sets: what they share is only which scores a resample draws.
        first, second = rng.normal(d, 1, (10, n)), rng.normal(0, 1, (10, n))
        low, high, _ = d_interval(first, second, rng, resamples=1000)
        inside += int(((low <= d) & (high >= d)).sum())
    assert 0.93 <= inside / 400 <= 0.985


def test_each_end_is_the_wider_one():
    rng = np.random.default_rng(1)
    first, second = rng.normal(2, 1, (30, 8)), rng.normal(0, 1, (30, 12))
    both = d_interval(first, second, np.random.default_rng(7), resamples=500)
    bca = bca_interval(first, second, np.random.default_rng(7), resamples=500)
    low, high = stable_interval(cohens_d(first, second), 8, 12)
    np.testing.assert_array_equal(both.low, np.minimum(bca.low, low))
    np.testing.assert_array_equal(both.high, np.maximum(bca.high, high))
    np.testing.assert_array_equal(both.bound, bca.bound)
    assert (bca.low < low).any() and (bca.high < high).any(), "both are needed"


def test_the_stable_interval_is_near_that_of_the_noncentral_t():
    """Normal scores have an exact interval: d sqrt(nm / (n + m)) follows a noncentral t."""
    n = m = 20
    d = 1.2
    low, high = stable_interval(np.array([d]), n, m)
    statistic, freedom = d * np.sqrt(n * m / (n + m)), n + m - 2

    def excess(delta, share):
        return nct.cdf(statistic, freedom, delta) - share

    ends = [brentq(excess, -5, 15, args=(share,)) for share in (0.975, 0.025)]
    exact = np.array(ends) / np.sqrt(n * m / (n + m))
    np.testing.assert_allclose([low[0], high[0]], exact, atol=0.05)
