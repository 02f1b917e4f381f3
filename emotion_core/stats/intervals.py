"""Means over conversations and rates with their intervals, and a correction for many p-values."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

# Intervals for figures of readings: means over conversations, rates.

Array = npt.NDArray[np.float64]


def mean_interval(values: npt.ArrayLike, level: float = 0.95) -> tuple[Array, Array, Array]:
    """Mean and its Student interval over the first axis.

    Args:
        values: float [units, ...]; nan where a unit has no value.
        level: Of confidence.

    Returns:
        Mean, lower and upper end, float64 [...]; the ends are nan below two units.
    """
    rows = np.asarray(values, np.float64)
    known = np.isfinite(rows)
    n = known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, rows, 0).sum(axis=0) / n
        squares = (np.where(known, rows - mean, 0) ** 2).sum(axis=0)
        half = scipy.special.stdtrit(np.maximum(n - 1, 1), (1 + level) / 2) * np.sqrt(squares / (n - 1) / n)
    half = np.where(n >= 2, half, np.nan)
    return mean, mean - half, mean + half


def wilson(hits: int, n: int, level: float = 0.95) -> tuple[float, float]:
    """Interval of a rate (Wilson 1927); nan for both where nothing was tried."""
    if n == 0:
        return math.nan, math.nan
    z = float(scipy.special.ndtri((1 + level) / 2))
    share, weight = hits / n, z * z / n
    centre = (share + weight / 2) / (1 + weight)
    half = z * math.sqrt(share * (1 - share) / n + weight / (4 * n)) / (1 + weight)
    return max(0.0, centre - half), min(1.0, centre + half)


def clopper_pearson(hits: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Exact interval of a rate (Clopper and Pearson 1934); its upper end is above 0 without any hit.

    Args:
        hits: Of `n` independent trials; both may be effective numbers and need not be whole.
        n: Trials; nan for both ends where nothing was tried.
        level: Of confidence.
    """
    if n <= 0:
        return math.nan, math.nan
    tail = (1 - level) / 2
    low = float(scipy.special.betaincinv(hits, n - hits + 1, tail)) if hits > 0 else 0.0
    high = float(scipy.special.betaincinv(hits + 1, n - hits, 1 - tail)) if hits < n else 1.0
    return low, high


def clustered_rate(
    hits: npt.ArrayLike, sizes: npt.ArrayLike, clusters: npt.ArrayLike, run: float = 1.0
) -> tuple[float, float, float]:
    """Rate over texts of which some are alike, with its 95 % interval.

    Clopper and Pearson's interval with the number of independent trials that the spread between texts, and between
    the registers they come from, leaves (Korn and Graubard 1998). Without any hit there is no spread to measure, and a
    text is one trial.

    Args:
        hits: float [texts], tokens with an alarm.
        sizes: float [texts], tokens.
        clusters: int [texts], the register of each text.
        run: Neighbouring tokens that are not independent: a score that is a mean over five crosses for some five.
    """
    h, n, registers = (np.asarray(one, np.float64) for one in (hits, sizes, clusters))
    total, texts = float(n.sum()), len(h)
    if total <= 0:
        return math.nan, math.nan, math.nan
    rate = float(h.sum()) / total
    if rate in (0.0, 1.0):
        return rate, *clopper_pearson(rate * texts, texts)
    trials = total / max(1.0, run)
    off = h - rate * n  # (texts,)
    for units in (np.arange(texts), np.unique(registers, return_inverse=True)[1]):
        count = int(units.max()) + 1
        if count < 2:
            continue
        sums = np.bincount(units, weights=off)  # (units,)
        variance = count / (count - 1) * float(sums @ sums) / total**2
        if variance > 0:
            narrower = (
                scipy.special.stdtrit(max(1.0, trials - 1), 0.975) / scipy.special.stdtrit(count - 1, 0.975)
            ) ** 2
            trials = min(trials, rate * (1 - rate) / variance * float(narrower))
    return rate, *clopper_pearson(rate * trials, trials)


# How a p-value is written: never as zero.

_SMALLEST = 0.001
TAIL = 0.01


def p_words(p_value: float, name: str = "p", smallest: float = _SMALLEST) -> str:
    """`p = 0.012`, or `p < 0.001` below that: a share of a limited number of draws is never zero.

    Args:
        p_value: From 0 to 1, or nan.
        name: `q` where it is corrected for a family.
        smallest: Below it only that is said; a Student tail of a few controls (`TAIL`) is no better known.
    """
    return f"{name} < {smallest:g}" if p_value < smallest else f"{name} = {p_value:.3f}"


# Pearson's r of one quantity with others, its interval, and a correction for many p-values.


@dataclass(frozen=True)
class Correlation:
    """Pearson correlations of one quantity with several others.

    Attributes:
        r: float64 [columns]; nan where either does not vary or there are fewer than 3 points.
        low: float64 [columns], lower end of the 95 % interval (Fisher's z), as if the points were independent; nan
            below 4 points.
        high: float64 [columns].
        p_value: float64 [columns], two-sided, against the control directions that a column stands out least from.
        q_value: float64 [columns], `p_value` corrected for the number of columns (Benjamini and Hochberg 1995).
    """

    r: Array
    low: Array
    high: Array
    p_value: Array
    q_value: Array


def pearson(quantity: npt.ArrayLike, columns: npt.ArrayLike) -> Array:
    """Correlation of a quantity [points] with every column [points, columns], float64 [columns]; nan as above."""
    x, y = _standard(np.asarray(quantity, np.float64)[:, None])[:, 0], _standard(np.asarray(columns, np.float64))
    r: Array = np.clip(x @ y, -1, 1) if len(x) >= 3 else np.full(y.shape[1], np.nan)
    return r


def fisher_interval(r: Array, n: int) -> tuple[Array, Array]:
    """95 % interval of correlations over n independent points."""
    if n < 4:
        return np.full_like(r, np.nan), np.full_like(r, np.nan)
    z = np.arctanh(np.clip(r, -1 + 1e-12, 1 - 1e-12))
    half = scipy.special.ndtri(0.975) / np.sqrt(n - 3)
    return np.tanh(z - half), np.tanh(z + half)


def adjusted(p_values: Array, family: int | None = None) -> Array:
    """q-values over all finite p-values (Benjamini and Hochberg 1995), float64 of the same shape; the others stay nan.

    Args:
        p_values: float64 [...].
        family: Size of the family where it is larger: the rest of it counts as showing nothing.
    """
    known = np.isfinite(p_values)
    result, found = np.full(p_values.shape, np.nan), p_values[known]
    if len(found):
        rest = np.ones(max(0, (family or 0) - len(found)))
        from scipy.stats import false_discovery_control  # slow to import, and a build does without

        result[known] = false_discovery_control(np.concatenate([found, rest]))[: len(found)]
    return result


def _standard(values: Array) -> Array:
    """Columns centred and of length 1; nan where all are equal or one is not finite."""
    centred = values - values.mean(axis=0) if len(values) else values
    lengths = np.linalg.norm(centred, axis=0)
    floor = 1e-12 * (np.abs(values).max(axis=0, initial=0.0) + 1e-300)
    with np.errstate(invalid="ignore", divide="ignore"):
        result: Array = np.where(lengths > floor, centred / lengths, np.nan)
    return result
