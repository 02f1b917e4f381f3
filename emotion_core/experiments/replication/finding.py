"""What a row gives: a figure beside its null, a verdict, what else is printed, and what is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emotion_core.base.numbers import finite
from emotion_core.charts.replication import Figure
from emotion_core.experiments.replication.rule import NOT_TESTABLE, Estimate, Judged, Verdict


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
