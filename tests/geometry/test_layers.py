"""The map at every layer: the planted layer is found, and searching over layers is paid for."""

import numpy as np

from emotion_core.geometry.emotion_map import layer_profile
from emotion_core.geometry.norms import circumplex
from geometry.maps import affective_vectors, random_vectors, vectors_of

NORMS = circumplex()
WORDS = tuple(sorted(NORMS.valence))[::4]


def test_the_planted_layer_stands_out():
    planted = affective_vectors(WORDS, *NORMS.of(WORDS)).values[:, 0]
    values = random_vectors(WORDS, 1, layers=6).values.copy()
    values[:, 4] = planted
    found = layer_profile(vectors_of(WORDS, values))
    assert np.argmax(found.valence) == 4 and found.valence[4] > 0.9
    assert 0 < found.valence_p[4] < 0.01 and (np.delete(found.valence_p, 4) > 0.01).all()
    assert np.argmax(found.explained[:, 0]) == 4


def test_the_best_of_many_random_layers_is_not_significant():
    p_values = [layer_profile(random_vectors(WORDS, seed, layers=12)).valence_p.min() for seed in range(20)]
    assert sum(p <= 0.05 for p in p_values) <= 4


def test_a_layer_that_is_not_finite_is_left_out():
    values = random_vectors(WORDS, 0, layers=3).values.copy()
    values[2, 1, 0] = np.nan
    found = layer_profile(vectors_of(WORDS, values))
    assert np.isnan(found.valence[1]) and np.isnan(found.explained[1]).all()
    assert np.isfinite(found.valence[[0, 2]]).all()
