"""Runs of the page Talk: what neutral conversations read, and one turn of a conversation."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from emotion_core.base.errors import RunError
from emotion_core.experiments.experiment import Experiment, Size, load
from emotion_core.experiments.steering import SWEEP
from emotion_core.reading.talk import Talk, TalkSettings
from emotion_core.reading.talking import TalkScale, read_scale, talk
from emotion_core.runs.codec import vectors_digest
from emotion_core.runs.store import Run, RunStore
from emotion_core.steering.settings import EVERY_TOKEN, Scope
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


class Usable(NamedTuple):
    """Between which strengths the texts of a sweep made sense.

    Attributes:
        low: In standard deviations of neutral tokens.
        high: The same.
        tried: Strengths that were tried at all; where one of them is an end of the window, nobody looked further.
    """

    low: float
    high: float
    tried: tuple[float, float]


def usable_in_sd(
    store: RunStore,
    vectors: EmotionVectors,
    emotion: str,
    scale: TalkScale,
    layer: int,
    *,
    scope: Scope = "generated",
    chat: bool,
    may_see: Callable[[Run], bool] = lambda run: True,
) -> Usable | None:
    """The usable window of the last sweep that pushed along this emotion alone, at this layer alone, all the time.

    None where there is no such sweep: others, such as one of several layers or behind a gate, push less.

    Args:
        store: Of the runs.
        vectors: That are steered with.
        emotion: The emotion.
        scale: Of these vectors.
        layer: That is steered.
        scope: Tokens that are steered.
        chat: Whether answers of a chat are meant, or texts that are continued.
        may_see: Whether a run is one that the visitor may see.
    """
    digest = vectors_digest(vectors)
    for run in store.recent(SWEEP.kind, _LOOKED_AT):
        described = json.loads(run.settings)
        if described.get("vectors") != digest or run.state != "done" or not may_see(run):
            continue
        try:
            found = load(store, run.id, SWEEP)
        except RunError:  # of an older version, which the next one stands in for
            continue
        asked = found.settings
        pushes = asked.operation == "add" and not asked.mix and (found.layers or (found.layer,)) == (layer,)
        always = asked.gate is None and asked.schedule == EVERY_TOKEN and not asked.turns and asked.scope == scope
        if asked.emotion == emotion and pushes and always and chat == (asked.chat or any(asked.before)):
            per_strength = found.scale / scale.sd(layer, vectors.index(emotion))  # in either unit
            low, high = (one * per_strength for one in found.usable_window)
            return Usable(low, high, (asked.strengths[0] * per_strength, asked.strengths[-1] * per_strength))
    return None


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
