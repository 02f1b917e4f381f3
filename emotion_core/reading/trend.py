"""Does a reading go with a quantity? Rank correlation with a permutation p-value, for many emotions at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from math import factorial

import numpy as np
import numpy.typing as npt
from scipy.stats import false_discovery_control, rankdata

Array = npt.NDArray[np.float64]
# Up to here every order is tried; 7! = 5,040 orders already resolve p = .0004.
EXACT_UP_TO = 7
DRAWS = 10_000


@dataclass(frozen=True)
class Trend:
    """Spearman's rank correlation of readings with a quantity.

    Attributes:
        spearman: float64 [emotions]; nan where a reading does not vary.
        p_value: float64 [emotions], two-sided, over orders of the quantity: all of them for up to 7 values, else
            10,000 draws and the observed one (Phipson and Smyth 2010).
        q_value: float64 [emotions], `p_value` corrected for the number of emotions (Benjamini and Hochberg 1995).
    """

    spearman: Array
    p_value: Array
    q_value: Array


def trend(x: npt.ArrayLike, readings: npt.ArrayLike, seed: int = 0) -> Trend:
    """Correlates readings with a quantity.

    Args:
        x: float [values].
        readings: float [values, emotions].
        seed: Of the draws.
    """
    ranks = _standard(rankdata(np.asarray(x, np.float64))[:, None])[:, 0]  # (values,)
    scored = _standard(rankdata(np.asarray(readings, np.float64), axis=0))  # (values, emotions)
    observed = ranks @ scored  # (emotions,)
    n = len(ranks)
    if n <= EXACT_UP_TO:
        orders = np.array(list(permutations(range(n))))
        extra = 0
    else:
        rng = np.random.default_rng(seed)
        orders = rng.permuted(np.broadcast_to(np.arange(n), (DRAWS, n)), axis=1)
        extra = 1
    null = np.abs(ranks[orders] @ scored)  # (orders, emotions)
    # Sums in another order differ in the last bits; an equal correlation has to count as equal.
    reached = (null >= np.abs(observed) - 1e-12).sum(axis=0) + extra
    p_value = np.where(np.isfinite(observed), reached / (len(orders) + extra), np.nan)
    q_value = np.full_like(p_value, np.nan)
    known = np.isfinite(p_value)
    if known.any():
        q_value[known] = false_discovery_control(p_value[known])
    return Trend(observed, p_value, q_value)


def smallest_p(n: int) -> float:
    """The smallest two-sided p-value that so many different values can give."""
    return 2 / factorial(n) if n <= EXACT_UP_TO else 1 / (DRAWS + 1)


def _standard(ranks: Array) -> Array:
    """Columns centred and of length 1; nan where all are equal."""
    centred = ranks - ranks.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        result: Array = np.where(lengths > 0, centred / lengths, np.nan)
    return result
