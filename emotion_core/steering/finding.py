"""What a sweep found, in words that follow from its numbers alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from emotion_core.steering.course import turn
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
    sentence = (
        f"Steering moves the {emotion} reading beyond random directions of the same size at "
        f"{_listed([one.strength for one in found])}, by {size} standard deviations. {where}."
    )
    turned = turn(sweep.strengths, window)
    if turned is not None:
        sentence += (
            f" The curve is not monotonic: it rises from {signed(turned.rise[0])} to {signed(turned.rise[1])} and "
            f"falls from {signed(turned.fall[0])} to {signed(turned.fall[1])}."
        )
    return SweepFinding("evidence", sentence)


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
