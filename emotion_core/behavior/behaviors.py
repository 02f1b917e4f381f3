"""Rates of behaviours under steering: options by their probability, patterns by sampled continuations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from emotion_core.base.activations import ActivationCache, FloatArray, ModelInfo
from emotion_core.base.jobs import Job
from emotion_core.base.later import torch
from emotion_core.base.numbers import finite
from emotion_core.behavior.behavior_settings import CONTROL_KINDS, BehaviorSettings
from emotion_core.behavior.nulls import draw as draw_directions
from emotion_core.behavior.options import PromptTokens, Scoring, tokenize
from emotion_core.behavior.preferences import read_layer
from emotion_core.behavior.rates import as_rate, log_odds, smoothed_rate
from emotion_core.behavior.scenes import Scene, counts
from emotion_core.evaluation.controls import Controls, Kind
from emotion_core.models.loaded import LoadedModel
from emotion_core.steering.directions import Directions, emotion_units, residual_norm, with_thresholds
from emotion_core.steering.generate import BASELINE_TEXTS, generate
from emotion_core.steering.settings import PlannedRow
from emotion_core.steering.summary import COHERENCE_SDS, REPETITION_ROOM, repetition
from emotion_core.tracing.options import Asked, score_options
from emotion_core.tracing.score import Continuation, score
from emotion_core.tracing.steer import SHARES, OpenWhen
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import IntArray
from emotion_core.vectors.file import require_model

# Scenarios with options, asked without steering, steered, and with the emotion in words.

Array = npt.NDArray[np.float64]
Condition = tuple[int, float]  # direction, strength; (0, 0) is unsteered
UNSTEERED: Condition = (0, 0.0)


@dataclass(frozen=True)
class Posed:
    """One way to put a scenario.

    Attributes:
        prompt: The text before the answer.
        answers: The texts that are scored.
        counts: For each, whether it is the behaviour.
    """

    prompt: str
    answers: tuple[str, ...]
    counts: tuple[bool, ...]


def pose(scene: Scene, settings: BehaviorSettings, text: str | None = None) -> list[Posed]:
    """The ways in which a scenario is put; their log-odds are averaged.

    Args:
        scene: With options.
        settings: Whose `form` and `chat` are used.
        text: Instead of the scenario's own.
    """
    text = scene.text if text is None else text
    if settings.form == "text":
        gap = "" if settings.chat or text[-1:].isspace() else " "
        return [Posed(text, tuple(gap + option for option in scene.options), scene.counts)]
    return [_listed(text, scene, order, settings.chat) for order in (1, -1)]


def _listed(text: str, scene: Scene, order: int, chat: bool) -> Posed:
    """Options listed under letters, forwards or backwards, so that a liking for (A) cancels."""
    options, counts = scene.options[::order], scene.counts[::order]
    letters = [chr(ord("A") + i) for i in range(len(options))]
    lines = "".join(f"\n({letter}) {option}" for letter, option in zip(letters, options, strict=True))
    if chat:
        return Posed(text + lines, tuple(f"({letter}" for letter in letters), counts)
    return Posed(f"{text}{lines}\nAnswer: (", tuple(letters), counts)


def ask_scenes(
    model: LoadedModel,
    settings: BehaviorSettings,
    texts: Sequence[tuple[Scene, str]],
    conditions: Sequence[Sequence[Condition]],
    at: Directions,
) -> Job[list[Array]]:
    """Log-odds of the behaviour among the options, as a job that yields after each batch.

    Args:
        model: The model.
        settings: How to ask and what to steer.
        texts: Scenarios with the text that is read before the answer.
        conditions: For each of them, what it is asked under.
        at: What is steered with, at one layer.

    Returns:
        For each text float64 [conditions]; nan where the model broke.

    Raises:
        TextTooLongError: A scenario with its longest option does not fit into the context.
    """
    posed = [pose(scene, settings, text) for scene, text in texts]
    flat = [(i, way) for i, ways in enumerate(posed) for way in ways]
    tokens = tokenize(model, [w.prompt for _, w in flat], [w.answers for _, w in flat], chat=settings.chat)
    asked, owners = [], []
    for k, (i, _) in enumerate(flat):
        for c, condition in enumerate(conditions[i]):
            asked.append(_asked(tokens[k], settings, condition, float(at.scales[0])))
            owners.append((i, c, k))
    gate = None
    if settings.gate is not None and at.gates is not None and at.opens_at is not None:
        looked, opens_at = torch.tensor(at.gates[:, 0]), torch.tensor(at.opens_at[:, 0])
        gate = OpenWhen(looked, opens_at, settings.gate.below)
    bounds = None if at.bounds is None else at.bounds[:, 0]
    scores = yield from score_options(model, asked, at.layers[0], at.values[:, 0], settings.operation, bounds, gate)
    result = [np.zeros(len(own)) for own in conditions]
    for (i, c, k), nats in zip(owners, scores, strict=True):
        result[i][c] += option_log_odds(nats, tokens[k], flat[k][1].counts, settings.scoring) / len(posed[i])
    return result


def _asked(tokens: PromptTokens, settings: BehaviorSettings, condition: Condition, scale: float) -> Asked:
    direction, strength = condition
    n = len(tokens.ids)
    spans = {"both": ((0, n),), "prompt": ((0, n),), "generated": ((n - 1, n),)}[settings.scope]
    longest = max(len(option) for option in tokens.options)
    weights = [settings.schedule.weight(k) if settings.scope != "prompt" else 0.0 for k in range(longest + 1)]
    return Asked(
        tokens.ids,
        tokens.options,
        shared=n - 1,
        direction=direction,
        amount=strength if settings.operation in SHARES else strength * scale,
        spans=spans,
        option_weights=tuple(weights[1:]),
        last_weight=1.0 if settings.scope == "prompt" else weights[0],
    )


def option_log_odds(nats: Array, tokens: PromptTokens, counts: Sequence[bool], scoring: Scoring) -> float:
    """Log-odds of the options that count, given that one of the options is chosen.

    Args:
        nats: float64 [options], sums of log-probabilities.
        tokens: Of the options.
        counts: Which of them count.
        scoring: `sum`, or `mean` per token.
    """
    per = nats / [len(option) for option in tokens.options] if scoring == "mean" else nats
    which = np.array(counts)
    return float(logsumexp(per[which]) - logsumexp(per[~which]))


def draw(probability: Array, answers: int, key: tuple[int, ...]) -> npt.NDArray[np.int64]:
    """How many of the drawn answers count, int64 as `probability`; -1 where there is no probability.

    The same dice for all conditions of one key: the difference between two conditions is not luck.

    Args:
        probability: float64 of any shape.
        answers: Number of answers.
        key: Seed of the dice.
    """
    dice = np.sort(np.random.default_rng([*key, 0xD1]).random(answers))
    found: npt.NDArray[np.int64] = np.searchsorted(dice, np.nan_to_num(probability, nan=0.0)).astype(np.int64)
    return np.where(np.isfinite(probability), found, -1)


# Continuations of scenarios: written with and without steering, judged by the pattern, read without steering.


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


# Rates of behaviours under steering: options by their probability, patterns by sampled continuations.

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
