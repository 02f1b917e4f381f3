"""How near a vector lies to what a confound set stands for: its cosine, beside that of shuffled sides."""

from __future__ import annotations

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.stats.auroc import Array
from emotion_core.vectors.estimate import Block, PairRows

DRAWS = 200


def directions(values: FloatArray, block: Block, contrast: str) -> Array:
    """Difference in means of a contrast at one layer, first of the true sides, then of `DRAWS` shuffled ones.

    Sides of pairs change places within pairs; labelled texts are drawn anew into two groups of the same sizes.

    Args:
        values: float32 [all texts, width].
        block: Rows of the set.
        contrast: One of its emotions.

    Returns:
        float64 [1 + draws, width].
    """
    rng = np.random.default_rng(0)
    positive, negative = (values[rows].astype(np.float64) for rows in block.sides(contrast))
    if isinstance(block, PairRows):
        signs = np.concatenate([np.ones((1, len(block))), rng.choice([-1.0, 1.0], (DRAWS, len(block)))])
        result: Array = signs @ (positive - negative) / len(block)
        return result
    both = np.concatenate([positive, negative])
    sides = np.repeat([1 / len(positive), -1 / len(negative)], [len(positive), len(negative)])
    weights = np.stack([sides, *(rng.permutation(sides) for _ in range(DRAWS))])
    shuffled: Array = weights @ both
    return shuffled


def cosines(found: Array, vector: FloatArray) -> Array:
    """Cosine of a vector [width] to each of the directions [n, width], float64 [n]; nan where one has no length."""
    lengths = np.linalg.norm(found, axis=1) * float(np.linalg.norm(vector.astype(np.float64)))
    with np.errstate(invalid="ignore"):
        along = found @ vector.astype(np.float64)
    result: Array = np.divide(along, lengths, out=np.full(len(along), np.nan), where=lengths > 0)
    return result
