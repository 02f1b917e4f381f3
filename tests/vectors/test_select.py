import numpy as np
import pytest

from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.select import CrossValidation, best_layer, fallback_layer, fold_numbers
from emotion_core.vectors.settings import BuildSettings
from vectors.planted import directions, labelled_set, neutral, pair_set, planted_labels, planted_pairs


def test_the_layer_with_the_planted_direction_is_chosen():
    one = pair_set()
    acts, _ = planted_pairs(one, 0.0)
    acts.values[[t.side == "positive" for t in one.texts], 2] += 3 * directions(1)[0, 2].astype(np.float32)
    vectors = vectors_from([one], acts, neutral(), BuildSettings())
    assert vectors.selected_layers == (2,) and vectors.selected_layer == 2
    assert vectors.cv_auroc[0, 2] > 0.9
    assert (np.abs(vectors.cv_auroc[0, [0, 1, 3]] - 0.5) < 0.25).all()


@pytest.mark.parametrize("estimator", ["difference", "pca", "logistic"])
def test_without_a_difference_cross_validation_is_at_chance(estimator):
    values = []
    for seed in range(8):
        one = pair_set()
        vectors = vectors_from([one], planted_pairs(one, 0.0, seed)[0], neutral(), BuildSettings(estimator=estimator))
        values.append(vectors.cv_auroc)
    assert abs(np.mean(values) - 0.5) < 0.05


def test_labelled_emotions_get_a_layer_each():
    one = labelled_set(("a", "b", "c"), n_train=20)
    acts, own = planted_labels(one, 0.0)
    for e, layer in enumerate((0, 2, 3)):
        rows = [t.emotion == "abc"[e] for t in one.texts]
        acts.values[rows, layer] += 8 * own[e, layer].astype(np.float32)
    assert vectors_from([one], acts, neutral(), BuildSettings()).selected_layers == (0, 2, 3)


def test_topics_stay_together_and_a_single_topic_is_split_by_row():
    groups = tuple(f"t{i // 3}" for i in range(30))
    folds = fold_numbers(groups, 5, 0)
    assert all(len(set(folds[np.array(groups) == g])) == 1 for g in set(groups))
    assert len(set(folds)) == 5
    assert len(set(fold_numbers(("one",) * 10, 5, 0))) == 5
    assert len(set(fold_numbers(("a", "b"), 5, 0))) == 2


def test_equal_aurocs_are_decided_by_effect_size_and_nan_never_wins():
    auroc = np.array([[1.0, 1.0, np.nan, 0.9]])
    d = np.array([[2.0, 3.0, 9.0, 9.0]])
    assert best_layer(CrossValidation(auroc, d)) == 1
    empty = np.full((2, 6), np.nan)
    assert best_layer(CrossValidation(empty, empty)) == fallback_layer(6) == 4


def test_a_layer_that_only_some_emotions_can_be_scored_at_is_not_chosen_for_all():
    auroc = np.array([[0.6, 0.9, 0.7], [0.7, np.nan, 0.6], [np.nan, np.nan, np.nan]])
    assert best_layer(CrossValidation(auroc, auroc)) == 0
    assert best_layer(CrossValidation(auroc, auroc), 0) == 1


def test_one_layer_that_is_not_a_number_is_not_chosen():
    one = pair_set()
    acts, _ = planted_pairs(one, 3.0)
    acts.values[5, 1] = np.nan
    vectors = vectors_from([one], acts, neutral(), BuildSettings())
    assert np.isnan(vectors.cv_auroc[0, 1]) and vectors.selected_layer != 1
    assert np.isfinite(vectors.cv_auroc[0, [0, 2, 3]]).all()


def test_constant_activations_give_chance_not_a_crash():
    one = pair_set()
    acts, _ = planted_pairs(one, 0.0, noise=0.0)
    vectors = vectors_from([one], acts, neutral(), BuildSettings())
    assert (vectors.cv_auroc == 0.5).all()
