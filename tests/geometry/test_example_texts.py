"""Texts at both ends of a direction."""

import numpy as np
from vectors.planted import labelled_set, pair_set

from emotion_core.geometry.stability import candidates, rank


def test_the_texts_furthest_along_come_first():
    values = np.zeros((6, 1, 3), np.float32)
    values[:, 0, 1] = [3, -5, 0, 9, 1, -2]
    units = np.zeros((2, 1, 3), np.float32)
    units[0, 0, 1], units[1, 0, 1] = 1, -1
    found = rank(values, tuple((f"t{i}", "x") for i in range(6)), units, shown=2)
    assert found.most[0].tolist() == [[3, 0], [1, 5]]
    assert found.least[0].tolist() == [[1, 5], [3, 0]]
    assert (found.z_most > 0).all() and (found.z_least < 0).all()


def test_only_texts_that_were_not_trained_on_are_shown_and_neutral_ones_join_few():
    many = dict(candidates((labelled_set(("a", "b"), 8, 12),), ("neutral text",)))
    assert len(many) == 24 and "neutral text" not in many
    few = dict(candidates((pair_set(4, 2),), ("neutral text",)))
    assert few["neutral text"] == "neutral"
    assert sorted(v for v in few.values()) == ["fear", "fear", "neutral", "not fear", "not fear"]
