"""The shape of a dose-response curve: does more steering always do more?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats

from emotion_core.steering.summary import StrengthSummary


@dataclass(frozen=True)
class Turn:
    """A curve that rises over one pair of strengths and falls over another.

    Attributes:
        rise: Strengths between which the effect grows.
        fall: Strengths between which it shrinks.
    """

    rise: tuple[float, float]
    fall: tuple[float, float]


def turn(strengths: Sequence[StrengthSummary], window: tuple[float, float]) -> Turn | None:
    """The largest rise and the largest fall inside the usable window, None where the curve only goes one way.

    A change counts where the intervals of its two ends do not touch; they are widened for the number of pairs that are
    looked at (Bonferroni). A curve without evidence at any strength has no shape to speak of. Strength 0 is exact: its
    effect is 0 by definition.

    Args:
        strengths: Summaries of a sweep, ascending.
        window: The usable window.
    """
    if not any(one.evidence for one in strengths):
        return None
    inside = [one for one in strengths if window[0] <= one.strength <= window[1]]
    pairs = len(inside) * (len(inside) - 1) // 2
    known = [end for one in inside if (end := _interval(one, max(1, pairs))) is not None]
    compared = [(a, b) for i, a in enumerate(known) for b in known[i + 1 :]]
    rises = [(b[1] - a[2], (a[0], b[0])) for a, b in compared if b[1] > a[2]]
    falls = [(a[1] - b[2], (a[0], b[0])) for a, b in compared if a[1] > b[2]]
    return Turn(max(rises)[1], max(falls)[1]) if rises and falls else None


def _interval(one: StrengthSummary, pairs: int) -> tuple[float, float, float] | None:
    """Strength with the ends of its interval, widened for the pairs; None where it has none."""
    if one.strength == 0:
        return 0.0, 0.0, 0.0
    if one.effect is None or one.effect_low is None or one.effect_high is None or one.freedom < 1:
        return None
    wider = float(stats.t.ppf(1 - 0.025 / pairs, one.freedom) / stats.t.ppf(0.975, one.freedom))
    return (
        one.strength,
        one.effect - wider * (one.effect - one.effect_low),
        one.effect + wider * (one.effect_high - one.effect),
    )
