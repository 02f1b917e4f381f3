"""Ridge reading of ratings: equal to scikit-learn where it has the same, honest where there is nothing."""

import numpy as np
import pytest
from sklearn.linear_model import RidgeCV

from emotion_core.geometry.norms import circumplex
from emotion_core.geometry.similarity import unit_rows
from emotion_core.geometry.supervised import _PENALTIES, cross_validated, read_norms_off
from geometry.maps import affective_vectors, random_vectors

NORMS = circumplex()
WORDS = tuple(sorted(NORMS.valence))[::3]


def test_predictions_equal_scikit_learns_ridge_with_the_same_penalties():
    rng = np.random.default_rng(0)
    vectors, targets = rng.normal(size=(40, 12)), rng.normal(size=(40, 3))
    folds = np.arange(40) % 5
    found = cross_validated(vectors, targets, folds)
    for fold in range(5):
        train, test = folds != fold, folds == fold
        centred = vectors[train] - vectors[train].mean(axis=0)
        scale = float((np.linalg.svd(centred, compute_uv=False) ** 2).mean())
        for target in range(3):
            model = RidgeCV(alphas=_PENALTIES * scale).fit(vectors[train], targets[train, target])
            assert np.allclose(found[test, target], model.predict(vectors[test]), atol=1e-8)


def test_a_planted_valence_is_predicted_for_words_left_out():
    valence, arousal = NORMS.of(WORDS)
    vectors = affective_vectors(WORDS, valence, arousal, noise=0.3)
    one, two = read_norms_off(unit_rows(vectors.values[:, 0].astype(float)), WORDS, NORMS, shuffles=99)
    assert one.r > 0.8 and one.p_value == 0.01 and one.chance < one.r
    assert two.target == "arousal"


def test_noise_is_not_predicted():
    vectors = random_vectors(WORDS, seed=3)
    one, _ = read_norms_off(vectors.values[:, 0].astype(float), WORDS, NORMS, shuffles=99)
    assert one.p_value > 0.05


def test_too_few_rated_words_give_nothing():
    one, _ = read_norms_off(np.eye(4), ("happy", "sad", "unknownword", "otherword"), NORMS)
    assert np.isnan(one.r) and np.isnan(one.p_value) and one.n == 2


def test_the_line_of_chance_is_what_95_of_100_random_maps_stay_below():
    readings = [read_norms_off(random_vectors(WORDS, s).values[:, 0], WORDS, NORMS, shuffles=99)[0] for s in range(80)]
    assert np.mean([one.r <= one.chance for one in readings]) > 0.88
    values, lines = (np.array([getattr(one, name) for one in readings]) for name in ("r", "chance"))
    assert values.mean() < 0, "which an interval by formula around r does not know"
    assert lines.mean() == pytest.approx(np.quantile(values, 0.95), abs=0.12)
