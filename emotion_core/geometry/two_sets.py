"""Two sets of vectors of the same emotions in one space: word by word, in their arrangement, and by chance.

A cosine of two vectors of one emotion says that they share a direction, a correlation of the two matrices of cosines
(representational similarity analysis, Kriegeskorte et al. 2008) that they arrange the emotions alike. Random rotations
of one set inside the space that it spans keep every cosine of the set and break its meeting with the other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emotion_core.evaluation.controls import rotated_sets
from emotion_core.geometry.similarity import cosine_matrix, unit_rows, upper_triangle
from emotion_core.stats.auroc import Array
from emotion_core.stats.correlation import pearson


@dataclass(frozen=True)
class TwoSets:
    """How two sets of vectors of the same emotions lie to each other.

    Attributes:
        cosines: float64 [emotions], cosine of the two vectors of each emotion.
        arrangement: Correlation of the cosines of all pairs; nan where one set has none that vary.
        rotated: float64 [draws], mean cosine with the first set turned at random.
        by_chance: What is left of the length of a random direction where the second set's space is removed.
        left: float64 [emotions], what is left of each vector of the first set there.
    """

    cosines: Array
    arrangement: float
    rotated: Array
    by_chance: float
    left: Array


def two_sets(first: Array, second: Array, draws: int = 200, seed: int = 0) -> TwoSets:
    """Compares two sets at one layer.

    Args:
        first: float [emotions, width], finite, none of length 0.
        second: float [emotions, width], the same emotions in the same order.
        draws: Random rotations of the first set.
        seed: Draws them.
    """
    one, two = unit_rows(first), unit_rows(second)
    turned = rotated_sets(one[:, None].astype(np.float32), draws, np.random.default_rng(seed))[:, :, 0]
    pairs = [upper_triangle(cosine_matrix(rows)) for rows in (one, two)]
    _, sizes, basis = np.linalg.svd(two, full_matrices=False)
    basis = basis[sizes > 1e-6 * sizes[0]]  # (dimensions, width)
    left: Array = np.linalg.norm(one - (one @ basis.T) @ basis, axis=1)
    return TwoSets(
        cosines=(one * two).sum(axis=1),
        arrangement=float(pearson(pairs[0], pairs[1][:, None])[0]),
        rotated=(turned * two).sum(axis=2).mean(axis=1),
        by_chance=float(np.sqrt(max(0.0, 1 - len(basis) / one.shape[1]))),
        left=left,
    )
