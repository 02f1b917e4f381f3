"""Runs of the page Talk: what neutral conversations read, and one turn of a conversation."""

from __future__ import annotations

import json
from dataclasses import dataclass

from emotion_core.experiments.experiment import Experiment, Size, load
from emotion_core.experiments.steering import SWEEP
from emotion_core.reading.talk import Talk, TalkSettings
from emotion_core.reading.talking import TalkScale, read_scale, talk
from emotion_core.runs.codec import vectors_digest
from emotion_core.runs.store import RunStore
from emotion_core.vectors.emotion_vectors import EmotionVectors

_LOOKED_AT = 30  # sweeps, the last ones first


@dataclass(frozen=True)
class Neutral:
    """Nothing to choose: the built-in neutral conversations."""


def _label(settings: TalkSettings, vectors: EmotionVectors) -> str:
    steered = ", ".join(f"{name} {strength:+g}" for name, strength in settings.strengths)
    return f"{settings.turns[-1].content[:40]} ({steered})"


def _size(settings: TalkSettings, vectors: EmotionVectors) -> Size:
    """All rows of the batch are written, also those that read."""
    said = tuple(turn.content for turn in settings.turns)
    return Size(prompts=said, written=2 + bool(settings.rival), new_tokens=settings.max_new_tokens)


def usable_in_sd(
    store: RunStore, vectors: EmotionVectors, emotion: str, scale: TalkScale, layer: int
) -> tuple[float, float] | None:
    """The usable window of the last sweep with this emotion at a layer, in standard deviations of neutral tokens.

    One of chat prompts goes before one of plain text, which stays coherent longer. None where there is no such sweep.

    Args:
        store: Of the runs.
        vectors: That are steered with.
        emotion: The emotion.
        scale: Of these vectors.
        layer: That is steered.
    """
    digest, plain = vectors_digest(vectors), None
    for run in store.recent(SWEEP.kind, _LOOKED_AT):
        described = json.loads(run.settings)
        if described.get("vectors") != digest or run.state != "done":
            continue
        found = load(store, run.id, SWEEP)
        asked = found.settings
        if asked.emotion == emotion and asked.operation == "add" and not asked.mix and found.layer == layer:
            per_strength = found.scale / scale.sd(found.layer, vectors.index(emotion))
            low, high = found.usable_window
            window = low * per_strength, high * per_strength
            if asked.chat:
                return window
            plain = plain or window
    return plain


TALK_SCALE = Experiment(
    kind="talk-scale",
    asks=Neutral,
    gives=TalkScale,
    job=lambda bench, settings: read_scale(bench.model, bench.vectors),
    label=lambda settings, vectors: "neutral conversations",
    version=2,
)
TALK = Experiment(
    kind="talk",
    asks=TalkSettings,
    gives=Talk,
    job=lambda bench, settings: talk(bench.model, bench.vectors, settings, bench.stopped),
    label=_label,
    version=1,
    size=_size,
    keeps=lambda settings: sum(len(turn.content) for turn in settings.turns) <= 10_000,
    partial=True,
)
