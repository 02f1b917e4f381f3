"""The shape of a dose-response curve: does more steering always do more?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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

    A change counts where the 95 % intervals of its two ends do not touch, and a curve without evidence at any strength
    has no shape to speak of. Strength 0 is exact: its effect is 0 by definition.

    Args:
        strengths: Summaries of a sweep, ascending.
        window: The usable window.
    """
    if not any(one.evidence for one in strengths):
        return None
    ends = [_interval(one) for one in strengths if window[0] <= one.strength <= window[1]]
    known = [end for end in ends if end is not None]
    pairs = [(a, b) for i, a in enumerate(known) for b in known[i + 1 :]]
    rises = [(b[1] - a[2], (a[0], b[0])) for a, b in pairs if b[1] > a[2]]
    falls = [(a[1] - b[2], (a[0], b[0])) for a, b in pairs if a[1] > b[2]]
    return Turn(max(rises)[1], max(falls)[1]) if rises and falls else None


def _interval(one: StrengthSummary) -> tuple[float, float, float] | None:
    """Strength with the ends of its interval; None where it has none."""
    if one.strength == 0:
        return 0.0, 0.0, 0.0
    if one.effect_low is None or one.effect_high is None:
        return None
    return one.strength, one.effect_low, one.effect_high
