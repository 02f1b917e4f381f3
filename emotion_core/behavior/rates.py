"""Rates with intervals, log-odds that stay finite, and agreement between two judges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_core.stats.intervals import wilson

Array = npt.NDArray[np.float64]
# An unsteered rate outside of these leaves no room to move in one direction.
ROOM = (0.1, 0.9)


def log_odds(rate: npt.ArrayLike) -> Array:
    """Of rates between 0 and 1, ends kept finite at 1e-9."""
    clipped = np.clip(np.asarray(rate, np.float64), 1e-9, 1 - 1e-9)
    result: Array = np.log(clipped / (1 - clipped))
    return result


def as_rate(nats: npt.ArrayLike) -> Array:
    """The rate of log-odds; nan stays nan."""
    result: Array = 1 / (1 + np.exp(-np.clip(np.asarray(nats, np.float64), -700, 700)))
    return result


def smoothed_rate(k: npt.ArrayLike, n: npt.ArrayLike) -> Array:
    """(k + 1/2) / (n + 1), whose log-odds are finite and nearly unbiased (Haldane 1956); nan where n is 0."""
    counted, total = np.asarray(k, np.float64), np.asarray(n, np.float64)
    result: Array = np.where(total > 0, (counted + 0.5) / (total + 1), np.nan)
    return result


def no_room(rate: float) -> str:
    """Which way a behaviour cannot move from its unsteered rate, in words; empty where it can move both ways."""
    if rate < ROOM[0]:
        return f"unsteered rate {rate:.0%}: it can hardly fall"
    if rate > ROOM[1]:
        return f"unsteered rate {rate:.0%}: it can hardly rise"
    return ""


@dataclass(frozen=True)
class Agreement:
    """The pattern's decisions beside a person's.

    Attributes:
        n: Texts that the person judged.
        share: On which both agree; nan where none was judged.
        low: Lower end of its Wilson interval.
        high: Upper end.
        kappa: Agreement beyond chance (Cohen 1960); nan where one of the two gave a single answer throughout.
        rate: Rate by the person where they judged, by the pattern elsewhere.
        rate_low: Lower end of its Wilson interval.
        rate_high: Upper end.
        changed: Decisions of the pattern that the person turned around.
    """

    n: int
    share: float
    low: float
    high: float
    kappa: float
    rate: float
    rate_low: float
    rate_high: float
    changed: int


def agreement(pattern: Sequence[bool], person: Sequence[bool | None]) -> Agreement:
    """Compares decisions on the same texts.

    Args:
        pattern: The pattern's decisions.
        person: The person's; None where they have not judged.
    """
    judged = [(a, b) for a, b in zip(pattern, person, strict=True) if b is not None]
    final = [a if b is None else b for a, b in zip(pattern, person, strict=True)]
    n, same = len(judged), sum(a == b for a, b in judged)
    low, high = wilson(same, n)
    rate_low, rate_high = wilson(sum(final), len(final))
    return Agreement(
        n=n,
        share=same / n if n else math.nan,
        low=low,
        high=high,
        kappa=_kappa(judged),
        rate=sum(final) / len(final) if final else math.nan,
        rate_low=rate_low,
        rate_high=rate_high,
        changed=n - same,
    )


def _kappa(judged: Sequence[tuple[bool, bool]]) -> float:
    n = len(judged)
    if not n:
        return math.nan
    same = sum(a == b for a, b in judged) / n
    one, other = sum(a for a, _ in judged) / n, sum(b for _, b in judged) / n
    chance = one * other + (1 - one) * (1 - other)
    return (same - chance) / (1 - chance) if chance < 1 else math.nan
