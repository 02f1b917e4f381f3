"""Reads a sentence on one emotion's direction, in whole and token by token, against neutral texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.models.encode import encode
from emotion_core.models.loaded import LoadedModel
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.project import GroupMeans
from emotion_core.reading.text import ANY_LENGTH, check_length, read_encoding
from emotion_core.tracing.record import project_tokens, read_tokens
from emotion_core.vectors.build import neutral_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors

# Neutral texts that a sentence is compared with.
MOST_NEUTRAL = 200


@dataclass(frozen=True)
class NeutralBaseline:
    """What neutral texts read on a direction.

    Attributes:
        emotion: Whose direction.
        layer: The layer chosen for it.
        texts: float32 [neutral texts], mean over the tokens that are read.
        token_mean: Mean over all their tokens but the first of each.
        token_sd: Standard deviation of the same.
    """

    emotion: str
    layer: int
    texts: FloatArray
    token_mean: float
    token_sd: float


@dataclass(frozen=True)
class SentenceReading:
    """A sentence on an emotion's direction.

    Attributes:
        tokens: Its tokens as they are spelled.
        values: float32 [tokens], in standard deviations of neutral tokens; nan for the first token, on which models
            park attention whatever it says.
        read: Whether each token counts for the sentence.
        above: Share of neutral texts that lie below the sentence, 0 to 1.
        n_neutral: Number of neutral texts.
    """

    tokens: tuple[str, ...]
    values: FloatArray
    read: tuple[bool, ...]
    above: float
    n_neutral: int


def neutral_baseline(model: LoadedModel, vectors: EmotionVectors, emotion: str) -> Job[NeutralBaseline]:
    """Reads neutral texts on the direction of an emotion, as a job.

    Raises:
        VectorFileError: The vectors have no such emotion.
    """
    layer = vectors.layer_of(emotion)
    texts = neutral_texts(model, vectors.reading)[:MOST_NEUTRAL]
    encodings = [model.encode(text, chat=vectors.reading.chat) for text in texts]
    projected = yield from project_tokens(model, encodings, layer, _direction(vectors, emotion))
    pooled = [p[read_tokens(e, vectors.reading), 0].mean() for p, e in zip(projected, encodings, strict=True)]
    tokens = np.concatenate([p[1:, 0] for p in projected])
    if not len(tokens):
        raise SettingsError("There are no neutral texts to compare with")
    spread = float(tokens.std())
    return NeutralBaseline(emotion, layer, np.array(pooled, np.float32), float(tokens.mean()), spread or 1.0)


def read_sentence(
    model: LoadedModel, vectors: EmotionVectors, baseline: NeutralBaseline, text: str
) -> Job[SentenceReading]:
    """Reads one sentence, as a job.

    Raises:
        TextTooLongError: It is longer than the model's context.
        ModelError: It has no token that could be read.
    """
    encoding = model.encode(text, chat=vectors.reading.chat)
    direction = _direction(vectors, baseline.emotion)
    (projected,) = yield from project_tokens(model, [encoding], baseline.layer, direction)
    chosen = read_tokens(encoding, vectors.reading)
    values = (projected[:, 0] - baseline.token_mean) / baseline.token_sd
    values[0] = np.nan
    return SentenceReading(
        tokens=tuple(model.pieces(list(encoding.ids))),
        values=values.astype(np.float32),
        read=tuple(i in set(chosen) for i in range(len(encoding))),
        above=float((baseline.texts < projected[chosen, 0].mean()).mean()),
        n_neutral=len(baseline.texts),
    )


def _direction(vectors: EmotionVectors, emotion: str) -> FloatArray:
    """float32 [1, width]."""
    return vectors.units[[vectors.index(emotion)], vectors.layer_of(emotion)]


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


def read_ranking(
    model: LoadedModel, baseline: Baseline, text: str, high: int = 5, low: int = 3, *, chat: bool = False
) -> Job[Ranking]:
    """Reads a text and ranks the emotions by the mean over its tokens, as a job; at the baseline's chosen layer.

    The first token, on which models park attention whatever it says, and tokens of the template are left out.

    Args:
        model: The model.
        baseline: With random directions, see `ranking_controls`.
        text: The text.
        high: Emotions at the upper end.
        low: Emotions at the lower end.
        chat: Wrap it as a user message in the chat template.

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
    return ranking(baseline, groups.means[0], high, low)


def ranking(baseline: Baseline, means: Array, high: int = 5, low: int = 3) -> Ranking:
    """Ranks the mean readings of all directions of a baseline, float64 [directions]."""
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
