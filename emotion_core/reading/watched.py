"""Texts and conversations under a monitor: where it fires, how long before a phrase, and against random directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.base.numbers import finite
from emotion_core.evaluation.controls import Kind
from emotion_core.models.dialogue import tokenize
from emotion_core.models.encode import Encoding
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.library_items import Turn
from emotion_core.prompts.prompt_set import Split
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.chance import LEVEL, judge
from emotion_core.reading.monitor import (
    Mask,
    MonitorSettings,
    NeutralScores,
    Threshold,
    counted_tokens,
    set_threshold,
    trailing,
)
from emotion_core.reading.neutral_form import neutral_dialogues
from emotion_core.reading.project import read_windows
from emotion_core.stats.correlation import adjusted
from emotion_core.tracing.tokens import project_layers
from emotion_core.vectors.build import NEUTRAL_SET
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.rows import IntArray

# Controls of a kind under a monitor, see `monitored`.
CONTROLS = 100
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
        chance: (k + 1) / (n + 1) of control directions, each with a threshold of its own at the same false alarm rate,
            that fire at least as early, of the kind that does most often; None where the monitor was silent.
        q_value: `chance` corrected for all places of the phrase; None where the monitor was silent.
        against: That kind of control; empty where the monitor was silent.
    """

    token: int
    lead: int | None
    chance: float | None
    q_value: float | None = None
    against: str = ""

    @property
    def evidence(self) -> bool:
        """Whether the alarm comes earlier than those of directions without a meaning."""
        return self.q_value is not None and self.q_value <= LEVEL


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
            "flagged": [
                {
                    "token": f.token,
                    "lead": f.lead,
                    "chance": f.chance,
                    "p_value": f.chance,
                    "q_value": f.q_value,
                    "hardest_control": f.against or None,
                    "evidence": f.evidence,
                }
                for f in self.flagged
            ],
        }


def read_threshold(
    model: LoadedModel, vectors: EmotionVectors, baseline: Baseline, settings: MonitorSettings, seed: int = 0
) -> Job[Threshold]:
    """Sets the threshold from the training half of the neutral set, and measures it on the held-out half, as a job.

    Raises:
        SettingsError: The emotion is not among the baseline's.
        ModelError: A neutral text cannot be read.
    """
    (train, _, _), (heldout, sources, registers) = (_neutral(model, vectors, baseline, s, seed) for s in _SPLITS)
    chosen, _ = monitored(baseline, settings.emotion)
    projected = yield from project_layers(model, [*train, *heldout], baseline.by_layer)
    scored = [
        trailing(baseline.tokens(rows)[:, 0, chosen], counted_tokens(one.content), settings.window)
        for one, rows in zip([*train, *heldout], projected, strict=True)
    ]
    n = len(train)
    return set_threshold(settings, baseline.layers[0], scored[:n], NeutralScores(scored[n:], sources, registers))


def watch(
    model: LoadedModel, baseline: Baseline, threshold: Threshold, encoding: Encoding, phrase: str = ""
) -> Job[Watched]:
    """Reads a text under a monitor, as a job."""
    values = yield from read_directions(model, baseline, threshold.settings.emotion, encoding)
    scores = trailing(values, counted_tokens(encoding.content), threshold.settings.window)
    pieces = tuple(model.pieces(list(encoding.ids)))
    _, controls = monitored(baseline, threshold.settings.emotion)
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
        flagged=flagged(fires, places_of(phrase, pieces), controls),
    )


def read_directions(model: LoadedModel, baseline: Baseline, emotion: str, encoding: Encoding) -> Job[FloatArray]:
    """Standardised readings of an emotion and of its controls, float32 [tokens, 1 + controls], as a job."""
    chosen, _ = monitored(baseline, emotion)
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


def monitored(baseline: Baseline, emotion: str) -> tuple[list[int], dict[Kind, IntArray]]:
    """Columns of the baseline that are read along a text, and which of these are controls of what kind.

    Scores of every token are kept for each of them, so there are at most `CONTROLS` of a kind.

    Raises:
        SettingsError: The emotion is not among the baseline's.
    """
    if emotion not in baseline.emotions:
        raise SettingsError(
            "The vector set has no such emotion", expected=", ".join(baseline.emotions[:12]), found=emotion
        )
    chosen, places = [baseline.emotions.index(emotion)], {}
    for kind, columns in baseline.controls.items():
        kept = columns[:CONTROLS].tolist()
        places[kind] = np.arange(len(chosen), len(chosen) + len(kept))
        chosen += kept
    return chosen, places


def _neutral(
    model: LoadedModel, vectors: EmotionVectors, baseline: Baseline, split: Split, seed: int
) -> tuple[list[Encoding], list[IntArray], IntArray]:
    """Neutral texts of a split in the baseline's form, the text of each token, and the register of each text."""
    chat = vectors.reading.chat
    texts = [one for one in load_prompts(NEUTRAL_SET).part(split) if model.fits(one.text, chat=chat)]
    registers = np.unique([one.topic for one in texts], return_inverse=True)[1].astype(np.int64)
    if baseline.form == "conversation":
        dialogues = neutral_dialogues(model, [one.text for one in texts], seed)
        return [one.encoding for one in dialogues], [one.sources for one in dialogues], registers
    encodings = [model.encode(one.text, chat=chat) for one in texts]
    return encodings, [np.full(len(one), i, dtype=np.int64) for i, one in enumerate(encodings)], registers


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


def flagged(fires: Mask, tokens: Sequence[int], controls: Mapping[Kind, IntArray]) -> tuple[Flagged, ...]:
    """The lead at each place of a phrase, and how often control directions fire as early.

    Args:
        fires: bool [tokens, 1 + controls].
        tokens: First token of each place.
        controls: Columns of the controls by kind.
    """
    leads: list[int | None] = []
    p_values, kinds = np.ones(len(tokens)), [""] * len(tokens)
    for i, token in enumerate(tokens):
        before = fires[:token]
        if not before[:, 0].any():
            leads.append(None)  # and p is 1: a silent monitor warns of nothing
            continue
        lead = token - np.where(before.any(axis=0), before.argmax(axis=0), token)  # (directions,)
        leads.append(int(lead[0]))
        chance = judge(lead, [controls], "greater")
        p_values[i], kinds[i] = chance.p_value[0], chance.kinds[0]
    q_values = adjusted(p_values)
    return tuple(
        Flagged(token, None, None) if lead is None else Flagged(token, lead, float(p), float(q), kind)
        for token, lead, p, q, kind in zip(tokens, leads, p_values, q_values, kinds, strict=True)
    )
