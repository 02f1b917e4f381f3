"""Controls with a name: what label-shuffled vectors, another emotion or plain words do to the same reading."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from emotion_core.base.numbers import finite

Kind = Literal["shuffled", "emotion", "words"]


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
    kind: Kind
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
    half = float(stats.t.ppf(0.975, freedom)) * error
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


def kind_of(name: str) -> Kind:
    """What a direction beyond the random controls is."""
    return "shuffled" if name.startswith("shuffled-") else "emotion"
