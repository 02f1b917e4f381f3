"""Cohen's d for stacks of score lists."""

from __future__ import annotations

import numpy as np

from emotion_core.stats.auroc import Array, Scores


def cohens_d(positive: Scores, negative: Scores) -> Array:
    """Difference of the means in pooled standard deviations (Cohen 1988).

    Args:
        positive: float [..., positives].
        negative: float [..., negatives].

    Returns:
        float64 [...]; nan where there are fewer than three scores in all, a side is empty, or nothing varies.
    """
    n_positive, n_negative = positive.shape[-1], negative.shape[-1]
    shape = np.broadcast_shapes(positive.shape[:-1], negative.shape[:-1])
    if not n_positive or not n_negative or n_positive + n_negative < 3:
        return np.full(shape, np.nan)
    first, second = np.asarray(positive, np.float64), np.asarray(negative, np.float64)
    squares = _squares(first) + _squares(second)
    return _ratio(first.mean(axis=-1) - second.mean(axis=-1), squares, n_positive + n_negative - 2, first, second)


def _squares(scores: Array) -> Array:
    result: Array = ((scores - scores.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    return result


def _ratio(difference: Array, squares: Array, freedom: int, first: Array, second: Array) -> Array:
    spread = np.sqrt(squares / freedom)
    # A constant has a spread of a few rounding errors, not zero: a ratio with it would look enormous.
    size = np.maximum(np.abs(first).max(axis=-1), np.abs(second).max(axis=-1))
    usable = spread > 1e-12 * size
    result: Array = np.divide(difference, spread, out=np.full(np.shape(difference), np.nan), where=usable)
    return result
