"""Continuations of scenarios: written with and without steering, judged by the pattern, read without steering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.jobs import Job
from emotion_core.base.numbers import finite
from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.patterns import counts
from emotion_core.models.loaded import LoadedModel
from emotion_core.steering.directions import Directions
from emotion_core.steering.generate import BASELINE_TEXTS, PlannedRow, generate
from emotion_core.steering.summary import COHERENCE_SDS, REPETITION_ROOM
from emotion_core.steering.sweep import repetition
from emotion_core.tracing.score import Continuation, score


@dataclass(frozen=True)
class BehaviorText:
    """One continuation.

    Attributes:
        scene: Index of the scenario.
        direction: Index of the emotion, then of the controls; -1 without steering.
        in_words: Index of the emotion that stands in front of the scenario in words; -1 for none.
        strength: In fractions of the mean residual norm.
        sample: Number of the noise stream, the same at all strengths.
        text: What was written.
        counted: Whether the pattern is in it; None where the scenario has options.
        surprise: Mean nats a token under the unsteered model; None where nothing was written.
        repetition: Share of 4-grams that stood in the text before.
        broken: The model produced numbers that are not finite.
    """

    scene: int
    direction: int
    in_words: int
    strength: float
    sample: int
    text: str
    counted: bool | None
    surprise: float | None
    repetition: float
    broken: bool

    @property
    def unsteered(self) -> bool:
        """Whether the model wrote it by itself."""
        return self.direction < 0 and self.in_words < 0


def write_texts(model: LoadedModel, settings: BehaviorSettings, at: Directions) -> Job[tuple[BehaviorText, ...]]:
    """Writes and judges the continuations of a run, as a job that yields after each step.

    Args:
        model: The model.
        settings: The run.
        at: Emotions and controls at the steered layer.

    Raises:
        TextTooLongError: A scenario leaves no room for the new tokens.
        PromptSetError: A pattern takes too long on a text.
    """
    prompts, owners, plans = _plan(settings, len(at.values) - len(settings.emotions))
    if not prompts:
        return ()
    generated = yield from generate(model, settings.writing(prompts), at, plans)
    written = generated.written
    texts = [Continuation((*w.prompt_ids, *w.ids), len(w.prompt_ids)) for w in written]
    scores = yield from score(model, texts, at.layers[0], at.values[:1, 0])
    found = []
    for w, nats in zip(written, scores.surprise, strict=True):
        scene, in_words = owners[w.row.prompt]
        pattern, text = settings.scenes[scene].pattern, model.decode(list(w.ids))
        found.append(
            BehaviorText(
                scene=scene,
                direction=w.row.direction if w.row.strength else -1,
                in_words=in_words,
                strength=w.row.strength,
                sample=w.row.sample,
                text=text,
                counted=counts(pattern, text, f"scenario {settings.scenes[scene].name}") if pattern else None,
                surprise=finite(nats.mean()) if len(nats) else None,
                repetition=repetition(w.ids),
                broken=w.broken,
            )
        )
    return tuple(found)


def _plan(
    settings: BehaviorSettings, controls: int
) -> tuple[tuple[str, ...], list[tuple[int, int]], list[list[PlannedRow]]]:
    """Prompts, the scenario and the emotion in words that each belongs to, and its rows."""
    prompts: list[str] = []
    owners: list[tuple[int, int]] = []
    plans: list[list[PlannedRow]] = []
    emotions = len(settings.emotions)
    for s, scene in enumerate(settings.scenes):
        samples = settings.samples if scene.pattern else settings.texts
        if not samples:
            continue
        directions = range(emotions + (controls if scene.pattern else 0))
        place = len(prompts)
        rows = [PlannedRow(place, k, 0, 0.0) for k in range(max(samples, BASELINE_TEXTS))]
        conditions = [(d, strength) for strength in settings.steered_strengths for d in directions]
        rows += [PlannedRow(place, k, d, strength) for d, strength in conditions for k in range(samples)]
        prompts.append(scene.text)
        owners.append((s, -1))
        plans.append(rows)
        if scene.pattern and settings.words:
            for e, emotion in enumerate(settings.emotions):
                plans.append([PlannedRow(len(prompts), k, 0, 0.0) for k in range(samples)])
                prompts.append(settings.in_words(emotion, scene.text))
                owners.append((s, e))
    return tuple(prompts), owners, plans


@dataclass(frozen=True)
class Coherence:
    """Whether the model still makes sense, by emotion and strength.

    Attributes:
        surprise: float64 [emotions, strengths], mean excess of surprise over the unsteered texts of the same scenario,
            nats a token; nan where nothing was written.
        repetition: float64 [emotions, strengths], mean share of repeated 4-grams.
        coherent: bool [emotions, strengths].
        limits: Highest excess and repetition that count as coherent.
    """

    surprise: FloatArray
    repetition: FloatArray
    coherent: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
    limits: tuple[float, float]


def coherence(texts: Sequence[BehaviorText], settings: BehaviorSettings) -> Coherence:
    """Compares steered with unsteered texts; without texts nothing is known and nothing is called incoherent."""
    plain = [one for one in texts if one.unsteered and one.surprise is not None]
    means = {s: float(np.mean([one.surprise for one in plain if one.scene == s])) for s in {one.scene for one in plain}}
    excess = np.array([one.surprise - means[one.scene] for one in plain if one.surprise is not None])
    repeated = np.array([one.repetition for one in plain])
    limits = (np.inf, np.inf)
    if len(plain) > 1:
        limits = (
            COHERENCE_SDS * float(excess.std(ddof=1)),
            float(repeated.mean() + COHERENCE_SDS * repeated.std(ddof=1) + REPETITION_ROOM),
        )
    shape = (len(settings.emotions), len(settings.strengths))
    surprise, repetitions = np.full(shape, np.nan), np.full(shape, np.nan)
    broken = np.zeros(shape, dtype=bool)
    for e in range(shape[0]):
        for t, strength in enumerate(settings.strengths):
            own = [one for one in texts if _belongs(one, e, strength)]
            nats = [one.surprise - means[one.scene] for one in own if one.surprise is not None and one.scene in means]
            surprise[e, t] = np.mean(nats) if nats else np.nan
            repetitions[e, t] = np.mean([one.repetition for one in own]) if own else np.nan
            broken[e, t] = any(one.broken for one in own)
    fine = ~(surprise > limits[0]) & ~(repetitions > limits[1]) & ~broken
    return Coherence(surprise, repetitions, fine, (float(limits[0]), float(limits[1])))


def _belongs(one: BehaviorText, emotion: int, strength: float) -> bool:
    if one.in_words >= 0:
        return False
    return one.strength == strength and (one.unsteered if strength == 0 else one.direction == emotion)
