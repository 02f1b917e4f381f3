"""From single texts to a dose-response curve: effects, the controls' null band, coherence and the usable window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import stats

from emotion_core.numbers import finite
from emotion_core.steering.plan import PlannedRow
from emotion_core.tracing.activations import FloatArray

Numbers = npt.NDArray[np.float64]

# A strength is coherent while its mean surprise and repetition stay within this many standard deviations of the
# unsteered texts' mean ...
COHERENCE_SDS = 2.0
# ... with this much room for repetition, whose standard deviation is often 0 in short unsteered texts.
REPETITION_ROOM = 0.05


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
    """

    readings: FloatArray
    strengths: tuple[StrengthSummary, ...]
    usable_window: tuple[float, float]
    limits: tuple[float, float]


def summarise(
    rows: Sequence[PlannedRow],
    readings: FloatArray,
    surprise: Numbers,
    repeated: Numbers,
    broken: Sequence[bool],
    emotion: int,
) -> SweepSummary:
    """Summarises the texts of a sweep.

    Args:
        rows: What each text was asked for, baseline texts included.
        readings: float32 [texts, emotions], raw projections.
        surprise: [texts], nats a token, nan for empty texts.
        repeated: [texts], share of repeated 4-grams.
        broken: [texts].
        emotion: Index of the steered emotion.
    """
    table = _Table(rows, standardise(rows, readings), surprise, repeated, np.asarray(broken))
    limits = coherence_limits(rows, surprise, repeated)
    strengths = sorted({row.strength for row in rows})
    coherent = {s: s == 0 or table.coherent(s, limits) for s in strengths}
    window = usable_window(strengths, coherent)
    inside = [s for s in strengths if s != 0 and window[0] <= s <= window[1]]
    effects = {s: table.effects(s, emotion) for s in strengths}
    summaries = []
    for s in strengths:
        own, controls = effects[s]
        pool = controls + (effects[-s][1] if s and -s in effects else [])
        summaries.append(_summary(table, s, own, pool, len(controls), coherent[s], inside))
    return SweepSummary(table.readings, tuple(summaries), window, limits)


@dataclass(frozen=True)
class _Table:
    rows: Sequence[PlannedRow]
    readings: FloatArray
    surprise: Numbers
    repeated: Numbers
    broken: npt.NDArray[np.bool_]

    def where(self, strength: float, direction: int = 0) -> npt.NDArray[np.int64]:
        """Reported texts of one strength and direction."""
        hits = [r.reported and r.strength == strength and r.direction == direction for r in self.rows]
        return np.flatnonzero(hits)

    def effects(self, strength: float, emotion: int) -> tuple[Numbers, list[float]]:
        """Changes of the emotion's texts, and the mean change of every control."""
        zero = {(self.rows[i].prompt, self.rows[i].sample): self.readings[i, emotion] for i in self.where(0.0)}

        def changes(direction: int) -> Numbers:
            index = self.where(strength, direction)
            raw = [self.readings[i, emotion] - zero[self.rows[i].prompt, self.rows[i].sample] for i in index]
            kept = np.array([r for r, i in zip(raw, index, strict=True) if np.isfinite(r) and not self.broken[i]])
            return kept.astype(np.float64)

        directions = sorted({r.direction for r in self.rows if r.strength == strength} - {0})
        controls = [float(c.mean()) for d in directions if len(c := changes(d))]
        return changes(0), controls

    def coherent(self, strength: float, limits: tuple[float, float]) -> bool:
        """Whether the emotion's texts at a strength stay inside the limits on average."""
        index = self.where(strength)
        if self.broken[index].any():
            return False
        seen = self.surprise[index][np.isfinite(self.surprise[index])]
        return bool(len(seen) and seen.mean() <= limits[0] and self.repeated[index].mean() <= limits[1])


def standardise(rows: Sequence[PlannedRow], readings: FloatArray) -> FloatArray:
    """Readings in standard deviations of the unsteered texts, centred prompt by prompt.

    The mean is each prompt's own; the standard deviation is pooled over prompts, within prompts.
    """
    prompts = np.array([row.prompt for row in rows])
    baseline = np.array([row.strength == 0 and not row.greedy for row in rows])
    if not baseline.any():
        baseline = np.array([row.strength == 0 for row in rows])
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


def coherence_limits(rows: Sequence[PlannedRow], surprise: Numbers, repeated: Numbers) -> tuple[float, float]:
    """Highest surprise (nats a token) and repetition (share) that count as coherent, from the unsteered texts."""
    baseline = np.array([row.strength == 0 and not row.greedy for row in rows])
    nats = surprise[baseline & np.isfinite(surprise)]
    loops = repeated[baseline]
    if len(nats) < 2:
        return (float("inf"), float("inf"))
    limit = float(nats.mean() + COHERENCE_SDS * nats.std(ddof=1))
    return limit, float(loops.mean() + COHERENCE_SDS * loops.std(ddof=1) + REPETITION_ROOM)


def usable_window(strengths: Sequence[float], coherent: dict[float, bool]) -> tuple[float, float]:
    """The largest stretch of neighbouring coherent strengths that holds 0."""
    ordered = sorted(strengths)
    low = high = ordered.index(0.0)
    while low > 0 and coherent[ordered[low - 1]]:
        low -= 1
    while high < len(ordered) - 1 and coherent[ordered[high + 1]]:
        high += 1
    return ordered[low], ordered[high]


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
    quantile = stats.t.ppf(1 - 0.025 / comparisons, freedom - 1)
    half = float(quantile * values.std(ddof=1) * np.sqrt(1 + 1 / freedom))
    return float(values.mean()) - half, float(values.mean()) + half


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
    effect = float(own.mean()) if len(own) else None
    low = high = None
    if len(own) >= 3 and strength != 0:
        half = float(stats.t.ppf(0.975, len(own) - 1) * own.std(ddof=1) / np.sqrt(len(own)))
        low, high = float(own.mean()) - half, float(own.mean()) + half
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
