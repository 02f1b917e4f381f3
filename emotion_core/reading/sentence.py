"""The emotions of a sentence, the highest first, beside what the highest of as many random directions reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_core.base.jobs import Job
from emotion_core.models.encode import encode
from emotion_core.models.loaded import LoadedModel
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.project import GroupMeans
from emotion_core.reading.text import ANY_LENGTH, check_length, read_encoding

Array = npt.NDArray[np.float64]
_FEWEST, _MOST = 400, 4000
_LEVEL = 0.95


@dataclass(frozen=True)
class Ranking:
    """The emotions of a text, with what the highest of as many directions without a meaning reads on it.

    Attributes:
        emotions: Names at both ends, the highest first.
        means: float64 [emotions], mean over the text's tokens in standard deviations of neutral tokens.
        of: How many emotions were ranked.
        layer: Layer read.
        highest: In 95 of 100 sets of `of` random directions the highest reads below this on the same text.
        lowest: The same for the lowest.
    """

    emotions: tuple[str, ...]
    means: Array
    of: int
    layer: int
    highest: float
    lowest: float

    @property
    def beyond(self) -> tuple[str, ...]:
        """Emotions above the one line or below the other."""
        outside = (self.means > self.highest) | (self.means < self.lowest)
        return tuple(name for name, beyond in zip(self.emotions, outside, strict=True) if beyond)


def ranking_controls(emotions: int) -> int:
    """Random directions that show with what the highest of as many as there are emotions reads: 19 for each.

    The highest of E exceeds all of n others by chance in E / (E + n) of texts.
    """
    return min(_MOST, max(_FEWEST, 19 * emotions))


def sentence_means(model: LoadedModel, baseline: Baseline, text: str, *, chat: bool = False) -> Job[Array]:
    """Reads a text on all directions of a baseline at its chosen layer, as a job.

    The first token, on which models park attention whatever it says, and tokens of the template are left out.

    Args:
        model: The model.
        baseline: The directions and their zero point.
        text: The text.
        chat: Wrap it as a user message in the chat template.

    Returns:
        float64 [directions], mean over the tokens, in standard deviations of neutral tokens.

    Raises:
        SettingsError: The text is empty or too long.
        ModelError: It has no token that could be read.
    """
    check_length(text)
    encoding = encode(model.tokenizer, text, ANY_LENGTH, chat=chat)
    counted = np.array(encoding.content, dtype=bool)
    counted[0] &= counted.sum() < 2
    groups = GroupMeans(np.where(counted, 0, -1), 1)
    yield from read_encoding(model, baseline, encoding, groups)
    means: Array = groups.means[0]
    return means


def beside_random(baseline: Baseline, means: Array, emotion: str) -> tuple[float, float, float]:
    """What an emotion reads over a text, and the band that holds 95 of 100 random directions on the same words.

    Args:
        baseline: With random directions.
        means: As `sentence_means` gives them.
        emotion: The emotion.
    """
    low, high = np.quantile(means[baseline.controls["random"]], [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return float(means[baseline.emotions.index(emotion)]), float(low), float(high)


def ranking(baseline: Baseline, means: Array, high: int = 5, low: int = 3) -> Ranking:
    """Ranks what a text reads on all directions of a baseline.

    Args:
        baseline: With random directions, see `ranking_controls`.
        means: As `sentence_means` gives them.
        high: Emotions at the upper end.
        low: Emotions at the lower end.
    """
    known = len(baseline.emotions)
    own, random = means[:known], means[baseline.controls["random"]]
    order = np.argsort(-own, kind="stable")
    chosen = list(dict.fromkeys([*order[:high].tolist(), *order[max(0, known - low) :].tolist()]))
    return Ranking(
        emotions=tuple(baseline.emotions[e] for e in chosen),
        means=own[chosen],
        of=known,
        layer=baseline.chosen,
        highest=highest_of(random, known),
        lowest=-highest_of(-random, known),
    )


def highest_of(values: npt.ArrayLike, count: int, level: float = _LEVEL) -> float:
    """What the highest of `count` further values like these stays below with probability `level`.

    Args:
        values: float [n].
        count: How many further values.
        level: Probability; where n is too small for it, the largest value is given.
    """
    down = np.sort(np.asarray(values, np.float64))[::-1]
    n, new = len(down), np.arange(count)
    found = down[0]
    for r in range(1, n + 1):
        # All further values lie below the r-th largest of n: each is put at random among those before it.
        below = float(np.exp(np.log((n - r + 1 + new) / (n + 1 + new)).sum()))
        if below < level:
            break
        found = down[r - 1]
    return float(found)
