import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from emotion_core.vectors.estimate import (
    LabelledRows,
    blocks_of,
    difference_in_means,
    estimate,
    first_component,
    labelled_difference,
    logistic,
    places,
)
from vectors.planted import labelled_set, pair_set, planted_labels, planted_pairs


def cosine(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(-1) / (np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1))


def test_difference_is_the_mean_of_the_pair_differences():
    rng = np.random.default_rng(0)
    positive, negative = rng.normal(size=(2, 7, 3, 5)).astype(np.float32)
    expected = (positive.astype(np.float64) - negative).mean(axis=0)
    np.testing.assert_allclose(difference_in_means(positive, negative), expected, atol=1e-6)


def test_a_text_with_several_emotions_is_on_one_side_of_each():
    rows = LabelledRows(("a", "b", "c"), np.array([0, 1, 2, 1, 3]), np.array([0, 0, 1, 1, 2]), ("",) * 5)
    assert [side.tolist() for side in rows.sides("a")] == [[0, 1], [2, 3]]
    assert [side.tolist() for side in rows.sides("b")] == [[2, 1], [0, 3]]
    assert [side.tolist() for side in rows.sides("c")] == [[3], [0, 1, 2, 1]]


def test_labelled_difference_subtracts_the_mean_of_means_not_of_texts():
    values = np.array([[[0.0]], [[2.0]], [[4.0]], [[10.0]]], dtype=np.float32)
    result = labelled_difference(values, np.array([0, 0, 0, 1]), 2)  # unequal numbers: means 2 and 10, centre 6
    assert result.tolist() == [[[-4.0]], [[4.0]]]


@pytest.mark.parametrize("estimator", ["difference", "pca", "logistic"])
def test_planted_direction_is_recovered_from_pairs(estimator):
    one = pair_set(400, 0)
    acts, direction = planted_pairs(one, strength=12.0)
    (block,) = blocks_of(one.texts, places(acts.texts))
    found = estimate(acts.values, block, estimator)[0]
    assert cosine(found, direction).min() > 0.99


def test_planted_directions_are_recovered_from_labels():
    one = labelled_set(("a", "b", "c"), n_train=300, n_heldout=0)
    # Classes that a plane separates tell a logistic regression about their borders only: it gets a weaker signal.
    for estimator, strength, least in (("difference", 12.0, 0.99), ("pca", 12.0, 0.99), ("logistic", 3.0, 0.9)):
        acts, own = planted_labels(one, strength)
        (block,) = blocks_of(one.texts, places(acts.texts))
        found = estimate(acts.values, block, estimator)
        assert cosine(found, own - own.mean(axis=0)).min() > least, estimator


def test_first_component_points_to_the_majority_whatever_the_sign_of_the_svd():
    rng = np.random.default_rng(3)
    differences = (rng.normal(size=(30, 2, 6)) + 4 * np.eye(6)[0]).astype(np.float32)
    forwards, backwards = first_component(differences), first_component(-differences)
    assert (differences @ np.eye(6)[0] > 0).mean() > 0.9
    assert (forwards[:, 0] > 0).all()
    np.testing.assert_allclose(backwards, -forwards, rtol=1e-5)


def test_first_component_is_the_one_of_an_svd_with_the_length_of_the_mean():
    differences = (np.random.default_rng(4).normal(size=(20, 1, 6)) + 1).astype(np.float32)
    found = first_component(differences)[0]
    expected = np.linalg.svd(differences[:, 0].astype(np.float64))[2][0]
    assert abs(abs(cosine(found, expected)) - 1) < 1e-6
    assert np.linalg.norm(found) == pytest.approx(
        (differences[:, 0] @ (found / np.linalg.norm(found))).mean(), rel=1e-4
    )


def test_logistic_has_the_direction_of_scikit_learn():
    rng = np.random.default_rng(5)
    values = rng.normal(size=(40, 1, 8)).astype(np.float32)
    labels = (np.arange(40) % 2).astype(np.int64)
    values[labels == 0, 0, 0] += 2
    centred = values[:, 0] - values[:, 0].mean(0)
    reference = LogisticRegression(class_weight="balanced", tol=1e-8).fit(
        centred / np.sqrt((centred**2).mean()), labels
    )
    assert cosine(logistic(values, labels, 2)[0, 0], -reference.coef_[0]) > 0.999


def test_logistic_does_not_hang_on_the_rounding_of_activations():
    rng = np.random.default_rng(3)
    labels = np.arange(200).astype(np.int64) % 6
    sizes = np.geomspace(100, 0.1, 64)  # as in a stream, where few directions hold most of the variance
    values = (rng.normal(size=(200, 1, 64)) * sizes + rng.normal(size=(6, 1, 64))[labels]).astype(np.float32)
    read_again = values + (1e-6 * rng.normal(size=values.shape) * sizes).astype(np.float32)
    found, again = (logistic(one, labels, 6)[:, 0] for one in (values, read_again))
    assert (np.linalg.norm(found - again, axis=1) / np.linalg.norm(found, axis=1)).max() < 1e-5


@pytest.mark.parametrize("estimator", ["difference", "pca", "logistic"])
def test_nan_in_one_layer_stays_in_that_layer(estimator):
    one = pair_set(10, 0)
    acts, _ = planted_pairs(one, 3.0)
    acts.values[3, 2] = np.inf
    (block,) = blocks_of(one.texts, places(acts.texts))
    found = estimate(acts.values, block, estimator)[0]
    assert not np.isfinite(found[2]).all()
    assert np.isfinite(found[[0, 1, 3]]).all()
