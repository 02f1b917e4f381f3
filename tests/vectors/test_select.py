import numpy as np
import pytest

from emotion_core.base.errors import SettingsError
from emotion_core.vectors.build import vectors_from
from emotion_core.vectors.emotion_vectors import BuildSettings
from emotion_core.vectors.estimate import CrossValidation, best_layer, fallback_layer, fold_numbers
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


def validated(auroc: np.ndarray, d: np.ndarray | None = None, folds: np.ndarray | None = None) -> CrossValidation:
    """Figures without folds: no layer is as good as a better one."""
    return CrossValidation(auroc, auroc if d is None else d, np.zeros((0, *auroc.shape)) if folds is None else folds)


def test_among_equal_layers_the_one_nearest_two_thirds_wins_and_nan_never():
    auroc = np.array([[1.0, 1.0, np.nan, 0.9]])
    assert fallback_layer(4) == 3 and best_layer(validated(auroc)) == 1
    equally_near = np.array([[0.5, 0.5, 0.5, 1.0, 0.5, 1.0]])
    assert best_layer(validated(equally_near, np.array([[0, 0, 0, 2.0, 0, 3.0]]))) == 5
    assert best_layer(validated(equally_near, np.array([[0, 0, 0, 3.0, 0, 2.0]]))) == 3
    empty = np.full((2, 6), np.nan)
    assert best_layer(validated(empty)) == fallback_layer(6) == 4


def test_a_lead_within_one_standard_error_of_the_difference_is_none():
    rng = np.random.default_rng(0)
    level = np.array([0.6, 0.9, 0.9, 0.9, 0.7, 0.6])
    chosen, highest = [], []
    for _ in range(300):
        folds = level + rng.normal(0, 0.05, (5, 1)) + rng.normal(0, 0.03, (5, 6))  # a hard fold is so at every layer
        mean = folds.mean(axis=0)[None]
        chosen.append(best_layer(validated(mean, folds=folds[:, None])))
        highest.append(int(np.argmax(mean)))
    assert set(highest) == {1, 2, 3} and 0.25 < np.mean(np.array(highest) == 3) < 0.42
    assert set(chosen) <= {1, 2, 3} and np.mean(np.array(chosen) == 3) > 0.6, "the one nearest to layer 4, mostly"
    level = np.array([0.62, 0.9, 0.88, 0.89, 0.7, 0.6])
    exact = np.repeat(level[None, None], 5, axis=0)
    assert best_layer(validated(level[None], folds=exact)) == 1, "without noise a lead is a lead"


def test_a_layer_that_only_some_emotions_can_be_scored_at_is_not_chosen_for_all():
    auroc = np.array([[0.6, 0.9, 0.7], [0.7, np.nan, 0.5], [np.nan, np.nan, np.nan]])
    assert best_layer(validated(auroc)) == 0
    assert best_layer(validated(auroc), 0) == 1


def test_one_layer_that_is_not_a_number_is_not_chosen():
    one = pair_set()
    acts, _ = planted_pairs(one, 3.0)
    acts.values[5, 1] = np.nan
    vectors = vectors_from([one], acts, neutral(), BuildSettings())
    assert np.isnan(vectors.cv_auroc[0, 1]) and vectors.selected_layer != 1
    assert np.isfinite(vectors.cv_auroc[0, [0, 2, 3]]).all()


def test_constant_activations_are_refused():
    one = pair_set()
    acts, _ = planted_pairs(one, 0.0, noise=0.0)
    with pytest.raises(SettingsError, match="the same to the model"):
        vectors_from([one], acts, neutral(), BuildSettings())
