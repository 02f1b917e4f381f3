"""Measures of separation by ranks, for whole stacks of score lists at once. Plain functions of arrays."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

Scores = npt.NDArray[np.floating]
Array = npt.NDArray[np.float64]

# Counting wins one score at a time beats sorting while one side is this small.
_FEW = 32


def auroc(positive: Scores, negative: Scores) -> Array:
    """Chance that a positive score exceeds a negative one, ties counted half (Mann-Whitney U over n x m).

    Args:
        positive: float [..., positives].
        negative: float [..., negatives].

    Returns:
        float64 [...]; nan where a side is empty or a score is not a number.
    """
    n_positive, n_negative = positive.shape[-1], negative.shape[-1]
    shape = np.broadcast_shapes(positive.shape[:-1], negative.shape[:-1])
    if not n_positive or not n_negative:
        return np.full(shape, np.nan)
    if n_positive <= _FEW:
        wins = _wins(positive, negative)
    elif n_negative <= _FEW:
        wins = n_positive * n_negative - _wins(negative, positive)
    else:
        both = np.concatenate(
            [np.broadcast_to(positive, (*shape, n_positive)), np.broadcast_to(negative, (*shape, n_negative))], axis=-1
        )
        ranks = np.asarray(rankdata(both, axis=-1), dtype=np.float64)
        wins = ranks[..., :n_positive].sum(axis=-1) - n_positive * (n_positive + 1) / 2
    broken = np.isnan(positive).any(axis=-1) | np.isnan(negative).any(axis=-1)
    return np.where(broken, np.nan, wins / (n_positive * n_negative))


def balanced_accuracy(positive: Scores, negative: Scores, threshold: Scores) -> Array:
    """Mean of the shares on the right side of a threshold; a score exactly on it counts half.

    Args:
        positive: float [..., positives].
        negative: float [..., negatives].
        threshold: float [...].

    Returns:
        float64 [...]; nan where anything is not a number or a side is empty.
    """
    if not positive.shape[-1] or not negative.shape[-1]:
        return np.full(positive.shape[:-1], np.nan)
    line = np.asarray(threshold)[..., None]
    right = ((positive > line) + 0.5 * (positive == line)).mean(axis=-1)
    left = ((negative < line) + 0.5 * (negative == line)).mean(axis=-1)
    broken = np.isnan(positive).any(axis=-1) | np.isnan(negative).any(axis=-1) | np.isnan(threshold)
    return np.where(broken, np.nan, (right + left) / 2)


def _wins(few: Scores, many: Scores) -> Array:
    """How often a score of `few` exceeds one of `many`, ties half; one score at a time keeps memory small."""
    total = np.zeros(np.broadcast_shapes(few.shape[:-1], many.shape[:-1]))
    for i in range(few.shape[-1]):
        one = few[..., i, None]
        total += np.count_nonzero(many < one, axis=-1)
        total += 0.5 * np.count_nonzero(many == one, axis=-1)
    return total
