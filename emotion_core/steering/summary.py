"""From single texts to a dose-response curve: effects, one test against controls, coherence and the usable window.

The verdict is one test. The emotion's reading is fitted with a line through 0 at the two ends of its usable window, and
so is the reading of every control along *itself*: text that was steered along any direction reads a little higher along
it, whatever the direction means. The emotion counts where its line is steeper than those of every kind of control.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import FloatArray
from emotion_core.base.numbers import finite
from emotion_core.evaluation.controls import KINDS
from emotion_core.steering.band import KindNull, KindTest, against_kinds
from emotion_core.steering.coherence import Limits, coherence_limits, outer_strengths, usable_window
from emotion_core.steering.comparison import Comparison, ComparisonPoint, Interval, interval, kind_of, point
from emotion_core.steering.directions import FAR, GATE
from emotion_core.steering.plan import PlannedRow
from emotion_core.steering.settings import is_control
from emotion_core.steering.standard import standardise

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class StrengthSummary:
    """One strength of a sweep.

    Attributes:
        strength: In the units of the settings.
        effect: Mean change of the emotion score against the unsteered text of the same noise.
        effect_low: Lower end of its 95 % interval (see `comparison.interval`), None below 3 texts.
        effect_high: Upper end.
        null_low: Lower edge, at this strength, of the lines of control directions; None outside the usable window and
            without a test. One more line of the hardest kind of control passes an edge with 5 % probability.
        null_high: Upper edge.
        coherent: Whether surprise and repetition stay inside the limits.
        evidence: Whether the sweep's one test, of its line, found an effect, and this strength lies inside the usable
            window and moves the reading in its own direction. No verdict on this strength, which may lie inside the
            edges of the controls.
        surprise: Mean surprise of the emotion's texts.
        repetition: Mean repetition of the emotion's texts.
        broken: Texts at which the model produced numbers that are not finite.
        n: Texts.
        freedom: Degrees of freedom of the interval.
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
    freedom: int = 0

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return dict(vars(self))


@dataclass(frozen=True)
class SlopeTest:
    """The verdict of a sweep in figures.

    Attributes:
        strengths: Strengths that the lines go through, besides 0.
        slope: Of the emotion's line, standard deviations a unit of strength.
        prompts: Prompts whose texts took part: all, but for those that a stopped sweep did not reach.
        controls: How it stands to the controls' slopes.
        far: The same for controls that are pushed as far off the data as the emotion, which do not decide; None
            without them.
        gates: The same for the emotion behind gates that mean nothing, which do not decide either.
        sign: -1 where steering takes away (project out, cap): slopes are those of the fall then.
    """

    strengths: tuple[float, ...]
    slope: float
    prompts: int
    controls: KindTest
    far: KindNull | None = None
    gates: KindNull | None = None
    sign: int = 1

    @property
    def evidence(self) -> bool:
        """Whether the emotion's line is steeper, in the direction of steering, than those of every kind of control."""
        return self.slope > 0 and self.controls.evidence

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "strengths": list(self.strengths),
            "slope": self.slope,
            "null_low": self.controls.low,
            "null_high": self.controls.high,
            "p_value": self.controls.p_value,
            "evidence": self.evidence,
            "hardest_controls": self.controls.hardest,
            "widest_controls": self.controls.widest,
            "controls": [dict(vars(kind)) for kind in self.controls.kinds],
            "far_off_the_data": None if self.far is None else dict(vars(self.far)),
            "behind_random_gates": None if self.gates is None else dict(vars(self.gates)),
            "sign": self.sign,
            "prompts": self.prompts,
        }


@dataclass(frozen=True)
class Role:
    """What a direction of a sweep is for.

    Attributes:
        name: `emotion`, `control-K`, `far-K`, `gate-K`, `shuffled-K` or another emotion.
        kind: Kind of control that it serves the test as; empty where it is none.
        column: Reading along the direction itself.
    """

    name: str
    kind: str
    column: int


@dataclass(frozen=True)
class SweepSummary:
    """What `summarise` returns.

    Attributes:
        readings: float32 [texts, directions], standardised by the unsteered texts of the same prompt.
        strengths: One summary a strength, ascending.
        usable_window: Lowest and highest strength of the coherent stretch around 0.
        limits: What counts as coherent.
        comparisons: The named controls.
        test: None where nothing could be tested: without a usable strength, or with too few controls.
    """

    readings: FloatArray
    strengths: tuple[StrengthSummary, ...]
    usable_window: tuple[float, float]
    limits: Limits
    comparisons: tuple[Comparison, ...] = ()
    test: SlopeTest | None = None


def window_of(
    rows: Sequence[PlannedRow], surprise: Numbers, repeated: Numbers, broken: npt.ArrayLike
) -> tuple[Limits, dict[float, bool], tuple[float, float]]:
    """Limits of coherence, whether each strength of the emotion keeps them, and the usable window.

    Args:
        rows: What each text was asked for, baseline texts included.
        surprise: [texts], nats a token, nan for empty texts.
        repeated: [texts], share of repeated 4-grams.
        broken: [texts].
    """
    limits, gone = coherence_limits(rows, surprise, repeated), np.asarray(broken, dtype=bool)
    own: dict[float, list[int]] = {0.0: []}
    for i, row in enumerate(rows):
        if row.reported and row.direction == 0 and not row.in_words:
            own.setdefault(row.strength, []).append(i)
    coherent = {s: s == 0 or limits.keeps(surprise[at], repeated[at], gone[at]) for s, at in own.items()}
    return limits, coherent, usable_window(list(own), coherent)


def summarise(
    rows: Sequence[PlannedRow],
    readings: FloatArray,
    surprise: Numbers,
    repeated: Numbers,
    broken: Sequence[bool],
    roles: Sequence[Role],
    *,
    falls: bool = False,
) -> SweepSummary:
    """Summarises the texts of a sweep.

    Args:
        rows: What each text was asked for, baseline texts included.
        readings: float32 [texts, directions], raw projections on the emotions and the controls.
        surprise: [texts], nats a token, nan for empty texts.
        repeated: [texts], share of repeated 4-grams.
        broken: [texts].
        roles: Of every steered direction; the first is the emotion.
        falls: Whether steering takes the direction away, so that its reading should fall.
    """
    table = _Table(rows, standardise(rows, readings), surprise, repeated, np.asarray(broken))
    limits, coherent, window = window_of(rows, surprise, repeated, broken)
    emotion = roles[0].column
    test = _slope_test(table, roles, outer_strengths(window), -1 if falls else 1)
    strengths = sorted(coherent)
    summaries = [_summary(table, s, emotion, coherent[s], window, test) for s in strengths]
    steered = [s for s in strengths if s != 0]
    comparisons = [
        Comparison(role.name, kind_of(role.name), tuple(table.point(s, d, emotion) for s in steered))
        for d, role in enumerate(roles)
        if d and not is_control(role.name)
    ]
    if any(row.in_words for row in rows):
        comparisons.append(Comparison("in words", "words", (table.point(0.0, IN_WORDS, emotion),)))
    return SweepSummary(table.readings, tuple(summaries), window, limits, tuple(comparisons), test)


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
        self.prompts = np.array([row.prompt for row in rows])
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

    def changes(self, strength: float, direction: int, column: int) -> tuple[Numbers, npt.NDArray[np.int64]]:
        """Changes of a reading against the unsteered texts, of the texts that could be read, and their prompts."""
        index = self.where(strength, direction)
        changes = (self.readings[index, column] - self.readings[self._zero[index], column]).astype(np.float64)
        kept = np.isfinite(changes) & ~self.broken[index]
        return changes[kept], self.prompts[index[kept]]

    def effect(self, strength: float, column: int) -> Interval:
        """The emotion's mean change at a strength."""
        return interval(*self.changes(strength, 0, column))

    def point(self, strength: float, direction: int, emotion: int) -> ComparisonPoint:
        """One strength of a named control."""
        changes, prompts = self.changes(strength, direction, emotion)
        return point(strength, changes, self.surprise[self.where(strength, direction)], prompts)

    def slope(self, strengths: Sequence[float], direction: int, column: int, prompts: npt.NDArray[np.int64]) -> float:
        """Slope of the line through 0 and the mean changes at some strengths; nan where one has no readable text."""
        total = 0.0
        for strength in strengths:
            changes, of = self.changes(strength, direction, column)
            changes = changes[np.isin(of, prompts)]
            total += strength * (float(changes.mean()) if len(changes) else float("nan"))
        return total / float(np.square(strengths).sum())


def _slope_test(table: _Table, roles: Sequence[Role], strengths: tuple[float, ...], sign: int) -> SlopeTest | None:
    """The test of a sweep; every direction is read along itself, at the same strengths and prompts."""
    directions = [d for d, role in enumerate(roles) if role.kind in KINDS]
    if not strengths or not directions:
        return None
    # A sweep that was stopped has the controls of its first prompts only: the emotion is judged on these too.
    everywhere = np.unique(table.prompts)
    controls = [d for d in directions if is_control(roles[d].name)] or directions
    common = [p for p in everywhere if all(_written(table, s, d, p) for d in controls for s in strengths)]
    prompts = np.array(common, dtype=np.int64)
    slope = sign * table.slope(strengths, 0, roles[0].column, prompts)
    if not len(prompts) or not np.isfinite(slope):
        return None
    null = [sign * table.slope(strengths, d, roles[d].column, prompts) for d in directions]
    tested = against_kinds(slope, null, [roles[d].kind for d in directions])
    if tested is None:
        return None

    def beside(kind: str) -> KindNull | None:
        places = [(d, role.column) for d, role in enumerate(roles) if role.kind == kind]
        slopes = [sign * table.slope(strengths, d, column, prompts) for d, column in places]
        found = against_kinds(slope, slopes, ["neutral"] * len(slopes))
        return None if found is None else replace(found.kinds[0], kind=kind)

    return SlopeTest(strengths, slope, len(prompts), tested, beside(FAR), beside(GATE), sign)


def _written(table: _Table, strength: float, direction: int, prompt: int) -> bool:
    return bool((table.prompts[table.where(strength, direction)] == prompt).any())


def _summary(
    table: _Table,
    strength: float,
    emotion: int,
    coherent: bool,
    window: tuple[float, float],
    test: SlopeTest | None,
) -> StrengthSummary:
    index = table.where(strength)
    effect, low, high, freedom = table.effect(strength, emotion)
    if strength == 0:  # the zero is exact
        low = high = None
    inside = window[0] <= strength <= window[1]
    ends: list[float | None] = [None, None]
    if test is not None and inside and strength != 0:
        ends = [*sorted(test.sign * strength * end for end in (test.controls.low, test.controls.high))]
    seen = table.surprise[index][np.isfinite(table.surprise[index])]
    return StrengthSummary(
        strength=strength,
        effect=finite(effect),
        effect_low=finite(low),
        effect_high=finite(high),
        null_low=ends[0],
        null_high=ends[1],
        coherent=coherent,
        evidence=bool(test and test.evidence and inside and effect is not None and effect * strength * test.sign > 0),
        surprise=float(seen.mean()) if len(seen) else None,
        repetition=float(table.repeated[index].mean()) if len(index) else None,
        broken=int(table.broken[index].sum()),
        n=len(index),
        freedom=freedom,
    )
