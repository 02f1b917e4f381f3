"""From single texts to a dose-response curve: effects, one test against controls, coherence and the usable window.

The verdict is one test. The emotion's reading is fitted with a line through 0 at the two ends of its usable window, and
so is the reading of every control along *itself*: text that was steered along any direction reads a little higher along
it, whatever the direction means. The emotion counts where its line is steeper than those of every kind of control.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy

from emotion_core.base.activations import FloatArray
from emotion_core.base.numbers import finite
from emotion_core.evaluation.controls import KIND_WORDS, KINDS, Kind
from emotion_core.steering.directions import FAR, GATE
from emotion_core.steering.settings import PlannedRow, is_control

# Measures of a generated text that need no judge: repetition of its tokens.

GRAM = 4


def repetition(ids: Sequence[int]) -> float:
    """Share of 4-grams that stood in the text before, 0 to 1; 0 for a text shorter than two 4-grams."""
    grams = [tuple(ids[i : i + GRAM]) for i in range(len(ids) - GRAM + 1)]
    if len(grams) < 2:
        return 0.0
    return 1.0 - len(set(grams)) / len(grams)


def longest_loop(ids: Sequence[int], longest_period: int = 12) -> int:
    """Tokens in the longest stretch that repeats itself with one period: 6 for `a b c a b c a b c`, else 0."""
    longest = 0
    for period in range(1, min(longest_period, len(ids) - 1) + 1):
        run = 0
        for i in range(period, len(ids)):
            run = run + 1 if ids[i] == ids[i - period] else 0
            if run >= max(period, GRAM):
                longest = max(longest, run)
    return longest


def first_difference(ids: Sequence[int], other: Sequence[int]) -> int | None:
    """Index of the first token that differs, None where the texts are the same."""
    for i, (a, b) in enumerate(zip(ids, other, strict=False)):
        if a != b:
            return i
    return None if len(ids) == len(other) else min(len(ids), len(other))


# The null: where the effect of one more direction that means nothing would fall.

# Degrees of freedom below which no test is made.
LEAST_FREEDOM = 3
# A Student tail says nothing about chances this small.
_SMALLEST_P = 1e-6


def null_band(controls: Sequence[float], freedom: int, comparisons: int = 1) -> tuple[float, float] | None:
    """Where the effect of one more random direction falls with 95 % probability.

    A Student prediction interval: percentiles of eight controls would be their extremes, which a ninth random
    direction leaves twice in nine times.

    Args:
        controls: Mean effect of each control; those at the opposite strength may stand with them, because the
            opposite of a random direction is as random.
        freedom: Number of different control directions.
        comparisons: Strengths that are looked at together (Bonferroni).
    """
    if freedom < 3 or len(controls) < 3:
        return None
    values = np.asarray(controls)
    quantile = scipy.stats.t.ppf(1 - 0.025 / comparisons, freedom - 1)
    half = float(quantile * values.std(ddof=1) * np.sqrt(1 + 1 / freedom))
    return float(values.mean()) - half, float(values.mean()) + half


def kind_words(kind: str) -> str:
    """A kind of control as a person reads it."""
    words = {str(name): text for name, text in KIND_WORDS.items()}
    return (words | {"far": "mixes of neutral texts as far off the data", "gate": "the same behind other gates"}).get(
        kind, kind
    )


@dataclass(frozen=True)
class KindNull:
    """What the controls of one kind do.

    Attributes:
        kind: Of the controls.
        n: How many could be read.
        mean: Of their effects.
        sd: Standard deviation of their effects, None for a single one.
        high: What one more control of this kind passes with 5 % probability.
        p_value: Chance of one more control of this kind to do as much as the emotion.
    """

    kind: str
    n: int
    mean: float
    sd: float | None
    high: float
    p_value: float


@dataclass(frozen=True)
class KindTest:
    """An effect against all kinds of controls.

    Attributes:
        low: Below it one more control of the lowest kind falls with 5 % probability.
        high: Above it one more control of the highest kind falls with 5 % probability. The effect lies above exactly
            where `p_value` is below .05.
        p_value: Against the kind that the effect stands out least from.
        hardest: That kind.
        widest: The kind whose effects vary most.
        kinds: Every kind by itself.
    """

    low: float
    high: float
    p_value: float
    hardest: str
    widest: str
    kinds: tuple[KindNull, ...]

    @property
    def evidence(self) -> bool:
        """Whether the effect lies beyond every kind of control."""
        return self.p_value <= 0.05


def mostly_alike(values: npt.NDArray[np.floating[Any]]) -> bool:
    """Whether more than half of the controls did exactly the same, as those do that changed nothing."""
    return bool(np.median(np.abs(values - np.median(values))) == 0)


def against_kinds(effect: float, controls: npt.ArrayLike, kinds: Sequence[str], tail: float = 0.05) -> KindTest | None:
    """Tests an effect, one-sided, against controls of several kinds.

    A Student prediction interval: eight controls of a kind are too few to count ranks. Every kind has its own mean. The
    standard deviation is pooled within kinds, but never smaller than the kind's own, so that a wide kind is not
    judged by the narrow ones.

    Args:
        effect: Of the emotion; where it is not a number, the ends are still given and p is 1.
        controls: float [controls], the same of each control; those that are not numbers do not count.
        kinds: Of the controls.
        tail: Probability beyond each end.

    Returns:
        None with too few controls, or where more than half of them do exactly the same, as those do that changed no
        token: a few others then say nothing about how far one more would lie.
    """
    values, own = np.asarray(controls, np.float64), np.array(kinds, dtype=object)
    values, own = values[np.isfinite(values)], own[np.isfinite(values)]
    present: list[Kind] = [kind for kind in KINDS if (own == kind).any()]
    groups = {kind: values[own == kind] for kind in present}
    freedom = len(values) - len(groups)
    if freedom < LEAST_FREEDOM:
        return None
    if mostly_alike(values):
        return None
    pooled = float(np.sqrt(sum(((group - group.mean()) ** 2).sum() for group in groups.values()) / freedom))
    quantile = float(scipy.stats.t.ppf(1 - tail, freedom))
    nulls, lows = [], []
    for kind, group in groups.items():
        spread = float(group.std(ddof=1)) if len(group) > 1 else None
        reach = max(pooled, spread or 0.0) * float(np.sqrt(1 + 1 / len(group)))
        mean = float(group.mean())
        p = max(_SMALLEST_P, float(scipy.stats.t.sf((effect - mean) / reach, freedom))) if np.isfinite(effect) else 1.0
        nulls.append(KindNull(kind, len(group), mean, spread, mean + quantile * reach, p))
        lows.append(mean - quantile * reach)
    hardest = max(nulls, key=lambda null: null.high)
    return KindTest(
        low=min(lows),
        high=hardest.high,
        p_value=max(null.p_value for null in nulls),
        hardest=max(nulls, key=lambda null: null.p_value).kind,
        widest=max(nulls, key=lambda null: null.sd or 0.0).kind,
        kinds=tuple(nulls),
    )


# Readings of generated texts in standard deviations of the unsteered ones.


def standardise(rows: Sequence[PlannedRow], readings: FloatArray) -> FloatArray:
    """Readings in standard deviations of the unsteered texts, centred prompt by prompt.

    The mean is each prompt's own; the standard deviation is pooled over prompts, within prompts.
    """
    prompts = np.array([row.prompt for row in rows])
    baseline = np.array([row.unsteered and not row.greedy for row in rows])
    if not baseline.any():
        baseline = np.array([row.unsteered for row in rows])
    baseline &= np.isfinite(readings).all(1)
    centred = np.full(readings.shape, np.nan, dtype=np.float64)
    squares, freedom = np.zeros(readings.shape[1]), 0
    for prompt in np.unique(prompts):
        own = readings[baseline & (prompts == prompt)].astype(np.float64)
        if not len(own):
            continue
        mine = prompts == prompt
        centred[mine] = readings[mine] - own.mean(0)
        squares += ((own - own.mean(0)) ** 2).sum(0)
        freedom += len(own) - 1
    spread = np.sqrt(squares / freedom) if freedom > 0 else np.zeros_like(squares)
    scaled = np.divide(centred, spread, out=np.full_like(centred, np.nan), where=spread > 0)
    return scaled.astype(np.float32)


# Controls with a name: what label-shuffled vectors, another emotion or plain words do to the same reading.

ControlKind = Literal["shuffled", "emotion", "words"]


@dataclass(frozen=True)
class ComparisonPoint:
    """One strength of a named control.

    Attributes:
        strength: In the units of the settings; 0 for the prompt-only rival, which steers nothing.
        effect: Mean change of the emotion score against the unsteered text of the same noise.
        effect_low: Lower end of its 95 % interval (see `interval`), None below 3 texts.
        effect_high: Upper end.
        surprise: Mean surprise, nats a token.
        n: Texts that could be read.
    """

    strength: float
    effect: float | None
    effect_low: float | None
    effect_high: float | None
    surprise: float | None
    n: int


@dataclass(frozen=True)
class Comparison:
    """A named control over the strengths of a sweep.

    Attributes:
        name: `shuffled-K`, an emotion, or `in words`.
        kind: What it is.
        points: Ascending strengths without 0; a single point for the words.
    """

    name: str
    kind: ControlKind
    points: tuple[ComparisonPoint, ...]

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {"name": self.name, "kind": self.kind, "points": [dict(vars(point)) for point in self.points]}


class Interval(NamedTuple):
    """A mean with its 95 % interval, None where there is none, and the degrees of freedom of its width."""

    mean: float | None
    low: float | None
    high: float | None
    freedom: int


def interval(changes: npt.NDArray[np.float64], prompts: npt.ArrayLike | None = None) -> Interval:
    """Mean with its 95 % interval (Student's t).

    With three prompts or more the prompt is the unit: texts of one prompt are alike, and what a reader wants to know is
    how other prompts would do. With fewer the interval is for these prompts alone, over the texts around their means.

    Args:
        changes: float64 [texts].
        prompts: int [texts], prompt of each; by default all of one.
    """
    if not len(changes):
        return Interval(None, None, None, 0)
    groups = np.zeros(len(changes), dtype=int) if prompts is None else np.asarray(prompts)
    own = [changes[groups == prompt] for prompt in np.unique(groups)]
    means = np.array([group.mean() for group in own])
    mean = float(means.mean()) if len(own) > 2 else float(changes.mean())
    if len(own) > 2:
        freedom, error = len(own) - 1, float(means.std(ddof=1) / np.sqrt(len(own)))
    else:
        freedom = len(changes) - len(own)
        squares = sum(float(((group - group.mean()) ** 2).sum()) for group in own)
        error = float(np.sqrt(squares / max(freedom, 1) / len(changes)))
    if len(changes) < 3 or freedom < 1:
        return Interval(finite(mean), None, None, 0)
    half = float(scipy.stats.t.ppf(0.975, freedom)) * error
    return Interval(finite(mean), finite(mean - half), finite(mean + half), freedom)


def interval_words(prompts: int) -> str:
    """What the intervals of so many prompts stand for."""
    if prompts > 2:
        return f"95 % intervals over {prompts} prompts"
    return "95 % intervals for this prompt alone" if prompts == 1 else "95 % intervals for these two prompts alone"


def point(
    strength: float,
    changes: npt.NDArray[np.float64],
    surprise: npt.NDArray[np.float64],
    prompts: npt.ArrayLike | None = None,
) -> ComparisonPoint:
    """A point from the changes, the surprise and the prompts of its texts."""
    seen = surprise[np.isfinite(surprise)]
    nats = float(seen.mean()) if len(seen) else None
    return ComparisonPoint(strength, *interval(changes, prompts)[:3], nats, len(changes))


def kind_of(name: str) -> ControlKind:
    """What a direction beyond the random controls is."""
    return "shuffled" if name.startswith("shuffled-") else "emotion"


# Where the model still makes sense: limits from the unsteered texts, and the stretch of strengths that keeps them.

Numbers = npt.NDArray[np.float64]

# A strength is coherent while the mean of its texts lies within this many standard deviations (of single unsteered
# texts) of the unsteered mean, on either side: texts as predictable as a loop have left it as those that fall apart.
COHERENCE_SDS = 1.0
# Room for repetition beyond the same limit: its standard deviation is often 0 in short unsteered texts.
REPETITION_ROOM = 0.05


class Limits(NamedTuple):
    """What counts as coherent, for the mean of the texts of a strength.

    Attributes:
        surprise: Highest surprise, nats a token.
        repetition: Highest repetition, a share.
        least_surprise: Lowest surprise.
    """

    surprise: float
    repetition: float
    least_surprise: float

    def keeps(self, surprise: Numbers, repeated: Numbers, broken: npt.NDArray[np.bool_]) -> bool:
        """Whether texts keep the limits on average and none broke; their surprise is nan where they are empty."""
        seen = surprise[np.isfinite(surprise)]
        if not len(seen) or broken.any():
            return False
        return bool(self.least_surprise <= seen.mean() <= self.surprise and repeated.mean() <= self.repetition)


def coherence_limits(rows: Sequence[PlannedRow], surprise: Numbers, repeated: Numbers) -> Limits:
    """Surprise (nats a token) and repetition (share) that count as coherent, from the unsteered texts.

    How far texts may lie apart is seen on the sampled ones. Greedy texts surprise their model far less and repeat
    themselves more than sampled ones, so theirs are held against the greedy unsteered texts.
    """
    unsteered, greedy = np.array([row.unsteered for row in rows]), np.array([row.greedy for row in rows])
    sampled = unsteered & ~greedy
    centre = unsteered & greedy if (unsteered & greedy).any() else sampled
    nats, usual = surprise[sampled & np.isfinite(surprise)], surprise[centre & np.isfinite(surprise)]
    if len(nats) < 2 or not len(usual):
        return Limits(float("inf"), float("inf"), float("-inf"))
    room, middle = COHERENCE_SDS * float(nats.std(ddof=1)), float(usual.mean())
    most = float(repeated[centre].mean() + COHERENCE_SDS * repeated[sampled].std(ddof=1) + REPETITION_ROOM)
    return Limits(middle + room, most, middle - room)


def usable_window(strengths: Sequence[float], coherent: dict[float, bool]) -> tuple[float, float]:
    """The largest stretch of neighbouring coherent strengths that holds 0."""
    ordered = sorted(strengths)
    low = high = ordered.index(0.0)
    while low > 0 and coherent[ordered[low - 1]]:
        low -= 1
    while high < len(ordered) - 1 and coherent[ordered[high + 1]]:
        high += 1
    return ordered[low], ordered[high]


def outer_strengths(window: tuple[float, float]) -> tuple[float, ...]:
    """The ends of a window that steer: what controls are written at."""
    return tuple(s for s in window if s != 0)


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
