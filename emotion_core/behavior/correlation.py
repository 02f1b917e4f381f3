"""Does one list of numbers go with others? Pearson's r with interval, permutation p-value and correction."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np
import numpy.typing as npt
from scipy.stats import false_discovery_control, norm

Array = npt.NDArray[np.float64]
EXACT_UP_TO = 7
DRAWS = 10_000
_BLOCK = 1_000  # permutations at a time, so that memory stays small


@dataclass(frozen=True)
class Correlation:
    """Pearson correlations of one quantity with several others.

    Attributes:
        r: float64 [columns]; nan where either does not vary or there are fewer than 3 points.
        low: float64 [columns], lower end of the 95 % interval (Fisher's z); nan below 4 points.
        high: float64 [columns].
        p_value: float64 [columns], two-sided, over permutations: all of them up to 7 points, else 10,000 draws and the
            observed order (Phipson and Smyth 2010).
        q_value: float64 [columns], `p_value` corrected for the number of columns (Benjamini and Hochberg 1995).
    """

    r: Array
    low: Array
    high: Array
    p_value: Array
    q_value: Array


def correlate(quantity: npt.ArrayLike, columns: npt.ArrayLike, seed: int = 0) -> Correlation:
    """Correlates a quantity with every column.

    Args:
        quantity: float [points].
        columns: float [points, columns].
        seed: Of the permutations.
    """
    x, y = _standard(np.asarray(quantity, np.float64)[:, None])[:, 0], _standard(np.asarray(columns, np.float64))
    n = len(x)
    r = x @ y if n >= 3 else np.full(y.shape[1], np.nan)
    r = np.clip(r, -1, 1)
    p_value = _permuted(x, y, r, seed)
    low, high = fisher_interval(r, n)
    return Correlation(r, low, high, p_value, adjusted(p_value))


def fisher_interval(r: Array, n: int) -> tuple[Array, Array]:
    """95 % interval of correlations over n independent points."""
    if n < 4:
        return np.full_like(r, np.nan), np.full_like(r, np.nan)
    z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
    half = norm.ppf(0.975) / np.sqrt(n - 3)
    return np.tanh(z - half), np.tanh(z + half)


def adjusted(p_values: Array) -> Array:
    """Benjamini-Hochberg over all finite p-values; the others stay nan. Any shape."""
    known = np.isfinite(p_values)
    result = np.full(p_values.shape, np.nan)
    if known.any():
        result[known] = false_discovery_control(p_values[known])
    return result


def _permuted(x: Array, y: Array, r: Array, seed: int) -> Array:
    n = len(x)
    if n <= EXACT_UP_TO:
        orders, extra = np.array(list(permutations(range(n)))).reshape(-1, n), 0
    else:
        drawn = np.broadcast_to(np.arange(n), (DRAWS, n))
        orders, extra = np.random.default_rng(seed).permuted(drawn, axis=1), 1
    reached = np.zeros(y.shape[1])
    for at in range(0, len(orders), _BLOCK):
        # Sums in another order differ in the last bits; an equal correlation has to count as equal.
        reached += (np.abs(x[orders[at : at + _BLOCK]] @ y) >= np.abs(r) - 1e-12).sum(axis=0)
    return np.where(np.isfinite(r), (reached + extra) / (len(orders) + extra), np.nan)


def _standard(values: Array) -> Array:
    """Columns centred and of length 1; nan where all are equal or one is not finite."""
    centred = values - values.mean(axis=0) if len(values) else values
    lengths = np.linalg.norm(centred, axis=0)
    floor = 1e-12 * (np.abs(values).max(axis=0, initial=0.0) + 1e-300)
    with np.errstate(invalid="ignore", divide="ignore"):
        result: Array = np.where(lengths > floor, centred / lengths, np.nan)
    return result
