"""One map over another: a turned copy lies on it exactly, an unrelated one does not."""

import numpy as np
from scipy.linalg import orthogonal_procrustes

from emotion_core.geometry.compare import overlay
from geometry.maps import random_vectors, vectors_of

WORDS = tuple(f"e{i}" for i in range(30))


def test_a_turned_and_stretched_copy_matches_in_full():
    first = random_vectors(WORDS, 1)
    turn = np.linalg.qr(np.random.default_rng(2).normal(size=(24, 24)))[0]
    second = vectors_of(WORDS, 5 * first.values @ turn)
    found = overlay(first, second)
    assert found.match > 0.999 and 0 < found.p_value < 0.001
    assert found.distances.max() < 1e-3


def test_unrelated_maps_do_not_match_beyond_chance():
    p_values = [overlay(random_vectors(WORDS, s), random_vectors(WORDS, s + 100)).p_value for s in range(20)]
    assert sum(p <= 0.05 for p in p_values) <= 4
    assert np.mean(p_values) > 0.2


def test_the_turn_is_scipys():
    found = overlay(random_vectors(WORDS, 4), random_vectors(WORDS, 5))
    turn, _ = orthogonal_procrustes(found.second, found.first)
    assert np.allclose(turn, np.eye(len(turn)), atol=1e-6)  # it is turned already
    assert np.isclose(found.match, (found.second * found.first).sum(), atol=1e-6)
