"""What a sweep found, in words that follow from its numbers alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import scipy

from emotion_core.stats.intervals import TAIL, p_words
from emotion_core.steering.summary import LEAST_FREEDOM, StrengthSummary, kind_words, outer_strengths
from emotion_core.steering.sweep import Sweep, SweepRow

# The shape of a dose-response curve: does more steering always do more?


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
    wider = float(scipy.stats.t.ppf(1 - 0.025 / pairs, one.freedom) / scipy.stats.t.ppf(0.975, one.freedom))
    return (
        one.strength,
        one.effect - wider * (one.effect - one.effect_low),
        one.effect + wider * (one.effect_high - one.effect),
    )


@dataclass(frozen=True)
class SweepFinding:
    """The verdict on a sweep.

    Attributes:
        mark: `evidence` where the emotion's line is steeper than those of every kind of control; `not tested` where
            there is no line or nothing to hold it against.
        sentence: Two to five sentences.
    """

    mark: Literal["evidence", "no evidence", "not tested"]
    sentence: str


def sweep_finding(sweep: Sweep) -> SweepFinding:
    """Reads the verdict off a sweep."""
    emotion, window = sweep.settings.emotion, sweep.usable_window
    where = f"The model stays coherent from {signed(window[0])} to {signed(window[1])}"
    broken = [one.strength for one in sweep.strengths if one.broken]
    if broken:
        where += f"; at {_listed(broken)} its numbers are not finite"
    test = sweep.test
    if test is None:
        return SweepFinding("not tested", f"{where}. {_untested(sweep)}")
    null = next(kind for kind in test.controls.kinds if kind.kind == test.controls.hardest)
    per = f"{signed(0.1 * test.sign * test.slope)} standard deviations a 0.1 of strength"
    if sweep.settings.unit == "raw":
        per = f"{signed(test.sign * test.slope, 3)} standard deviations a unit of strength"
    scale = test.sign * (0.1 if sweep.settings.unit == "fraction" else 1.0)
    theirs = (
        f"{kind_words(test.controls.hardest)}, each read along itself, give {signed(scale * null.mean)} on average, "
        f"and one in twenty {'more' if test.sign > 0 else 'less'} than {signed(scale * null.high)}"
    )
    p = p_words(test.controls.p_value, smallest=TAIL)
    if test.evidence:
        sentence = f"Steering moves the {emotion} reading by {per}: {theirs} ({p}). "
    else:
        sentence = (
            f"The {emotion} reading moves by {per}, no more than directions that mean nothing move theirs: {theirs} "
            f"({p}). "
        )
    sentence += f"{_named(sweep)}{where}."
    turned = turn(sweep.strengths, window)
    if turned is not None:
        sentence += (
            f" The curve is not monotonic: it rises from {signed(turned.rise[0])} to {signed(turned.rise[1])} and "
            f"falls from {signed(turned.fall[0])} to {signed(turned.fall[1])}."
        )
    return SweepFinding("evidence" if test.evidence else "no evidence", sentence)


def _untested(sweep: Sweep) -> str:
    if sweep.partial:
        return "It was stopped before its controls were written: there is nothing to compare the effect with."
    if not any(sweep.settings.strengths):
        return "Only strength 0 was asked for, so there is nothing to test."
    if not outer_strengths(sweep.usable_window):
        return "No strength is usable, so there is nothing to test: try smaller ones."
    if not sweep.control_kinds and sweep.settings.controls:
        return "It was made by an earlier version, without the controls that the test needs: run it again."
    steered = [row for row in sweep.rows if row.strength and row.direction == "emotion"]
    if steered and all(row.differs_at is None for row in steered):
        return "No text differs from the unsteered one: nothing was steered, or too little to change a token."
    kinds = len(set(sweep.control_kinds))
    if len(sweep.control_kinds) < kinds + LEAST_FREEDOM:
        return f"There are too few controls for a test: {kinds + LEAST_FREEDOM} at least, 32 for a sharp one."
    return (
        "More than half of the controls changed no text at all, so nobody can say how far one more would go: write "
        "longer texts, or steer more."
    )


def _named(sweep: Sweep) -> str:
    """What the vectors of other emotions and plain words do to the same reading."""
    said = []
    outer = outer_strengths(sweep.usable_window)
    total = sum(s * s for s in outer)
    scale = 0.1 if sweep.settings.unit == "fraction" else 1.0
    for one in sweep.comparisons:
        effects = {point.strength: point.effect for point in one.points}
        known = [effects.get(s) for s in outer]
        if one.kind == "emotion" and total and all(effect is not None for effect in known):
            slope = sum(s * (effect or 0.0) for s, effect in zip(outer, known, strict=True)) / total
            said.append(f"The vector of {one.name} moves it by {signed(scale * slope)}. ")
    words = [one.points[0].effect for one in sweep.comparisons if one.kind == "words"]
    said += [f"Asking for it in words instead moves it by {signed(one, 1)}. " for one in words if one is not None]
    return "".join(said)


def signed(number: float, digits: int = 2) -> str:
    """A strength or an effect with its sign, short: +0.3, -1.25, 0."""
    text = f"{number:+.{digits}f}".rstrip("0").rstrip(".") if digits > 1 else f"{number:+.{digits}f}"
    return "0" if text in ("+0", "-0", "+0.0", "-0.0") else text.replace("-", "−")


def _listed(strengths: list[float]) -> str:
    shown = [signed(one) for one in strengths]
    return f"strength {shown[0]}" if len(shown) == 1 else f"strengths {', '.join(shown[:-1])} and {shown[-1]}"


def strength_words(sweep: Sweep) -> str:
    """What strength 0.1 (or 1, where it is raw) is in the model's own measures; empty if unknown.

    Empty too where strength is no length that is added at one layer: a share, the value of a clamp, a span of layers.
    """
    if sweep.settings.operation != "add" or len(sweep.layers) > 1:
        return ""
    amount = 0.1 if sweep.settings.unit == "fraction" else 1.0
    parts = []
    if sweep.natural_sd is not None:
        parts.append(f"{_short(amount * sweep.natural_sd)} standard deviations of neutral texts along the direction")
    if sweep.side_differences is not None:
        parts.append(
            f"{_short(amount * sweep.side_differences)} times the difference between the two sides of the texts"
        )
    return f"Strength {amount:g} is {' and '.join(parts)}" if parts else ""


def _short(number: float) -> str:
    return f"{number:.2g}" if number < 10 else f"{number:.0f}"


def change(row: SweepRow, unsteered: SweepRow) -> float | None:
    """How far a text's reading lies from that of the unsteered text of the same noise, in standard deviations."""
    if row.emotion_score is None or unsteered.emotion_score is None:
        return None
    return row.emotion_score - unsteered.emotion_score
