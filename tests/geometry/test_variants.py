"""The same map made in other ways: what one huge dimension does is seen."""

import numpy as np

from emotion_core.geometry.stability import variant, without_largest

WORDS = tuple(f"e{i}" for i in range(20))


def test_one_huge_dimension_rules_the_map_until_it_is_taken_out():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(20, 2, 16)).astype(np.float32)
    huge = values.copy()
    huge[:, :, 7] = 100 * rng.normal(size=(20, 2))
    removed = without_largest(huge)
    assert (removed[:, :, 7] == 0).all() and np.array_equal(np.delete(removed, 7, 2), np.delete(huge, 7, 2))
    built, after = variant("as built", huge, huge, WORDS), variant("without", removed, huge, WORDS)
    assert (built.largest > 0.99).all() and (after.largest < 0.3).all()
    assert np.allclose(built.agreement, 1, atol=1e-6)
    assert (after.agreement < 0.5).all()


def test_a_vector_without_a_direction_left_is_nan_not_zero():
    values = np.random.default_rng(1).normal(size=(20, 1, 8)).astype(np.float32)
    made = values.copy()
    made[3] = 0
    assert np.isnan(variant("empty", made, values, WORDS).agreement).all()
