import numpy as np
import pytest
from scipy.stats import bootstrap

from emotion_core.stats.separation import bca_interval, cohens_d


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
    found = bca_interval(first, second, rng)
    assert np.isfinite(found.low).tolist() == np.isfinite(found.high).tolist() == [True, False, False]
    assert np.isnan(bca_interval(first[:, :3], second, rng).low).all()
