"""The rule by which a row of the table is judged, fixed before a model is loaded.

E is an estimate with its 95 % interval [low, high] over the row's unit, [null_low, null_high] the middle 95 % of what
the row's null gives, delta the smallest effect that still counts as the same finding (half of the published one).

* size: *replicates* where low > null_high and E >= delta; *does not* where high < delta.
* zero: *replicates* where the interval lies inside +-delta; *does not* where it lies outside on one side. What cannot
  be seen never replicates a zero.
* sign: *replicates* with the sign as said, beyond the null and with q < .05; *does not* beyond the null on the other
  side, or where the interval lies inside +-delta.

Everything else cannot be told. A gate that fails reads *not testable here*, never *does not*. Over the rows that were
run, *replicates* is held to a false discovery rate of .05 (Benjamini and Hochberg 1995) by p-values that follow from
the printed figures alone, so that a reader can compute them again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt
import scipy

from emotion_core.stats.intervals import adjusted

Array = npt.NDArray[np.float64]
Verdict = Literal["replicates", "does not", "cannot be told", "not testable here", "not run", "not built"]
REPLICATES: Verdict = "replicates"
DOES_NOT: Verdict = "does not"
UNTOLD: Verdict = "cannot be told"
NOT_TESTABLE: Verdict = "not testable here"
LEVEL = 0.05
_Z = float(scipy.special.ndtri(0.975))


@dataclass(frozen=True)
class Estimate:
    """A figure with what its unit and its null leave open.

    Attributes:
        value: The estimate.
        low: Lower end of its 95 % interval over the unit.
        high: Upper end.
        null_low: 2.5 % point of the null.
        null_high: 97.5 % point of the null.
    """

    value: float
    low: float
    high: float
    null_low: float = math.nan
    null_high: float = math.nan

    @property
    def turned(self) -> Estimate:
        """With all signs turned, for a published figure below 0."""
        return Estimate(-self.value, -self.high, -self.low, -self.null_high, -self.null_low)

    @property
    def error(self) -> float:
        """Standard error that the interval stands for."""
        return (self.high - self.low) / (2 * _Z)

    def against_null(self) -> float:
        """One-sided p-value of the estimate lying above the null, both as normal as their printed ends say."""
        middle, spread = (self.null_low + self.null_high) / 2, (self.null_high - self.null_low) / (2 * _Z)
        return _tail(self.value - middle, math.hypot(self.error, spread))

    def inside(self, delta: float) -> float:
        """p-value of two one-sided tests that the true value lies between -delta and delta."""
        return _tail(delta - abs(self.value), self.error)


@dataclass(frozen=True)
class Judged:
    """A verdict before the correction over rows.

    Attributes:
        verdict: The verdict.
        p_value: That a *replicates* would be held to; nan where the rule cannot be applied.
        why: In a sentence.
    """

    verdict: Verdict
    p_value: float
    why: str


def by_size(one: Estimate, delta: float) -> Judged:
    """The size rule."""
    if not _known(one, null=True):
        return _untold("a figure that the rule needs is missing")
    p = one.against_null()
    if one.high < delta:
        smaller = ", though more than the null" if one.low > one.null_high else ""
        return Judged(DOES_NOT, p, f"the interval lies below {delta:.2g}{smaller}")
    if one.low > one.null_high and one.value >= delta:
        return Judged(REPLICATES, p, f"beyond the null and at least {delta:.2g}")
    if one.low > one.null_high:
        return Judged(UNTOLD, p, f"beyond the null, but {one.value:.2g} is less than {delta:.2g}")
    return Judged(UNTOLD, p, "the interval meets the null")


def by_zero(one: Estimate, delta: float) -> Judged:
    """The zero rule."""
    if not _known(one, null=False):
        return _untold("a figure that the rule needs is missing")
    p = one.inside(delta)
    if -delta < one.low and one.high < delta:
        return Judged(REPLICATES, p, f"the interval lies inside {delta:.2g} on both sides of 0")
    if one.low > delta or one.high < -delta:
        return Judged(DOES_NOT, p, f"the interval lies beyond {delta if one.low > delta else -delta:.2g}")
    return Judged(UNTOLD, p, f"the interval crosses {delta if one.high >= delta else -delta:.2g}")


def by_sign(one: Estimate, delta: float | None = None, q_value: float | None = None) -> Judged:
    """The sign rule; the expected sign is above 0.

    Args:
        one: The estimate.
        delta: What counts as nothing, for the test of equivalence; None where the row has none.
        q_value: Of the row's block where it has several tests; by default the p-value against the null.
    """
    if not _known(one, null=True):
        return _untold("a figure that the rule needs is missing")
    p = one.against_null() if q_value is None else q_value
    if one.value > max(0.0, one.null_high) and one.low > one.null_high and p < LEVEL:
        return Judged(REPLICATES, p, "the expected sign, beyond the null")
    if one.value < min(0.0, one.null_low) and one.high < one.null_low:
        return Judged(DOES_NOT, p, "the opposite sign, beyond the null")
    if delta is not None and -delta < one.low and one.high < delta:
        return Judged(DOES_NOT, p, f"no more than {delta:.2g} either way")
    return Judged(UNTOLD, p, "the interval meets the null")


def both(*parts: Judged) -> Judged:
    """A claim of several conditions: all must hold, and it stands on the weakest one (intersection-union test)."""
    failed = next((one for one in parts if one.verdict == DOES_NOT), None)
    open_ = next((one for one in parts if one.verdict != REPLICATES), None)
    p = max((one.p_value for one in parts), default=math.nan)
    chosen = failed or open_
    if chosen is not None:
        return Judged(chosen.verdict, p, chosen.why)
    return Judged(REPLICATES, p, "; ".join(dict.fromkeys(one.why for one in parts)))


def of_part(name: str, one: Judged) -> Judged:
    """A part of a claim whose reason says which part it is, for a claim of several figures."""
    return replace(one, why=f"{name}: {one.why}")


def condition(holds: bool, p_value: float, why: str, otherwise: Verdict = UNTOLD, why_not: str = "") -> Judged:
    """A condition of a row's own; where it fails, the row gets `otherwise` and "not " before the reason."""
    return Judged(REPLICATES, p_value, why) if holds else Judged(otherwise, p_value, why_not or f"not {why}")


def held_to_false_discovery(parts: Sequence[Judged]) -> tuple[tuple[Judged, ...], Array]:
    """The rows that were run, with *replicates* held to a false discovery rate of .05.

    Args:
        parts: The rows that were run and could be tested.

    Returns:
        The same, where a *replicates* whose q is too large cannot be told; and q, float64 [rows].
    """
    q = adjusted(np.array([one.p_value for one in parts], np.float64))
    kept = tuple(
        replace(
            one, verdict=UNTOLD, why=f"{one.why}; not held to 5 % false discoveries over the rows (q = {value:.3f})"
        )
        if one.verdict == REPLICATES and not value <= LEVEL
        else one
        for one, value in zip(parts, q, strict=True)
    )
    return kept, q


def over_units(values: npt.ArrayLike, null: npt.ArrayLike | None = None) -> Estimate:
    """Mean over units with Student's interval, beside draws of the null's mean.

    Args:
        values: float [units]; nan where a unit has none.
        null: float [draws]; None for a null that is exactly 0.
    """
    rows = np.asarray(values, np.float64)
    rows = rows[np.isfinite(rows)]
    n = len(rows)
    mean = float(rows.mean()) if n else math.nan
    half = float(scipy.stats.t.ppf(0.975, n - 1) * rows.std(ddof=1) / math.sqrt(n)) if n > 1 else math.nan
    return Estimate(mean, mean - half, mean + half, *band(null))


def resampled(value: float, draws: npt.ArrayLike, null: npt.ArrayLike | None = None) -> Estimate:
    """A figure with the middle 95 % of its bootstrap draws, float [draws], widened to hold the figure itself."""
    found = np.asarray(draws, np.float64)
    found = found[np.isfinite(found)]
    low, high = np.quantile(found, (0.025, 0.975)) if len(found) else (math.nan, math.nan)
    return Estimate(value, min(float(low), value), max(float(high), value), *band(null))


def band(null: npt.ArrayLike | None) -> tuple[float, float]:
    """The middle 95 % of a null's draws; 0 and 0 for None."""
    if null is None:
        return 0.0, 0.0
    found = np.asarray(null, np.float64)
    found = found[np.isfinite(found)]
    if not len(found):
        return math.nan, math.nan
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)


def _tail(lead: float, error: float) -> float:
    """One-sided normal p-value of a lead; a lead without any error is certain either way."""
    if not (math.isfinite(lead) and math.isfinite(error)):
        return math.nan
    if error <= 0:
        return 0.0 if lead > 0 else 1.0
    return float(scipy.stats.norm.sf(lead / error))


def _known(one: Estimate, *, null: bool) -> bool:
    ends = (one.value, one.low, one.high, *((one.null_low, one.null_high) if null else ()))
    return all(math.isfinite(end) for end in ends)


def _untold(why: str) -> Judged:
    return Judged(UNTOLD, math.nan, why)
