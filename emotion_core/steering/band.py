"""The null: where the effect of one more direction that means nothing would fall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from emotion_core.evaluation.controls import KIND_WORDS, KINDS, Kind

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
    quantile = stats.t.ppf(1 - 0.025 / comparisons, freedom - 1)
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
        None with too few controls, or with controls that all do the same.
    """
    values, own = np.asarray(controls, np.float64), np.array(kinds, dtype=object)
    values, own = values[np.isfinite(values)], own[np.isfinite(values)]
    present: list[Kind] = [kind for kind in KINDS if (own == kind).any()]
    groups = {kind: values[own == kind] for kind in present}
    freedom = len(values) - len(groups)
    if freedom < LEAST_FREEDOM:
        return None
    pooled = float(np.sqrt(sum(((group - group.mean()) ** 2).sum() for group in groups.values()) / freedom))
    if pooled <= 0:
        return None
    quantile = float(stats.t.ppf(1 - tail, freedom))
    nulls, lows = [], []
    for kind, group in groups.items():
        spread = float(group.std(ddof=1)) if len(group) > 1 else None
        reach = max(pooled, spread or 0.0) * float(np.sqrt(1 + 1 / len(group)))
        mean = float(group.mean())
        p = max(_SMALLEST_P, float(stats.t.sf((effect - mean) / reach, freedom))) if np.isfinite(effect) else 1.0
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
