"""How unusual an effect is among the effects of directions that mean nothing, kind by kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy

from emotion_core.base.activations import ActivationCache
from emotion_core.base.errors import ModelError
from emotion_core.base.jobs import Job
from emotion_core.base.numbers import finite
from emotion_core.evaluation.controls import KIND_WORDS, KINDS, Controls, Kind, draw_controls, hardest, rank_p
from emotion_core.models.loaded import LoadedModel
from emotion_core.stats.intervals import adjusted
from emotion_core.vectors.build import neutral_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors

Array = npt.NDArray[np.float64]
FEWEST = 3
LEVEL = 0.05


@dataclass(frozen=True)
class AgainstControls:
    """Effects of emotions beside those of every kind of control directions that applies.

    Attributes:
        kinds: The kinds, in a fixed order.
        p_by_kind: float64 [kinds, emotions], two-sided, (k + 1) / (n + 1); nan where a kind does not apply to an
            emotion.
        low: float64 [kinds, emotions], where 95 % of the controls of a kind fall.
        high: float64 [kinds, emotions].
    """

    kinds: tuple[Kind, ...]
    p_by_kind: Array
    low: Array
    high: Array

    @property
    def p_value(self) -> Array:
        """float64 [emotions], against the kind that each emotion stands out least from; nan without controls."""
        known = np.isfinite(self.p_by_kind)
        return np.where(known.any(axis=0), np.where(known, self.p_by_kind, -1.0).max(axis=0, initial=-1.0), np.nan)

    @property
    def q_value(self) -> Array:
        """float64 [emotions], `p_value` corrected for the number of emotions (Benjamini and Hochberg 1995)."""
        return adjusted(self.p_value)

    def hardest(self, e: int) -> Kind | None:
        """The kind that emotion `e` stands out least from; None without controls."""
        p_values = {kind: float(p) for kind, p in zip(self.kinds, self.p_by_kind[:, e], strict=True) if np.isfinite(p)}
        return hardest(p_values)[0] if p_values else None

    def range_words(self, e: int) -> str:
        """Where 95 % of the controls that the emotion stands out least from fall, with their kind; may be empty."""
        kind = self.hardest(e)
        if kind is None:
            return ""
        k = self.kinds.index(kind)
        return f"95 % of {KIND_WORDS[kind]} lie between {self.low[k, e]:.2f} and {self.high[k, e]:.2f}"

    def to_json(self, e: int) -> dict[str, Any]:
        """Plain values of one emotion, by kind."""
        return {
            kind: {
                "p_value": finite(self.p_by_kind[k, e]),
                "low": finite(self.low[k, e]),
                "high": finite(self.high[k, e]),
            }
            for k, kind in enumerate(self.kinds)
            if np.isfinite(self.p_by_kind[k, e])
        }


def by_rank(
    emotions: Sequence[str], effects: Array, controls: Controls, null: Array, middle: float = 0
) -> AgainstControls:
    """Compares effects with those of controls by their rank.

    Args:
        emotions: Their names.
        effects: float64 [emotions].
        controls: The controls.
        null: float64 [controls], the same effect of each; one that is not a number (a control without length) is left
            out.
        middle: The effect that is none, from which both ways count.
    """
    kinds = tuple(kind for kind in KINDS if kind in controls.kinds)
    p_by_kind, low, high = (np.full((len(kinds), len(emotions)), np.nan) for _ in range(3))
    for e, emotion in enumerate(emotions):
        for kind, places in controls.places(emotion).items():
            usable = null[places][np.isfinite(null[places])]
            if len(usable):
                k = kinds.index(kind)
                p_by_kind[k, e] = rank_p(effects[e] - middle, usable - middle, "two-sided")
                low[k, e], high[k, e] = np.quantile(usable, (0.025, 0.975))
    return AgainstControls(kinds, p_by_kind, low, high)


class Beside(NamedTuple):
    """Effects beside a few controls of one kind."""

    p_value: Array  # two-sided
    low: Array  # where 95 % of directions of this kind fall
    high: Array


def beside_controls(effects: Array, controls: Array) -> Beside:
    """Could effects be those of one more direction of this kind?

    A Student prediction interval, for controls that are too expensive to have hundreds of, such as steered ones. p is
    below .05 exactly where an effect leaves the interval. Directions of one norm are compared, so a harm that any push
    does is part of what control directions do.

    Args:
        effects: float64 [...].
        controls: float64 [..., controls], effect of each control; nan where fewer than 3 are finite, and p
            also where all are equal.
    """
    known = np.isfinite(controls)
    n = known.sum(axis=-1)
    mean = np.where(known, controls, 0.0).sum(axis=-1) / np.maximum(1, n)
    squares = np.where(known, controls - mean[..., None], 0.0) ** 2
    spread = np.sqrt(squares.sum(axis=-1) / np.maximum(1, n - 1) * (1 + 1 / np.maximum(1, n)))
    varies = spread > 1e-12 * (1 + np.abs(mean))
    spread, freedom = np.where(n >= FEWEST, spread, np.nan), np.maximum(1, n - 1)
    with np.errstate(invalid="ignore"):
        p_value: Array = 2 * scipy.stats.t.sf(np.abs(effects - mean) / np.where(varies, spread, np.nan), freedom)
    half = scipy.stats.t.ppf(0.975, freedom) * spread
    return Beside(p_value, mean - half, mean + half)


def hardest_beside(effects: Array, by_kind: Sequence[Array]) -> Beside:
    """The largest p-value of all kinds, and the range of the kind that reaches furthest; nan without controls.

    Args:
        effects: float64 [...].
        by_kind: For each kind float64 [..., controls].
    """
    if not by_kind:
        nothing = np.full(np.shape(effects), np.nan)
        return Beside(nothing, nothing, nothing)
    p_value, low, high = (np.stack(part) for part in zip(*(beside_controls(effects, k) for k in by_kind), strict=True))
    return Beside(p_value.max(axis=0), low.min(axis=0), high.max(axis=0))  # nan of one kind is nan


def over_cells(effects: Array, controls: Array) -> Array:
    """p-values of the effects of one direction, corrected for all of its cells, float64 [cells].

    What is compared is the largest effect of a whole direction over all cells (Westfall and Young 1993), in standard
    deviations of the controls, and of each control in those of the others. So a few directions of a kind that push far
    in many cells, as mixes of neutral texts do, are part of what is expected, and cells that move together cost little.
    With few controls the rank of that maximum could never be small, so log(1 + maximum), which is nearly normal also
    where some controls push much further than others, is compared with a Student prediction interval. An effect that
    some control reaches is never taken for rarer than its rank says, so that one direction among exchangeable ones
    passes at most once in n + 1 times, whatever their distribution.

    Args:
        effects: float64 [cells].
        controls: float64 [controls, cells]; a control that is not finite somewhere is left out.

    Returns:
        nan where an effect is not finite, in cells in which the controls do not vary, and below 4 controls.
    """
    p_value = np.full(effects.shape, np.nan)
    controls = controls[np.isfinite(controls).all(axis=1)]
    n = len(controls)
    if n < FEWEST + 1:
        return p_value
    varies = controls.std(axis=0) > 1e-12 * (1 + np.abs(controls).max(axis=0))
    effects, controls = effects[varies], controls[:, varies]
    if not effects.size:
        return p_value
    own = np.abs(effects - controls.mean(axis=0)) / (controls.std(axis=0, ddof=1) * np.sqrt(1 + 1 / n))
    total, squares = controls.sum(axis=0), (controls**2).sum(axis=0)
    mean = (total - controls) / (n - 1)  # of the others, (controls, cells)
    variance = np.maximum(0.0, squares - controls**2 - (n - 1) * mean**2) / (n - 2)
    spread = np.sqrt(np.maximum(variance, 1e-300) * (1 + 1 / (n - 1)))
    largest = np.log1p((np.abs(controls - mean) / spread).max(axis=1))  # (controls,)
    spread_of_largest = max(float(largest.std(ddof=1)), 1e-12) * np.sqrt(1 + 1 / n)
    reached = (largest[:, None] >= np.log1p(own)).sum(axis=0)
    with np.errstate(invalid="ignore"):
        student = scipy.stats.t.sf((np.log1p(own) - largest.mean()) / spread_of_largest, n - 1)
    p_value[varies] = np.where(reached, np.maximum(student, (reached + 1) / (n + 1)), student)
    return p_value


def hardest_over_cells(effects: Array, by_kind: Sequence[Array]) -> Array:
    """`over_cells` for the kind that each effect stands out least from, float64 [cells]; nan without controls."""
    if not by_kind:
        return np.full(effects.shape, np.nan)
    p_value: Array = np.max(np.stack([over_cells(effects, controls) for controls in by_kind]), axis=0)
    return p_value


def control_words(kinds: Sequence[Kind]) -> str:
    """The kinds of controls in words, beginning with a capital, such as for a caption."""
    words = ", ".join(KIND_WORDS[kind] for kind in dict.fromkeys(kinds))
    return words[:1].upper() + words[1:] if words else "No control directions"


def draw(
    model: LoadedModel,
    vectors: EmotionVectors,
    layers: Sequence[int],
    *,
    emotions: Sequence[str] | None = None,
    kinds: Sequence[Kind] = KINDS,
    count: int | None = None,
    seed: int = 0,
    cache: ActivationCache | None = None,
) -> Job[Controls]:
    """Controls of all kinds that apply, as a job.

    Neutral ones do not where the model's context is too short for neutral texts; a result names the kinds it used.

    Args:
        model: The model of the vectors.
        vectors: The vectors.
        layers: Layers.
        emotions: Without controls that are for other emotions only; by default for all.
        kinds: Kinds that are wanted.
        count: Controls of each kind; by default what the number of emotions needs.
        seed: Draws them.
        cache: Activations read before.
    """
    if count == 0:
        return Controls(tuple(layers), (), (), vectors.units[:0, list(layers)])
    wanted = list(kinds)
    if "neutral" in wanted and not vectors.neutral_projection:
        try:
            neutral_texts(model, vectors.reading)
        except ModelError:
            wanted.remove("neutral")
    controls = yield from draw_controls(model, vectors, layers, count=count, seed=seed, cache=cache, kinds=wanted)
    if emotions is None:
        return controls
    kept = [i for i, of in enumerate(controls.of) if not of or set(of) & set(emotions)]
    return Controls(
        controls.layers,
        tuple(controls.kinds[i] for i in kept),
        tuple(controls.of[i] for i in kept),
        controls.units[kept],
    )
