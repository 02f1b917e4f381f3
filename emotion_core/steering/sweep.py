"""A steering sweep from settings to result: write the texts, read them without steering, compare with controls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from emotion_core.errors import SettingsError
from emotion_core.models.loaded import LoadedModel
from emotion_core.numbers import finite
from emotion_core.runs.progress import Job
from emotion_core.steering.generate import Written, generate
from emotion_core.steering.measures import first_difference, longest_loop, repetition
from emotion_core.steering.plan import control_directions
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.summary import StrengthSummary, SweepSummary, summarise
from emotion_core.tracing.activations import FloatArray, ModelInfo
from emotion_core.tracing.score import Continuation, score
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import require_model


@dataclass(frozen=True)
class SweepRow:
    """One generated text with its measures.

    Attributes:
        direction: `emotion` or `control-K`.
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
        layer: The steered layer.
        scale: Length of strength 1 in the residual stream.
        emotions: Names of the last axis of `readings`.
        rows: All reported texts, in order of prompt, strength, direction, sample.
        readings: float32 [rows, emotions], standardised like `emotion_score`.
        strengths: One summary a strength.
        usable_window: Lowest and highest strength of the coherent stretch around 0.
        limits: Highest surprise and repetition that count as coherent.
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
        }


def sweep(model: LoadedModel, vectors: EmotionVectors, settings: SweepSettings) -> Job[Sweep]:
    """Runs a sweep, as a job that yields after each decoding step.

    Raises:
        VectorFileError: The vectors belong to another model, or have no such emotion.
        SettingsError: The layer does not exist, or the vector there has no length.
        TextTooLongError: A prompt leaves no room for the new tokens.
    """
    require_model(vectors, model.info)
    emotion = vectors.index(settings.emotion)
    layer, scale = steered_layer(settings, vectors)
    units = vectors.units[:, layer]  # (emotions, width)
    directions = np.concatenate(
        [units[[emotion]], control_directions(model.info.width, settings.controls, settings.seed)]
    )
    written = yield from generate(model, settings, layer, directions, scale)
    texts = [Continuation((*w.prompt_ids, *w.ids), len(w.prompt_ids)) for w in written]
    scores = yield from score(model, texts, layer, units)
    surprise = np.array([s.mean() if len(s) else np.nan for s in scores.surprise])
    repeated = np.array([repetition(w.ids) for w in written])
    planned = [w.row for w in written]
    outcome = summarise(planned, scores.readings, surprise, repeated, [w.broken for w in written], emotion)
    return _result(model, vectors, settings, layer, scale, written, surprise, repeated, outcome)


def steered_layer(settings: SweepSettings, vectors: EmotionVectors) -> tuple[int, float]:
    """The layer of a sweep, and the length of strength 1 there.

    Raises:
        SettingsError: The layer does not exist, or the vector there has no length.
    """
    emotion = vectors.index(settings.emotion)
    layer = vectors.layer_of(settings.emotion) if settings.layer is None else settings.layer
    if not 0 <= layer < vectors.n_layers:
        raise SettingsError("There is no such layer", expected=f"0 to {vectors.n_layers - 1}", found=str(layer))
    unit = vectors.units[emotion, layer]
    scale = float(vectors.residual_norms[layer]) if settings.unit == "fraction" else 1.0
    if not np.isfinite(scale) or scale <= 0 or not np.any(unit) or not np.isfinite(unit).all():
        raise SettingsError(
            "The vector or the residual norm at this layer is zero or not finite",
            where=f"{settings.emotion}, layer {layer}",
            remedy="Choose another layer",
        )
    return layer, scale


def _result(
    model: LoadedModel,
    vectors: EmotionVectors,
    settings: SweepSettings,
    layer: int,
    scale: float,
    written: list[Written],
    surprise: np.ndarray[Any, Any],
    repeated: np.ndarray[Any, Any],
    outcome: SweepSummary,
) -> Sweep:
    emotion = vectors.index(settings.emotion)
    unsteered = {(w.row.prompt, w.row.sample): w.ids for w in written if w.row.strength == 0 and w.row.reported}
    reported = [i for i, w in enumerate(written) if w.row.reported]
    reported.sort(key=lambda i: (written[i].row.prompt, written[i].row.strength, written[i].row.direction))
    rows = tuple(
        SweepRow(
            direction=written[i].row.name,
            strength=written[i].row.strength,
            prompt=settings.prompts[written[i].row.prompt],
            sample=written[i].row.sample,
            text=model.decode(list(written[i].ids)),
            emotion_score=finite(outcome.readings[i, emotion]),
            surprise=finite(surprise[i]),
            repetition=float(repeated[i]),
            loop=longest_loop(written[i].ids),
            differs_at=first_difference(written[i].ids, unsteered[written[i].row.prompt, written[i].row.sample]),
            broken=written[i].broken,
        )
        for i in reported
    )
    return Sweep(
        settings=settings,
        model=model.info,
        layer=layer,
        scale=scale,
        emotions=vectors.emotions,
        rows=rows,
        readings=outcome.readings[reported],
        strengths=outcome.strengths,
        usable_window=outcome.usable_window,
        limits=outcome.limits,
    )
