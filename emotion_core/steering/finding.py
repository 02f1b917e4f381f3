"""What a sweep found, in words that follow from its numbers alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from emotion_core.steering.comparison import Comparison
from emotion_core.steering.course import turn
from emotion_core.steering.summary import StrengthSummary
from emotion_core.steering.sweep import Sweep, SweepRow


@dataclass(frozen=True)
class SweepFinding:
    """The verdict on a sweep.

    Attributes:
        mark: `evidence` where the effect leaves the controls' band at a strength inside the usable window.
        sentence: One to three sentences.
    """

    mark: Literal["evidence", "no evidence"]
    sentence: str


def sweep_finding(sweep: Sweep) -> SweepFinding:
    """Reads the verdict off a sweep."""
    emotion, window = sweep.settings.emotion, sweep.usable_window
    where = f"The model stays coherent from {signed(window[0])} to {signed(window[1])}"
    broken = [one.strength for one in sweep.strengths if one.broken]
    if broken:
        where += f"; at {_listed(broken)} its numbers are not finite"
    if sweep.settings.controls < 3:
        sentence = f"{where}. With fewer than 3 control directions there is no band to compare the effect with."
        return SweepFinding("no evidence", sentence)
    found = [one for one in sweep.strengths if one.evidence and one.effect is not None]
    if not found:
        sentence = f"{where}; nowhere in between does the effect on {emotion} leave the range of random directions."
        return SweepFinding("no evidence", sentence)
    effects = sorted(one.effect for one in found if one.effect is not None)
    size = (
        signed(effects[0], 1) if effects[0] == effects[-1] else f"{signed(effects[0], 1)} to {signed(effects[-1], 1)}"
    )
    named = _named(sweep, found)
    sentence = (
        f"Steering moves the {emotion} reading beyond random directions of the same size at "
        f"{_listed([one.strength for one in found])}, by {size} standard deviations. {named}{where}."
    )
    turned = turn(sweep.strengths, window)
    if turned is not None:
        sentence += (
            f" The curve is not monotonic: it rises from {signed(turned.rise[0])} to {signed(turned.rise[1])} and "
            f"falls from {signed(turned.fall[0])} to {signed(turned.fall[1])}."
        )
    return SweepFinding("evidence", sentence)


def _named(sweep: Sweep, found: list[StrengthSummary]) -> str:
    """What the named controls do where the emotion's own vector has an effect."""
    said = []
    bands = {one.strength: (one.null_low, one.null_high) for one in found}
    for kind, who in (("shuffled", "Label-shuffled vectors"), ("emotion", "The vector of {}")):
        for names in _together([one for one in sweep.comparisons if one.kind == kind]):
            points = [p for one in names for p in one.points if p.strength in bands and p.effect is not None]
            out = [p for p in points if _outside(p.effect, bands[p.strength])]
            if points:
                verb = "do" if kind == "shuffled" else "does"
                said.append(
                    f"{who.format(names[0].name)} {verb} so too at {len(out)} of {len(points)} points. "
                    if out
                    else f"{who.format(names[0].name)} {verb} not. "
                )
    words = [one.points[0].effect for one in sweep.comparisons if one.kind == "words"]
    said += [f"Asking for it in words instead moves it by {signed(one, 1)}. " for one in words if one is not None]
    return "".join(said)


def _together(comparisons: list[Comparison]) -> list[list[Comparison]]:
    """Shuffled vectors as one group, every emotion as its own."""
    if comparisons and comparisons[0].kind == "shuffled":
        return [comparisons]
    return [[one] for one in comparisons]


def _outside(effect: float | None, band: tuple[float | None, float | None]) -> bool:
    low, high = band
    return effect is not None and low is not None and high is not None and not low <= effect <= high


def signed(number: float, digits: int = 2) -> str:
    """A strength or an effect with its sign, short: +0.3, -1.25, 0."""
    text = f"{number:+.{digits}f}".rstrip("0").rstrip(".") if digits > 1 else f"{number:+.{digits}f}"
    return "0" if text in ("+0", "-0", "+0.0", "-0.0") else text.replace("-", "−")


def _listed(strengths: list[float]) -> str:
    shown = [signed(one) for one in strengths]
    return f"strength {shown[0]}" if len(shown) == 1 else f"strengths {', '.join(shown[:-1])} and {shown[-1]}"


def change(row: SweepRow, unsteered: SweepRow) -> float | None:
    """How far a text's reading lies from that of the unsteered text of the same noise, in standard deviations."""
    if row.emotion_score is None or unsteered.emotion_score is None:
        return None
    return row.emotion_score - unsteered.emotion_score
