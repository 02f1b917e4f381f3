"""Controls with a name: what label-shuffled vectors, another emotion or plain words do to the same reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from emotion_core.numbers import finite

Kind = Literal["shuffled", "emotion", "words"]


@dataclass(frozen=True)
class ComparisonPoint:
    """One strength of a named control.

    Attributes:
        strength: In the units of the settings; 0 for the prompt-only rival, which steers nothing.
        effect: Mean change of the emotion score against the unsteered text of the same noise.
        effect_low: Lower end of its 95 % interval (Student's t), None below 3 texts.
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
    kind: Kind
    points: tuple[ComparisonPoint, ...]

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {"name": self.name, "kind": self.kind, "points": [dict(vars(point)) for point in self.points]}


def interval(changes: npt.NDArray[np.float64]) -> tuple[float | None, float | None, float | None]:
    """Mean with its 95 % interval (Student's t over prompts and samples); no interval below 3 texts."""
    if not len(changes):
        return None, None, None
    mean = float(changes.mean())
    if len(changes) < 3:
        return finite(mean), None, None
    half = float(stats.t.ppf(0.975, len(changes) - 1) * changes.std(ddof=1) / np.sqrt(len(changes)))
    return finite(mean), finite(mean - half), finite(mean + half)


def point(strength: float, changes: npt.NDArray[np.float64], surprise: npt.NDArray[np.float64]) -> ComparisonPoint:
    """A point from the changes and the surprise of its texts."""
    seen = surprise[np.isfinite(surprise)]
    nats = float(seen.mean()) if len(seen) else None
    return ComparisonPoint(strength, *interval(changes), nats, len(changes))


def kind_of(name: str) -> Kind:
    """What a direction beyond the random controls is."""
    return "shuffled" if name.startswith("shuffled-") else "emotion"
