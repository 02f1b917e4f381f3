"""Reads a sentence on one emotion's direction, in whole and token by token, against neutral texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.record import read_tokens
from emotion_core.tracing.tokens import project_tokens
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
