"""A steering sweep from settings to result: write the texts, read them without steering, compare with controls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from emotion_core.evaluation.controls import shuffled_units
from emotion_core.models.loaded import LoadedModel
from emotion_core.numbers import finite
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.progress import Job
from emotion_core.steering.comparison import Comparison
from emotion_core.steering.directions import Directions, read_layer, steered_layers, sweep_directions
from emotion_core.steering.generate import Written, generate, never
from emotion_core.steering.measures import first_difference, longest_loop, repetition
from emotion_core.steering.plan import plan_rows
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.summary import StrengthSummary, SweepSummary, summarise
from emotion_core.steering.token_values import TokenValues, token_values
from emotion_core.tracing.activations import FloatArray, ModelInfo
from emotion_core.tracing.score import Continuation, Scores, score
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import require_model
from emotion_core.vectors.training import training


@dataclass(frozen=True)
class SweepRow:
    """One generated text with its measures.

    Attributes:
        direction: `emotion`, `control-K`, `shuffled-K`, another emotion, or `in words` for the prompt-only rival.
        strength: In the units of the settings.
        prompt: The prompt.
        sample: Number of the noise stream it shares with the other strengths.
        text: The continuation.
        emotion_score: Reading of the emotion on the generated tokens by the unsteered model, in standard deviations
            of the unsteered texts of the same prompt; None where nothing was generated.
        surprise: Mean nats a generated token under the unsteered model; None where nothing was generated.
        repetition: Share of 4-grams that stood in the text before.
        loop: Tokens in the longest stretch that repeats itself.
        differs_at: First token that differs from the unsteered text of the same prompt and sample; None if none does.
        broken: The model produced numbers that are not finite.
    """

    direction: str
    strength: float
    prompt: str
    sample: int
    text: str
    emotion_score: float | None
    surprise: float | None
    repetition: float
    loop: int
    differs_at: int | None
    broken: bool


@dataclass(frozen=True)
class Sweep:
    """Result of a sweep.

    Attributes:
        settings: What was asked for.
        model: The model.
        layer: The read layer, which is also the steered one unless `layers` says otherwise.
        scale: Length of strength 1 in the residual stream; over several layers the sum of their shares.
        emotions: Names of the last axis of `readings`.
        rows: All reported texts but the rival's, in order of prompt, strength, direction, sample.
        readings: float32 [rows, emotions], standardised like `emotion_score`.
        strengths: One summary a strength.
        usable_window: Lowest and highest strength of the coherent stretch around 0.
        limits: Highest surprise and repetition that count as coherent.
        layers: The steered layers.
        comparisons: Named controls: label-shuffled vectors, other emotions, the prompt-only rival.
        in_words: Texts of the prompt-only rival, in order of prompt and sample.
        partial: What is missing because the sweep was stopped; empty where nothing is.
        tokens: Of the rows and, after them, of the rival's texts.
    """

    settings: SweepSettings
    model: ModelInfo
    layer: int
    scale: float
    emotions: tuple[str, ...]
    rows: tuple[SweepRow, ...]
    readings: FloatArray
    strengths: tuple[StrengthSummary, ...]
    usable_window: tuple[float, float]
    limits: tuple[float, float]
    layers: tuple[int, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    in_words: tuple[SweepRow, ...] = ()
    partial: str = ""
    tokens: TokenValues | None = None

    def to_json(self) -> dict[str, Any]:
        """The document of the command line; what cannot be had is None."""
        return {
            "model": {"name": self.model.name, "fingerprint": self.model.fingerprint},
            "emotion": self.settings.emotion,
            "layer": self.layer,
            "unit": self.settings.unit,
            "scale": finite(self.scale),
            "rows": [vars(row) for row in self.rows],
            "summary": [one.to_json() for one in self.strengths],
            "usable_window": list(self.usable_window),
            "limits": {"surprise": finite(self.limits[0]), "repetition": finite(self.limits[1])},
            "layers": list(self.layers),
            "mix": dict(self.settings.mix),
            "comparisons": [one.to_json() for one in self.comparisons],
            "in_words": {"words": self.settings.in_words, "rows": [vars(row) for row in self.in_words]},
            "partial": self.partial or None,
        }


def sweep(
    model: LoadedModel,
    vectors: EmotionVectors,
    settings: SweepSettings,
    cache: ActivationCache | None = None,
    stop: Callable[[], bool] = never,
) -> Job[Sweep]:
    """Runs a sweep, as a job that yields after each decoding step.

    Args:
        model: The model.
        vectors: What to steer with.
        settings: How.
        cache: Activations read before, for label-shuffled vectors.
        stop: Asked after each decoding step; from then on nothing more is written, and what is there is summarised.

    Raises:
        VectorFileError: The vectors belong to another model, or have no such emotion.
        SettingsError: The layer does not exist, or a vector there has no length.
        TextTooLongError: A prompt leaves no room for the new tokens.
        JobCancelled: It was stopped before the first token.
    """
    require_model(vectors, model.info)
    emotion = vectors.index(settings.emotion)
    layer = read_layer(settings, vectors, vectors.layer_of(settings.emotion))
    sweep_directions(replace(settings, shuffles=0), vectors, layer)  # refuses before anything is read
    shuffled = None
    if settings.shuffles:
        layers = steered_layers(settings, layer)
        material = yield from training(model, vectors, cache)
        block, rng = material.block_of(settings.emotion), np.random.default_rng([settings.seed, 0x5F])
        shuffled = shuffled_units(material, block, layers, settings.shuffles, rng, settings.emotion)
    directions = sweep_directions(settings, vectors, layer, shuffled)
    plans = [plan_rows(settings, prompt) for prompt in range(len(settings.prompts))]
    generated = yield from generate(model, settings, directions, plans, settings.in_words, stop)
    written = generated.written
    texts = [Continuation((*w.prompt_ids, *w.ids), len(w.prompt_ids)) for w in written]
    scores = yield from score(model, texts, layer, vectors.units[:, layer], every_token=[emotion])
    surprise = np.array([s.mean() if len(s) else np.nan for s in scores.surprise])
    repeated = np.array([repetition(w.ids) for w in written])
    outcome = summarise(
        [w.row for w in written],
        scores.readings,
        surprise,
        repeated,
        [w.broken for w in written],
        emotion,
        settings.directions[1 + settings.controls :],
        first_named=1 + settings.controls,
    )
    measured = _Measured(written, scores, surprise, repeated, outcome, generated.partial)
    return _result(model, vectors, settings, layer, directions, measured)


@dataclass(frozen=True)
class _Measured:
    written: list[Written]
    scores: Scores
    surprise: np.ndarray[Any, Any]
    repeated: np.ndarray[Any, Any]
    outcome: SweepSummary
    partial: str


def _result(
    model: LoadedModel,
    vectors: EmotionVectors,
    settings: SweepSettings,
    layer: int,
    directions: Directions,
    measured: _Measured,
) -> Sweep:
    emotion, outcome, written = vectors.index(settings.emotion), measured.outcome, measured.written
    unsteered = {(w.row.prompt, w.row.sample): w.ids for w in written if w.row.unsteered and w.row.reported}
    reported = [i for i, w in enumerate(written) if w.row.reported]
    reported.sort(key=lambda i: (written[i].row.prompt, written[i].row.strength, written[i].row.direction))

    def row(i: int) -> SweepRow:
        one = written[i]
        return SweepRow(
            direction="in words" if one.row.in_words else settings.directions[one.row.direction],
            strength=one.row.strength,
            prompt=settings.prompts[one.row.prompt],
            sample=one.row.sample,
            text=model.decode(list(one.ids)),
            emotion_score=finite(outcome.readings[i, emotion]),
            surprise=finite(measured.surprise[i]),
            repetition=float(measured.repeated[i]),
            loop=longest_loop(one.ids),
            differs_at=first_difference(one.ids, unsteered[one.row.prompt, one.row.sample]),
            broken=one.broken,
        )

    rows = [i for i in reported if not written[i].row.in_words]
    in_words = [i for i in reported if written[i].row.in_words]
    return Sweep(
        settings=settings,
        model=model.info,
        layer=layer,
        scale=float(directions.scales.sum()),
        emotions=vectors.emotions,
        rows=tuple(row(i) for i in rows),
        readings=outcome.readings[rows],
        strengths=outcome.strengths,
        usable_window=outcome.usable_window,
        limits=outcome.limits,
        layers=directions.layers,
        comparisons=outcome.comparisons,
        in_words=tuple(row(i) for i in in_words),
        tokens=token_values(model, written, measured.scores, 0, [*rows, *in_words]),
        partial=measured.partial,
    )
