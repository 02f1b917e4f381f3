"""An interval for an AUROC that is honest at the ends: twenty pairs that separate fully do not prove 1.0."""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.special import ndtri, stdtrit


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
