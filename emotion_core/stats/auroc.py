"""Measures of separation by ranks, for whole stacks of score lists at once. Plain functions of arrays."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

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
        from scipy.stats import rankdata  # slow to import, and few scores do without

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


def auroc_interval(
    value: float,
    n_positive: int,
    n_negative: int,
    level: float = 0.95,
    *,
    correlation: float = 0.0,
    design: float = 1.0,
    freedom: float | None = None,
) -> tuple[float, float]:
    """Score-type interval of an AUROC (Newcombe 2006, Statistics in Medicine 25:559, method 5).

    The variance is Hanley and McNeil's at the candidate value instead of at the estimate, so that an AUROC of 1 gets an
    interval with a width. For contrast pairs it is multiplied by what a correlation within pairs changes about the
    variance of the difference between the sides (see `d_interval`), where an AUROC of A stands for a d of
    sqrt(2) times the normal quantile of A, as it does for normal scores.

    Args:
        value: The AUROC, 0 to 1.
        n_positive: Positive scores.
        n_negative: Negative scores.
        level: Of confidence.
        correlation: Of the two scores within a contrast pair; 0 where the sides are independent.
        design: Factor of the variance, where texts are not independent units.
        freedom: Degrees of freedom of Student's t; None for the normal distribution.

    Returns:
        Lower and upper end; nan for both where there is no AUROC.
    """
    from scipy.optimize import brentq  # slow to import, and a build does without

    if not math.isfinite(value) or not n_positive or not n_negative:
        return math.nan, math.nan
    share = (1 + level) / 2
    quantile = float(ndtri(share) if freedom is None else stdtrit(freedom, share)) * math.sqrt(design)

    def excess(candidate: float) -> float:
        variance = _variance(candidate, n_positive, n_negative) * _pairing(candidate, correlation)
        return abs(value - candidate) - quantile * math.sqrt(variance)

    tiny = 1e-9
    # The variance is 0 at 0 and at 1, where an AUROC of 0 or 1 would be its own limit: both sides start just inside.
    inside = min(max(value, tiny), 1 - tiny)
    low = 0.0 if inside == tiny or excess(tiny) <= 0 else float(brentq(excess, tiny, inside))
    high = 1.0 if inside == 1 - tiny or excess(1 - tiny) <= 0 else float(brentq(excess, inside, 1 - tiny))
    return low, high


def _variance(value: float, n_positive: int, n_negative: int) -> float:
    half = (n_positive + n_negative) / 2 - 1
    spread = 1 + half * ((1 - value) / (2 - value) + value / (1 + value))
    return value * (1 - value) * spread / (n_positive * n_negative)


def _pairing(value: float, correlation: float) -> float:
    """Variance of d for pairs with this correlation, as a share of that for independent sides."""
    if correlation == 0:
        return 1.0
    squared_d = 2 * float(ndtri(value)) ** 2
    return (2 * (1 - correlation) + squared_d * (1 + correlation**2) / 4) / (2 + squared_d / 4)
