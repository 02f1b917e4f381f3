"""Texts and conversations under a monitor: where it fires, how long before a phrase, and against random directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emotion_core.errors import SettingsError
from emotion_core.models.encode import Encoding
from emotion_core.models.loaded import LoadedModel
from emotion_core.numbers import finite
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.library_items import Turn
from emotion_core.prompts.prompt_set import Split
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.dialogue import tokenize
from emotion_core.reading.monitor import (
    Mask,
    MonitorSettings,
    Threshold,
    counted_tokens,
    set_threshold,
    trailing,
)
from emotion_core.reading.neutral_form import neutral_dialogues
from emotion_core.reading.project import read_windows
from emotion_core.runs.progress import Job
from emotion_core.tracing.activations import FloatArray
from emotion_core.tracing.tokens import project_layers
from emotion_core.vectors.build import NEUTRAL_SET
from emotion_core.vectors.emotion_vectors import EmotionVectors

_SPLITS: tuple[Split, Split] = ("train", "heldout")


@dataclass(frozen=True)
class Alarm:
    """A stretch of tokens above the threshold.

    Attributes:
        start: Its first token.
        end: One after its last.
        peak: Highest score in it.
        text: What it says, with the tokens that its first score looks back on.
    """

    start: int
    end: int
    peak: float
    text: str


@dataclass(frozen=True)
class Flagged:
    """A place where the phrase stands that is watched for.

    Attributes:
        token: Its first token.
        lead: Tokens from the first alarm to it; None where the monitor was silent until then.
        chance: Share of random directions, each with a threshold of its own at the same false alarm rate, that fire at
            least as early; None where the monitor was silent.
    """

    token: int
    lead: int | None
    chance: float | None


@dataclass(frozen=True)
class Watched:
    """A text under a monitor.

    Attributes:
        threshold: Of the monitor.
        tokens: As they are spelled.
        content: Whether each belongs to the text.
        values: float32 [tokens], the emotion's reading in standard deviations of neutral tokens.
        scores: float32 [tokens], mean over the last tokens; nan where a token does not count.
        alarms: Where it fires.
        phrase: What is watched for; may be empty.
        flagged: The places of the phrase.
    """

    threshold: Threshold
    tokens: tuple[str, ...]
    content: tuple[bool, ...]
    values: FloatArray
    scores: FloatArray
    alarms: tuple[Alarm, ...]
    phrase: str
    flagged: tuple[Flagged, ...]

    def to_json(self) -> dict[str, Any]:
        """The command line's document."""
        return {
            **self.threshold.to_json(),
            "tokens": list(self.tokens),
            "emotions": {self.threshold.settings.emotion: [finite(one) for one in self.values]},
            "scores": [finite(one) for one in self.scores],
            "alarms": [{"start": a.start, "end": a.end, "peak": finite(a.peak), "text": a.text} for a in self.alarms],
            "phrase": self.phrase,
            "flagged": [{"token": f.token, "lead": f.lead, "chance": f.chance} for f in self.flagged],
        }


def read_threshold(
    model: LoadedModel, vectors: EmotionVectors, baseline: Baseline, settings: MonitorSettings, seed: int = 0
) -> Job[Threshold]:
    """Sets the threshold from the training half of the neutral set, and measures it on the held-out half, as a job.

    Raises:
        SettingsError: The emotion is not among the baseline's.
        ModelError: A neutral text cannot be read.
    """
    train, heldout = (_neutral(model, vectors, baseline, split, seed) for split in _SPLITS)
    chosen = _chosen(baseline, settings.emotion)
    projected = yield from project_layers(model, [*train, *heldout], baseline.by_layer)
    scored = [
        trailing(baseline.tokens(rows)[:, 0, chosen], counted_tokens(one.content), settings.window)
        for one, rows in zip([*train, *heldout], projected, strict=True)
    ]
    parts = scored[: len(train)], scored[len(train) :]
    return set_threshold(settings, baseline.layers[0], parts[0], parts[1], seed)


def watch(
    model: LoadedModel, baseline: Baseline, threshold: Threshold, encoding: Encoding, phrase: str = ""
) -> Job[Watched]:
    """Reads a text under a monitor, as a job."""
    values = yield from read_directions(model, baseline, threshold.settings.emotion, encoding)
    scores = trailing(values, counted_tokens(encoding.content), threshold.settings.window)
    pieces = tuple(model.pieces(list(encoding.ids)))
    with np.errstate(invalid="ignore"):
        fires = scores > np.concatenate([[threshold.value], threshold.random])
    return Watched(
        threshold=threshold,
        tokens=pieces,
        content=encoding.content,
        values=values[:, 0],
        scores=scores[:, 0],
        alarms=_alarms(fires[:, 0], scores[:, 0], pieces, threshold.settings.window),
        phrase=phrase,
        flagged=tuple(_flagged(fires, token) for token in places_of(phrase, pieces)),
    )


def read_directions(model: LoadedModel, baseline: Baseline, emotion: str, encoding: Encoding) -> Job[FloatArray]:
    """Standardised readings of one emotion and of all random directions, float32 [tokens, 1 + random], as a job."""
    chosen = _chosen(baseline, emotion)
    parts = yield from read_windows(model, baseline, encoding, lambda _, values: values[:, 0, chosen])
    return np.concatenate(parts)


def conversation_encoding(model: LoadedModel, turns: Sequence[Turn]) -> Encoding:
    """The tokens of a conversation; content are those of the turns."""
    return tokenize(model, turns).encoding


def places_of(phrase: str, pieces: Sequence[str]) -> tuple[int, ...]:
    """First tokens of the places where a phrase stands, whatever its case."""
    wanted = phrase.strip().lower()
    if not wanted:
        return ()
    # Lower case may change the length of a letter, so offsets are those of the lowered pieces.
    lowered = [piece.lower() for piece in pieces]
    ends = np.cumsum([len(piece) for piece in lowered])
    text, found, at = "".join(lowered), [], 0
    while (at := text.find(wanted, at)) >= 0:
        found.append(int(np.searchsorted(ends, at, side="right")))
        at += len(wanted)
    return tuple(found)


def _chosen(baseline: Baseline, emotion: str) -> list[int]:
    """Rows of the emotion and of the random directions."""
    known = len(baseline.emotions)
    if emotion not in baseline.emotions:
        raise SettingsError(
            "The vector set has no such emotion", expected=", ".join(baseline.emotions[:12]), found=emotion
        )
    return [baseline.emotions.index(emotion), *range(known, baseline.directions.shape[1])]


def _neutral(
    model: LoadedModel, vectors: EmotionVectors, baseline: Baseline, split: Split, seed: int
) -> list[Encoding]:
    chat = vectors.reading.chat
    texts = [one.text for one in load_prompts(NEUTRAL_SET).part(split) if model.fits(one.text, chat=chat)]
    if baseline.form == "conversation":
        return neutral_dialogues(model, texts, seed)
    return [model.encode(text, chat=chat) for text in texts]


def _alarms(fires: Mask, scores: FloatArray, pieces: Sequence[str], window: int) -> tuple[Alarm, ...]:
    """Stretches of neighbouring alarms; tokens of a template between two do not part them."""
    found: list[Alarm] = []
    start: int | None = None
    end = 0
    for i in range(len(fires)):
        if fires[i]:
            start, end = (i if start is None else start), i + 1
        elif start is not None and np.isfinite(scores[i]):
            found.append(_alarm(start, end, scores, pieces, window))
            start = None
    if start is not None:
        found.append(_alarm(start, end, scores, pieces, window))
    return tuple(found)


def _alarm(start: int, end: int, scores: FloatArray, pieces: Sequence[str], window: int) -> Alarm:
    counted = np.flatnonzero(np.isfinite(scores[:end])).tolist()
    before = sum(1 for i in counted if i < start)
    said = "".join(pieces[i] for i in counted[max(0, before + 1 - window) :])
    return Alarm(start, end, float(np.nanmax(scores[start:end])), said)


def _flagged(fires: Mask, token: int) -> Flagged:
    """The lead at a token, and how often random directions fire as early.

    Args:
        fires: bool [tokens, 1 + random directions].
        token: First token of the phrase.
    """
    before = fires[:token]
    if not before[:, 0].any():
        return Flagged(token, None, None)
    first = np.where(before.any(axis=0), before.argmax(axis=0), token)  # (directions,)
    lead = token - int(first[0])
    return Flagged(token, lead, float((token - first[1:] >= lead).mean()))
