"""From single texts to a dose-response curve: effects, the controls' null band, coherence and the usable window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_core.numbers import finite
from emotion_core.steering.band import null_band
from emotion_core.steering.coherence import coherence_limits, usable_window
from emotion_core.steering.comparison import Comparison, ComparisonPoint, interval, kind_of, point
from emotion_core.steering.plan import PlannedRow
from emotion_core.steering.standard import standardise
from emotion_core.tracing.activations import FloatArray

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class StrengthSummary:
    """One strength of a sweep.

    Attributes:
        strength: In the units of the settings.
        effect: Mean change of the emotion score against the unsteered text of the same noise.
        effect_low: Lower end of its 95 % interval (Student's t over prompts and samples), None below 3 texts.
        effect_high: Upper end.
        null_low: Lower end of the band that 95 % of random directions of the same norm fall into, None below 3
            controls.
        null_high: Upper end.
        coherent: Whether surprise and repetition stay inside the limits.
        evidence: Whether the effect leaves the band that all strengths together keep with 95 % probability, inside
            the usable window.
        surprise: Mean surprise of the emotion's texts.
        repetition: Mean repetition of the emotion's texts.
        broken: Texts at which the model produced numbers that are not finite.
        n: Texts.
    """

    strength: float
    effect: float | None
    effect_low: float | None
    effect_high: float | None
    null_low: float | None
    null_high: float | None
    coherent: bool
    evidence: bool
    surprise: float | None
    repetition: float | None
    broken: int
    n: int

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return dict(vars(self))


@dataclass(frozen=True)
class SweepSummary:
    """What `summarise` returns.

    Attributes:
        readings: float32 [texts, emotions], standardised by the unsteered texts of the same prompt.
        strengths: One summary a strength, ascending.
        usable_window: Lowest and highest strength of the coherent stretch around 0.
        limits: Highest surprise and repetition that count as coherent.
        comparisons: The named controls.
    """

    readings: FloatArray
    strengths: tuple[StrengthSummary, ...]
    usable_window: tuple[float, float]
    limits: tuple[float, float]
    comparisons: tuple[Comparison, ...] = ()


def summarise(
    rows: Sequence[PlannedRow],
    readings: FloatArray,
    surprise: Numbers,
    repeated: Numbers,
    broken: Sequence[bool],
    emotion: int,
    named: Sequence[str] = (),
    first_named: int | None = None,
) -> SweepSummary:
    """Summarises the texts of a sweep.

    Args:
        rows: What each text was asked for, baseline texts included.
        readings: float32 [texts, emotions], raw projections.
        surprise: [texts], nats a token, nan for empty texts.
        repeated: [texts], share of repeated 4-grams.
        broken: [texts].
        emotion: Index of the steered emotion.
        named: Names of the directions from `first_named` on, which are no random controls.
        first_named: Direction of the first of them; by default all directions but 0 are random controls.
    """
    table = _Table(rows, standardise(rows, readings), surprise, repeated, np.asarray(broken))
    limits = coherence_limits(rows, surprise, repeated)
    strengths = sorted({row.strength for row in rows})
    coherent = {s: s == 0 or table.coherent(s, limits) for s in strengths}
    window = usable_window(strengths, coherent)
    inside = [s for s in strengths if s != 0 and window[0] <= s <= window[1]]
    first = max((row.direction for row in rows), default=0) + 1 if first_named is None else first_named
    effects = {s: table.effects(s, emotion, first) for s in strengths}
    summaries = []
    for s in strengths:
        own, controls = effects[s]
        pool = controls + (effects[-s][1] if s and -s in effects else [])
        summaries.append(_summary(table, s, own, pool, len(controls), coherent[s], inside))
    comparisons = [
        Comparison(name, kind_of(name), tuple(table.point(s, first + k, emotion) for s in strengths if s != 0))
        for k, name in enumerate(named)
    ]
    if any(row.in_words for row in rows):
        comparisons.append(Comparison("in words", "words", (table.point(0.0, IN_WORDS, emotion),)))
    return SweepSummary(table.readings, tuple(summaries), window, limits, tuple(comparisons))


# Stands for the prompt-only rival where texts are looked up by direction.
IN_WORDS = -1


class _Table:
    """The texts' measures, found by strength and direction."""

    def __init__(
        self,
        rows: Sequence[PlannedRow],
        readings: FloatArray,
        surprise: Numbers,
        repeated: Numbers,
        broken: npt.NDArray[np.bool_],
    ) -> None:
        self.readings, self.surprise, self.repeated, self.broken = readings, surprise, repeated, broken
        unsteered = {(r.prompt, r.sample): i for i, r in enumerate(rows) if r.reported and r.unsteered}
        self._zero = np.array([unsteered.get((r.prompt, r.sample), -1) for r in rows])
        cells: dict[tuple[float, int], list[int]] = {}
        for i, row in enumerate(rows):
            if row.reported:
                direction = IN_WORDS if row.in_words else row.direction
                cells.setdefault((row.strength, direction), []).append(i)
        self._cells = {key: np.array(index) for key, index in cells.items()}

    def where(self, strength: float, direction: int = 0) -> npt.NDArray[np.int64]:
        """Reported texts of one strength and direction."""
        return self._cells.get((strength, direction), np.zeros(0, dtype=np.int64))

    def effects(self, strength: float, emotion: int, first_named: int) -> tuple[Numbers, list[float]]:
        """Changes of the emotion's texts, and the mean change of every random control."""
        directions = sorted(d for s, d in self._cells if s == strength and 1 <= d < first_named)
        controls = [float(c.mean()) for d in directions if len(c := self._changes(strength, d, emotion))]
        return self._changes(strength, 0, emotion), controls

    def point(self, strength: float, direction: int, emotion: int) -> ComparisonPoint:
        """One strength of a named control."""
        changes = self._changes(strength, direction, emotion)
        return point(strength, changes, self.surprise[self.where(strength, direction)])

    def coherent(self, strength: float, limits: tuple[float, float]) -> bool:
        """Whether the emotion's texts at a strength stay inside the limits on average."""
        index = self.where(strength)
        if not len(index) or self.broken[index].any():
            return False
        seen = self.surprise[index][np.isfinite(self.surprise[index])]
        return bool(len(seen) and seen.mean() <= limits[0] and self.repeated[index].mean() <= limits[1])

    def _changes(self, strength: float, direction: int, emotion: int) -> Numbers:
        index = self.where(strength, direction)
        changes = (self.readings[index, emotion] - self.readings[self._zero[index], emotion]).astype(np.float64)
        kept: Numbers = changes[np.isfinite(changes) & ~self.broken[index]]
        return kept


def _summary(
    table: _Table,
    strength: float,
    own: Numbers,
    pool: list[float],
    n_controls: int,
    coherent: bool,
    inside: list[float],
) -> StrengthSummary:
    index = table.where(strength)
    effect, low, high = interval(own)
    if strength == 0:  # the zero is exact
        low = high = None
    band = null_band(pool, n_controls)
    wide = null_band(pool, n_controls, max(1, len(inside)))
    evidence = effect is not None and wide is not None and strength in inside and not wide[0] <= effect <= wide[1]
    seen = table.surprise[index][np.isfinite(table.surprise[index])]
    return StrengthSummary(
        strength=strength,
        effect=finite(effect),
        effect_low=finite(low),
        effect_high=finite(high),
        null_low=band[0] if band else None,
        null_high=band[1] if band else None,
        coherent=coherent,
        evidence=bool(evidence),
        surprise=float(seen.mean()) if len(seen) else None,
        repetition=float(table.repeated[index].mean()) if len(index) else None,
        broken=int(table.broken[index].sum()),
        n=len(index),
    )
