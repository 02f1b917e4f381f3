"""Pearson's r of one quantity with others, its interval, and a correction for many p-values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

Array = npt.NDArray[np.float64]


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
    half = ndtri(0.975) / np.sqrt(n - 3)
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
