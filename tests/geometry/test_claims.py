"""Which claims a map makes: on random vectors none, on planted ones all."""

import numpy as np
from scipy.stats import false_discovery_control

from emotion_core.geometry.claims import LEVEL, claims, holm
from emotion_core.geometry.emotion_map import map_emotions
from emotion_core.geometry.norms import circumplex
from emotion_core.geometry.supervised import read_norms_off
from geometry.maps import affective_vectors, random_vectors

NORMS = circumplex()
WORDS = tuple(sorted(NORMS.valence))[::4]


def all_claims(vectors, shuffles=99):
    found = map_emotions(vectors, 1, 8)
    return claims(found, read_norms_off(vectors.values[:, 1].astype(float), vectors.emotions, NORMS, shuffles=shuffles))


def test_random_vectors_agree_with_nobody_in_95_of_100_draws():
    claiming = [seed for seed in range(100) if any(c.stands for c in all_claims(random_vectors(WORDS, seed)))]
    assert len(claiming) <= 5, claiming


def test_a_planted_circumplex_is_claimed():
    valence, arousal = NORMS.of(WORDS)
    found = all_claims(affective_vectors(WORDS, valence, arousal), shuffles=499)
    by_name = {one.what: one for one in found}
    assert by_name["Component 1 follows valence"].stands
    assert by_name["Component 2 follows arousal"].stands
    assert by_name["The vectors predict valence"].stands
    assert by_name["The vectors predict arousal"].stands


def test_holm_is_never_below_the_false_discovery_rate_and_keeps_nan_apart():
    p = np.array([0.001, 0.2, np.nan, 0.02, 0.6])
    corrected = holm(p)
    known = np.isfinite(p)
    assert np.isnan(corrected[2])
    assert (corrected[known] >= false_discovery_control(p[known]) - 1e-12).all()
    assert np.allclose(corrected[known], [0.004, 0.4, 0.06, 0.6])
    assert LEVEL < 0.05
