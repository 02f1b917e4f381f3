"""Is a reading more than what directions that mean nothing read on the same input?

Orders of turns or of numbers cannot be exchanged against each other: a text at 10, 20 and 50 is a smooth function of
its digits, so every direction that sees digits has an orderly trend, and a permutation of the numbers calls it
evidence. Directions can be exchanged. So the same figure is computed for control directions of several kinds (see
`evaluation.controls`) on the same tokens, standardised by the same neutral texts, and an effect counts where it
stands out from every kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import scipy

from emotion_core.evaluation.controls import KIND_WORDS, Kind, hardest, rank_p
from emotion_core.stats.intervals import adjusted
from emotion_core.vectors.estimate import IntArray

Array = npt.NDArray[np.float64]
Side = Literal["greater", "two-sided"]
# For each emotion the columns of its controls, by kind.
Columns = Sequence[Mapping[Kind, IntArray]]

LEVEL = 0.05
# Standard deviations of neutral text: what moves by less is not called evidence, however orderly it moves.
LEAST_RANGE = 0.2
# Steps (turns, attempts) below which a trend over time says nothing: with five, one odd step is the trend.
FEWEST_STEPS = 6
_SETS = 2000


@dataclass(frozen=True)
class Chance:
    """What chance says of effects.

    Attributes:
        p_value: float64 [emotions], (k + 1) / (n + 1) among the controls of the kind that it stands out least from.
        q_value: float64 [emotions], `p_value` corrected for the emotions of a family (Benjamini and Hochberg 1995).
        kinds: That kind for each emotion; empty where there is no control.
    """

    p_value: Array
    q_value: Array
    kinds: tuple[str, ...]

    def against(self, e: int) -> str:
        """In words: the controls that an emotion stands out least from."""
        return control_words(self.kinds[e])


@dataclass(frozen=True)
class Trend:
    """How readings go with a quantity.

    Attributes:
        spearman: float64 [emotions], rank correlation; nan where a reading does not vary. For the eye: with few values
            it is 1 for many directions, so nothing is judged by it.
        change: float64 [emotions], the statistic: least-squares change of the reading from the smallest value to the
            largest, over ranks of the values, in standard deviations of neutral text.
        ranges: float64 [emotions], largest minus smallest reading.
        chance: p and q of `change`. An emotion that is expected to go one way is tested that way, and corrected over
            the expected emotions; every other one both ways, corrected over all.
        evidence: For each emotion whether it goes with the quantity beyond chance (an expected one: as expected).
        opposite: For each emotion whether it is expected to go one way and goes the other beyond chance.
        met_by_chance: float64 [expected emotions + 1], share of sets of as many controls of which at least so many go
            as expected by the same rule, for the kind of control with the largest share; empty without expectations.
    """

    spearman: Array
    change: Array
    ranges: Array
    chance: Chance
    evidence: tuple[bool, ...]
    opposite: tuple[bool, ...]
    met_by_chance: Array


def control_words(kind: str) -> str:
    """A kind of control in words, as it is kept with a result."""
    return next((words for name, words in KIND_WORDS.items() if name == kind), "no controls")


def judge(effects: npt.ArrayLike, columns: Columns, side: Side = "two-sided", family: int | None = None) -> Chance:
    """Compares the effects of emotions with those of their controls.

    Args:
        effects: float [directions], the emotions first.
        columns: For each emotion the places of its controls in `effects`.
        side: `two-sided` compares sizes.
        family: Number of emotions to correct for where it is larger than that of `columns`.
    """
    values = np.asarray(effects, np.float64)
    p_value, kinds = np.full(len(columns), np.nan), [""] * len(columns)
    for e, places in enumerate(columns):
        kinds[e], p_value[e] = _compared(values[e], values, places, side)
    return Chance(p_value, adjusted(p_value, family), tuple(kinds))


def trend(
    x: npt.ArrayLike, readings: npt.ArrayLike, columns: Columns, ways: Mapping[int, int] | None = None, seed: int = 0
) -> Trend:
    """Compares the trends of emotions with those of their controls.

    Args:
        x: float [values], the quantity.
        readings: float [values, directions], the emotions first.
        columns: For each emotion the columns of its controls.
        ways: For places of emotions 1 where it is expected to rise with the quantity, -1 to fall.
        seed: Draws the sets of `met_by_chance`.
    """
    ways = ways or {}
    values = np.asarray(readings, np.float64)
    known = len(columns)
    ranks = scipy.stats.rankdata(np.asarray(x, np.float64))
    centred = ranks - ranks.mean()
    change = centred @ values * np.ptp(ranks) / max(float(centred @ centred), 1e-30)  # (directions,)
    ranges = np.ptp(values, axis=0)
    both = judge(change, columns)
    p_value, q_value, kinds = both.p_value.copy(), both.q_value.copy(), list(both.kinds)
    chosen = list(ways)
    signs = np.array([ways[e] for e in chosen], np.float64)
    opposite = np.full(known, np.nan)
    if chosen:
        as_expected, other_way = (_one_sided(change, columns, chosen, s) for s in (signs, -signs))
        p_value[chosen], q_value[chosen] = as_expected.p_value, as_expected.q_value
        opposite[chosen] = other_way.q_value
        for e, kind in zip(chosen, as_expected.kinds, strict=True):
            kinds[e] = kind
    wide = ranges[:known] >= LEAST_RANGE
    with np.errstate(invalid="ignore"):
        evidence, against = (q_value <= LEVEL) & wide, (opposite <= LEVEL) & wide
    met = _met_by_chance(change, ranges, columns, chosen, signs, seed) if chosen else np.zeros(0)
    return Trend(
        _spearman(centred, values[:, :known]),
        change[:known],
        ranges[:known],
        Chance(p_value, q_value, tuple(kinds)),
        tuple(bool(e) for e in evidence),
        tuple(bool(e) for e in against),
        met,
    )


def _one_sided(change: Array, columns: Columns, chosen: Sequence[int], signs: Array) -> Chance:
    """The chosen emotions, each tested the way of its sign against controls turned the same way."""
    p_value, kinds = np.full(len(chosen), np.nan), []
    for i, e in enumerate(chosen):
        kind, p_value[i] = _compared(change[e] * signs[i], change * signs[i], columns[e], "greater")
        kinds.append(kind)
    return Chance(p_value, adjusted(p_value), tuple(kinds))


def _compared(effect: float, effects: Array, places: Mapping[Kind, IntArray], side: Side) -> tuple[str, float]:
    """The hardest kind of control and p against it; nan where the effect is no number or there is no control."""
    if not places or not np.isfinite(effect):
        return "", np.nan
    return hardest({kind: float(rank_p(effect, effects[columns], side)) for kind, columns in places.items()})


def _met_by_chance(
    change: Array, ranges: Array, columns: Columns, chosen: Sequence[int], signs: Array, seed: int
) -> Array:
    """Controls in the place of the emotions, under the same rule: float64 [expected emotions + 1]."""
    rng = np.random.default_rng(seed)
    found = np.zeros(len(chosen) + 1)
    for kind in columns[chosen[0]]:
        met_p = np.ones((_SETS, len(chosen)))
        wide = np.zeros((_SETS, len(chosen)), dtype=bool)
        for i, e in enumerate(chosen):
            places = columns[e]
            if kind not in places:
                continue
            own = change[places[kind]] * signs[i]  # (controls,)
            # A control counts among its own kind itself, as an emotion does.
            p = np.max(
                [
                    (_reached(own, change[other] * signs[i]) + (k != kind)) / (len(other) + (k != kind))
                    for k, other in places.items()
                ],
                axis=0,
            )
            drawn = rng.integers(0, len(own), _SETS)
            met_p[:, i], wide[:, i] = p[drawn], ranges[places[kind]][drawn] >= LEAST_RANGE
        q = scipy.stats.false_discovery_control(np.nan_to_num(met_p, nan=1.0), axis=1)
        met = ((q <= LEVEL) & wide).sum(axis=1)
        found = np.maximum(found, (met[:, None] >= np.arange(len(found))).mean(axis=0))
    return found


def _reached(effects: Array, null: Array) -> Array:
    """For each effect how many of `null` are at least as large."""
    order = np.sort(null)
    return (len(order) - np.searchsorted(order, effects - 1e-9 * np.maximum(1, np.abs(effects)))).astype(np.float64)


def _spearman(centred: Array, readings: Array) -> Array:
    """Rank correlations of columns with ranks that are centred already; nan where a column does not vary."""
    ranks = scipy.stats.rankdata(readings, axis=0)
    ranks = ranks - ranks.mean(axis=0)
    lengths = np.linalg.norm(ranks, axis=0) * np.linalg.norm(centred)
    with np.errstate(invalid="ignore", divide="ignore"):
        result: Array = np.where(lengths > 0, (centred @ ranks) / lengths, np.nan)
    return result
