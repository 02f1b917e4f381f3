import numpy as np
import pytest
from sklearn.decomposition import PCA

from emotion_core.geometry.similarity import correlation, principal_components

NOTHING = np.full(12, np.nan)


def test_components_are_those_of_scikit_learn():
    rows = np.random.default_rng(0).normal(size=(12, 30))
    found = principal_components(rows, NOTHING, NOTHING)
    reference = PCA(11).fit(rows)
    np.testing.assert_allclose(found.explained, reference.explained_variance_ratio_, rtol=1e-9)
    np.testing.assert_allclose(np.abs(found.coordinates), np.abs(reference.transform(rows)), atol=1e-9)
    np.testing.assert_allclose(found.directions @ found.directions.T, np.eye(11), atol=1e-9)
    np.testing.assert_allclose((rows - rows.mean(0)) @ found.directions.T, found.coordinates, atol=1e-9)


def test_the_first_axis_grows_with_valence_and_the_next_two_with_arousal():
    rows = np.random.default_rng(1).normal(size=(12, 5))
    valence, arousal = np.random.default_rng(2).normal(size=(2, 12))
    for turned in (rows, -rows):
        coordinates = principal_components(turned, valence, arousal).coordinates
        assert correlation(coordinates[:, 0], valence)[0] > 0
        assert correlation(coordinates[:, 1], arousal)[0] > 0 and correlation(coordinates[:, 2], arousal)[0] > 0


def test_without_norms_the_largest_loading_is_positive():
    rows = np.random.default_rng(1).normal(size=(12, 5))
    found = principal_components(rows, NOTHING, NOTHING)
    largest = np.abs(found.directions).argmax(axis=1)
    assert (found.directions[np.arange(5), largest] > 0).all()


def test_equal_vectors_have_no_variance_to_explain():
    found = principal_components(np.ones((12, 5)), NOTHING, NOTHING)
    assert np.isnan(found.explained).all() and np.isfinite(found.coordinates).all()


def test_correlation_over_known_places():
    assert correlation(np.array([1.0, 2, 3, np.nan]), np.array([2.0, 4, 6, 1])) == (pytest.approx(1.0), 3)
    assert np.isnan(correlation(np.array([1.0, 1, 1]), np.array([1.0, 2, 3]))[0])
    assert np.isnan(correlation(np.array([1.0, 2]), np.array([1.0, 2]))[0])
