"""An interval for an AUROC that is honest at the ends: twenty pairs that separate fully do not prove 1.0."""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.stats import norm


def auroc_interval(value: float, n_positive: int, n_negative: int, level: float = 0.95) -> tuple[float, float]:
    """Score-type interval of an AUROC (Newcombe 2006, Statistics in Medicine 25:559, method 5).

    The variance is Hanley and McNeil's at the candidate value instead of at the estimate, so that an AUROC of 1 gets an
    interval with a width. Both sides are taken as independent, which for contrast pairs is on the wide side.

    Args:
        value: The AUROC, 0 to 1.
        n_positive: Positive scores.
        n_negative: Negative scores.
        level: Of confidence.

    Returns:
        Lower and upper end; nan for both where there is no AUROC.
    """
    if not math.isfinite(value) or not n_positive or not n_negative:
        return math.nan, math.nan
    quantile = float(norm.ppf((1 + level) / 2))

    def excess(candidate: float) -> float:
        return abs(value - candidate) - quantile * math.sqrt(_variance(candidate, n_positive, n_negative))

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
