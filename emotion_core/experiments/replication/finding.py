"""What a row gives: a figure beside its null, a verdict, what else is printed, and what is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.numbers import finite
from emotion_core.experiments.replication.rule import NOT_TESTABLE, Estimate, Judged, Verdict


@dataclass(frozen=True)
class Figure:
    """A chart of a row, one entry a mark.

    Attributes:
        title: What it shows.
        kind: `points` with intervals by name, `lines` over x, or a `scatter` of x and y.
        x_title: Of the horizontal axis.
        y_title: Of the vertical axis, with its unit.
        names: One a mark: the word, prompt or pair it stands for.
        series: One a mark.
        x: float32 [marks].
        y: float32 [marks].
        low: float32 [marks], lower end of an interval; nan where there is none.
        high: float32 [marks].
        null_low: Where the null's middle 95 % begin; nan where it is not drawn.
        null_high: Where they end.
    """

    title: str
    kind: Literal["points", "lines", "scatter"]
    x_title: str
    y_title: str
    names: tuple[str, ...]
    series: tuple[str, ...]
    x: FloatArray
    y: FloatArray
    low: FloatArray
    high: FloatArray
    null_low: float = math.nan
    null_high: float = math.nan


@dataclass(frozen=True)
class Finding:
    """One row on one model.

    Attributes:
        row: Number of the row.
        statistic: What the estimate is, with its unit.
        estimate: The figure, its interval and its null.
        verdict: Before the correction over rows.
        p_value: That a *replicates* is held to; nan where the rule cannot be applied.
        why: Why this verdict, or why it is not testable here.
        n: Units that were resampled.
        facts: Further figures, each with its name.
        figures: Charts.
        seconds: What it took.
    """

    row: int
    statistic: str
    estimate: Estimate
    verdict: Verdict
    p_value: float
    why: str
    n: int = 0
    facts: tuple[tuple[str, str], ...] = ()
    figures: tuple[Figure, ...] = ()
    seconds: float = 0.0

    @property
    def judged(self) -> Judged:
        """The verdict before the correction over rows."""
        return Judged(self.verdict, self.p_value, self.why)

    def to_json(self) -> dict[str, Any]:
        """What is printed beside the row of the table."""
        return {
            "statistic": self.statistic,
            "n": self.n,
            "p_value": finite(self.p_value),
            "facts": dict(self.facts),
        }


def found(
    row: int,
    statistic: str,
    estimate: Estimate,
    judged: Judged,
    n: int,
    facts: Sequence[tuple[str, str]] = (),
    figures: Sequence[Figure] = (),
) -> Finding:
    """A finding from an estimate and what the rule says of it."""
    return Finding(
        row, statistic, estimate, judged.verdict, judged.p_value, judged.why, n, tuple(facts), tuple(figures)
    )


def not_testable(row: int, why: str, facts: Sequence[tuple[str, str]] = (), figures: Sequence[Figure] = ()) -> Finding:
    """A row whose precondition does not hold on this model."""
    nothing = Estimate(math.nan, math.nan, math.nan)
    return Finding(row, "", nothing, NOT_TESTABLE, math.nan, why, 0, tuple(facts), tuple(figures))


def shown(one: Estimate, digits: int = 2) -> str:
    """An estimate as "0.41 (0.30 to 0.52; null -0.08 to 0.10)"."""
    null = f"; null {one.null_low:.{digits}f} to {one.null_high:.{digits}f}" if math.isfinite(one.null_low) else ""
    return f"{one.value:.{digits}f} ({one.low:.{digits}f} to {one.high:.{digits}f}{null})"


def marks(
    kind: Literal["points", "lines", "scatter"],
    title: str,
    axes: tuple[str, str],
    rows: Sequence[tuple[str, str, float, float]],
    ends: Sequence[tuple[float, float]] = (),
    null: tuple[float, float] = (math.nan, math.nan),
) -> Figure:
    """A chart from rows of (name, series, x, y).

    Args:
        kind: See `Figure`.
        title: What it shows.
        axes: Titles of x and y.
        rows: One a mark.
        ends: Interval of each mark; none by default.
        null: Band of the null.
    """
    x, y = (np.array([row[k] for row in rows], np.float32) for k in (2, 3))
    low, high = (np.array([end[k] for end in ends] or [math.nan] * len(rows), np.float32) for k in (0, 1))
    names, series = (tuple(str(row[k]) for row in rows) for k in (0, 1))
    return Figure(title, kind, axes[0], axes[1], names, series, x, y, low, high, *null)
