"""Rates of behaviours under steering: options by their probability, patterns by sampled continuations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import ActivationCache, ModelInfo
from emotion_core.base.jobs import Job
from emotion_core.behavior.asking import UNSTEERED, Condition, ask_scenes, draw
from emotion_core.behavior.behavior_settings import CONTROL_KINDS, BehaviorSettings
from emotion_core.behavior.nulls import draw as draw_directions
from emotion_core.behavior.preferences import read_layer
from emotion_core.behavior.rates import as_rate, log_odds, smoothed_rate
from emotion_core.behavior.texts import BehaviorText, Coherence, coherence, write_texts
from emotion_core.evaluation.controls import Controls, Kind
from emotion_core.models.loaded import LoadedModel
from emotion_core.steering.directions import Directions, emotion_units, residual_norm, with_thresholds
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import IntArray
from emotion_core.vectors.file import require_model

Array = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Behaviors:
    """Result of `behaviors`.

    The axes are scenarios, then emotions (or controls), then strengths; at strength 0 all emotions are the same.

    Attributes:
        settings: What was asked for.
        model: The model.
        layer: Steered layer.
        scale: Length of strength 1 in the residual stream.
        nats: float64 [scenes, emotions, strengths], log-odds of the behaviour: with options given that one of them is
            chosen, with a pattern of (k + 1/2) / (n + 1) texts. nan where the model broke.
        hits: int64 [scenes, emotions, strengths], drawn answers or texts that count.
        n: int64 [scenes, emotions, strengths], answers drawn or texts written.
        control_nats: float64 [scenes, controls, strengths].
        control_hits: int64 [scenes, controls, strengths].
        control_n: int64 [scenes, controls, strengths].
        control_kinds: Kind of each control.
        control_of: Emotions that each is a control for; empty where for all.
        words_nats: float64 [scenes, emotions], unsteered with the emotion in words in front of it; nan without.
        words_hits: int64 [scenes, emotions].
        words_n: int64 [scenes, emotions].
        texts: All continuations.
        coherence: Whether they make sense.
    """

    settings: BehaviorSettings
    model: ModelInfo
    layer: int
    scale: float
    nats: Array
    hits: Counts
    n: Counts
    control_nats: Array
    control_hits: Counts
    control_n: Counts
    control_kinds: tuple[Kind, ...]
    control_of: tuple[tuple[str, ...], ...]
    words_nats: Array
    words_hits: Counts
    words_n: Counts
    texts: tuple[BehaviorText, ...]
    coherence: Coherence

    @property
    def zero(self) -> int:
        """Place of strength 0."""
        return self.settings.strengths.index(0.0)

    def places(self, emotion: str) -> dict[Kind, IntArray]:
        """Places of the controls of an emotion on the axis of controls, by kind."""
        return Controls((), self.control_kinds, self.control_of, np.zeros((0, 0, 0), np.float32)).places(emotion)

    def unsteered(self, scene: int) -> float:
        """Rate of a scenario without steering."""
        return float(as_rate(self.nats[scene, 0, self.zero]))


@dataclass(frozen=True)
class _Tally:
    """Log-odds, hits and numbers of one kind of direction."""

    nats: Array
    hits: Counts
    n: Counts

    @staticmethod
    def empty(*shape: int) -> _Tally:
        return _Tally(np.full(shape, np.nan), np.zeros(shape, np.int64), np.zeros(shape, np.int64))


def behaviors(
    model: LoadedModel, vectors: EmotionVectors, settings: BehaviorSettings, cache: ActivationCache | None = None
) -> Job[Behaviors]:
    """Measures behaviours at every strength, as a job.

    Args:
        model: The model.
        vectors: What is steered with.
        settings: The run.
        cache: Activations read before, for control directions.

    Raises:
        VectorFileError: The vectors belong to another model, or have no such emotion.
        SettingsError: The layer does not exist, or a vector there has no length.
        TextTooLongError: A scenario with its option or its continuation does not fit into the context.
        PromptSetError: A pattern takes too long on a text.
    """
    require_model(vectors, model.info)
    layer = read_layer(vectors, settings.layer)
    units = emotion_units(vectors, settings.emotions, (layer,))[:, 0]  # (emotions, width)
    scale = residual_norm(vectors, layer)
    controls = yield from draw_directions(
        model,
        vectors,
        (layer,),
        emotions=settings.emotions,
        kinds=CONTROL_KINDS,
        count=settings.controls,
        seed=settings.seed,
        cache=cache,
    )
    directions = np.concatenate([units, controls.units[:, 0]])[:, None]  # (directions, 1, width)
    at = Directions((layer,), directions, np.array([scale], dtype=np.float32))
    at = yield from with_thresholds(model, vectors, settings.writing((settings.scenes[0].text,)), at)
    shape = (len(settings.scenes), len(settings.emotions), len(settings.strengths))
    own, random = _Tally.empty(*shape), _Tally.empty(shape[0], len(controls.kinds), shape[2])
    words = _Tally.empty(*shape[:2])
    yield from _options(model, settings, at, (own, random, words))
    texts = yield from write_texts(model, settings, at)
    _count_patterns(settings, texts, own, random, words)
    return Behaviors(
        settings=settings,
        model=model.info,
        layer=layer,
        scale=scale,
        nats=own.nats,
        hits=own.hits,
        n=own.n,
        control_nats=random.nats,
        control_hits=random.hits,
        control_n=random.n,
        control_kinds=controls.kinds,
        control_of=controls.of,
        words_nats=words.nats,
        words_hits=words.hits,
        words_n=words.n,
        texts=texts,
        coherence=coherence(texts, settings),
    )


def _options(
    model: LoadedModel,
    settings: BehaviorSettings,
    at: Directions,
    tallies: tuple[_Tally, _Tally, _Tally],
) -> Job[None]:
    """Fills in the scenarios with options."""
    own, random, words = tallies
    emotions = len(settings.emotions)
    steered: list[Condition] = [(d, s) for s in settings.steered_strengths for d in range(len(at.values))]
    chosen = [i for i, scene in enumerate(settings.scenes) if scene.options]
    texts = [(settings.scenes[i], settings.scenes[i].text) for i in chosen]
    conditions = [[UNSTEERED, *steered]] * len(chosen)
    if settings.words:
        rivals = [(i, emotion) for i in chosen for emotion in settings.emotions]
        texts += [(settings.scenes[i], settings.in_words(emotion, settings.scenes[i].text)) for i, emotion in rivals]
        conditions = conditions + [[UNSTEERED]] * len(rivals)
    if not texts:
        return
    found = yield from ask_scenes(model, settings, texts, conditions, at)
    for k, i in enumerate(chosen):
        key = (settings.seed, i)
        table = found[k][1:].reshape(len(settings.steered_strengths), len(at.values)).T  # (directions, strengths)
        steered_at = [t for t, strength in enumerate(settings.strengths) if strength]
        own.nats[i] = found[k][0]
        own.nats[i][:, steered_at] = table[:emotions]
        random.nats[i] = found[k][0]
        random.nats[i][:, steered_at] = table[emotions:]
        if settings.words:
            begin = len(chosen) + k * emotions
            words.nats[i] = [float(one[0]) for one in found[begin : begin + emotions]]
        for tally in tallies:
            hits = draw(as_rate(tally.nats[i]), settings.answers, key)
            tally.hits[i] = np.maximum(hits, 0)
            tally.n[i] = np.where(hits < 0, 0, settings.answers)


def _count_patterns(
    settings: BehaviorSettings, texts: tuple[BehaviorText, ...], own: _Tally, random: _Tally, words: _Tally
) -> None:
    """Fills in the scenarios with patterns."""
    emotions = len(settings.emotions)
    place = {strength: t for t, strength in enumerate(settings.strengths)}
    for one in texts:
        if one.counted is None or one.broken:
            continue
        t = place[one.strength]
        cells: list[tuple[_Tally, tuple[Any, ...]]]
        if one.in_words >= 0:
            cells = [(words, (one.scene, one.in_words))]
        elif one.unsteered:
            cells = [(own, (one.scene, slice(None), t)), (random, (one.scene, slice(None), t))]
        elif one.direction < emotions:
            cells = [(own, (one.scene, one.direction, t))]
        else:
            cells = [(random, (one.scene, one.direction - emotions, t))]
        for tally, cell in cells:
            tally.n[cell] += 1
            tally.hits[cell] += one.counted
    for i, scene in enumerate(settings.scenes):
        if scene.pattern:
            for tally in (own, random, words):
                tally.nats[i] = log_odds(smoothed_rate(tally.hits[i], tally.n[i]))
