import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from emotion_core.stats.separation import (
    auroc,
    auroc_against_rest,
    balanced_accuracy,
    cohens_d_against_rest,
)


@pytest.mark.parametrize(("p", "n"), [(3, 200), (200, 3), (60, 70), (1, 1), (10, 10)])
@pytest.mark.parametrize("ties", [False, True])
def test_auroc_equals_scikit_learn(p, n, ties):
    rng = np.random.default_rng(p + n)
    positive, negative = rng.normal(0.5, 1, (4, p)), rng.normal(0, 1, (4, n))
    if ties:
        positive, negative = positive.round(), negative.round()
    area = auroc(positive, negative)
    for row in range(4):
        labels = np.repeat([1, 0], [p, n])
        scores = np.concatenate([positive[row], negative[row]])
        assert area[row] == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)


def test_balanced_accuracy_equals_scikit_learn():
    rng = np.random.default_rng(0)
    positive, negative = rng.normal(1, 1, (2, 9)), rng.normal(0, 1, (2, 30))
    found = balanced_accuracy(positive, negative, np.array([0.5, 0.2]))
    for row, line in enumerate((0.5, 0.2)):
        truth = np.repeat([1, 0], [9, 30])
        guess = np.concatenate([positive[row], negative[row]]) > line
        assert found[row] == pytest.approx(balanced_accuracy_score(truth, guess))


def test_what_cannot_be_had_is_nan_and_constants_are_chance():
    empty, two = np.zeros((3, 0)), np.zeros((3, 2))
    assert np.isnan(auroc(empty, two)).all() and (auroc(two, two) == 0.5).all()
    broken = two.copy()
    broken[1, 0] = np.nan
    assert np.isnan(auroc(broken, two)).tolist() == [False, True, False]
    assert np.isnan(balanced_accuracy(two, broken, np.zeros(3))).tolist() == [False, True, False]


def test_auroc_broadcasts_one_list_against_many():
    positive, negative = np.array([1.0, 3.0]), np.array([[0.0, 2.0], [4.0, 5.0]])
    assert auroc(positive, negative).tolist() == [0.75, 0.0]


@pytest.mark.parametrize("n", [1, 2, 40])
@pytest.mark.parametrize("ties", [False, True])
def test_some_scores_of_a_list_against_its_rest(n, ties):
    rng = np.random.default_rng(n)
    scores = (rng.normal(3, 1, (5, 90)) * 4).astype(np.float32)
    scores = scores.round() if ties else scores
    own = np.stack([rng.permutation(90)[:n] for _ in range(5)])
    area, d = auroc_against_rest(scores, own), cohens_d_against_rest(scores, own)
    for row in range(5):
        labels = np.isin(np.arange(90), own[row])
        assert area[row] == pytest.approx(roc_auc_score(labels, scores[row]), abs=1e-12)
        first, second = scores[row, labels].astype(np.float64), scores[row, ~labels].astype(np.float64)
        squares = first.var() * n + second.var() * (90 - n)
        assert d[row] == pytest.approx((first.mean() - second.mean()) / np.sqrt(squares / 88), rel=1e-9)


def test_a_list_that_hardly_varies_within_its_sides():
    scores = np.array([[1e4, 1e4, -1e4, -1e4 + 1, -1e4 + 2], [5, 5, 1, 1, 1], [1, np.nan, 2, 3, 4], [2, 2, 2, 2, 2]])
    own = np.tile([0, 1], (4, 1))
    assert cohens_d_against_rest(scores, own)[0] == pytest.approx((2e4 - 1) / np.sqrt(2 / 3), rel=1e-12)
    assert np.isnan(cohens_d_against_rest(scores, own)[1:]).all()  # constant sides, and what is no number
    assert np.isnan(auroc_against_rest(scores, own)).tolist() == [False, False, True, False]
    every = np.tile(np.arange(5), (4, 1))
    assert np.isnan(auroc_against_rest(scores, every)).all() and np.isnan(cohens_d_against_rest(scores, every)).all()
