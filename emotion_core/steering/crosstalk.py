"""Cross-talk: steer with emotion i, read emotion j. Does fear raise fear alone, or everything?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from emotion_core.models.loaded import LoadedModel
from emotion_core.numbers import finite
from emotion_core.runs.progress import Job
from emotion_core.steering.crosstalk_matrix import coherent_rows, column_bands, mean_changes, specificity
from emotion_core.steering.crosstalk_settings import CrossTalkSettings
from emotion_core.steering.directions import (
    Directions,
    emotion_units,
    layer_scales,
    random_directions,
    read_layer,
    steered_layers,
)
from emotion_core.steering.generate import Written, generate, never
from emotion_core.steering.plan import PlannedRow, baseline_rows
from emotion_core.steering.standard import standardise
from emotion_core.tracing.activations import FloatArray, ModelInfo
from emotion_core.tracing.score import Continuation, score
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import require_model


@dataclass(frozen=True)
class CrossTalkText:
    """One generated text of a cross-talk matrix.

    Attributes:
        steered: The emotion, `control-K`, or `unsteered`.
        prompt: The prompt.
        sample: Number of the noise stream.
        text: The continuation.
    """

    steered: str
    prompt: str
    sample: int
    text: str


@dataclass(frozen=True)
class CrossTalk:
    """Result of `crosstalk`.

    Attributes:
        settings: What was asked for.
        model: The model.
        layer: Steered and read layer.
        scale: Length of strength 1 in the residual stream.
        emotions: Rows and columns.
        matrix: float32 [steered, read], mean change against the unsteered texts of the same noise, in standard
            deviations of the unsteered texts; nan where no text could be read.
        band: float32 [read, 2], where 95 % of random directions of the same norm fall in each column; nan below 3
            controls.
        specificity: float32 [steered], what the own reading changes more than the others do on average.
        coherent: Whether the texts of each steered emotion keep the limits of the unsteered ones.
        texts: All reported texts.
        readings: float32 [texts, emotions], standardised.
        layers: The steered layers.
        partial: What is missing because the job was stopped; empty where nothing is.
    """

    settings: CrossTalkSettings
    model: ModelInfo
    layer: int
    scale: float
    emotions: tuple[str, ...]
    matrix: FloatArray
    band: FloatArray
    specificity: FloatArray
    coherent: tuple[bool, ...]
    texts: tuple[CrossTalkText, ...]
    readings: FloatArray
    layers: tuple[int, ...] = ()
    partial: str = ""

    def to_json(self) -> dict[str, Any]:
        """The document of the command line; what cannot be had is None."""
        return {
            "model": {"name": self.model.name, "fingerprint": self.model.fingerprint},
            "layer": self.layer,
            "strength": self.settings.strength,
            "unit": self.settings.unit,
            "emotions": list(self.emotions),
            "matrix": [[finite(cell) for cell in row] for row in self.matrix],
            "specificity": [finite(one) for one in self.specificity],
            "band": [[finite(low), finite(high)] for low, high in self.band],
            "coherent": list(self.coherent),
            "texts": [vars(one) for one in self.texts],
            "layers": list(self.layers),
            "partial": self.partial or None,
        }


def crosstalk(
    model: LoadedModel, vectors: EmotionVectors, settings: CrossTalkSettings, stop: Callable[[], bool] = never
) -> Job[CrossTalk]:
    """Steers with every emotion at one strength and reads all of them, as a job.

    Args:
        model: The model.
        vectors: Of at least two emotions.
        settings: How.
        stop: Asked after each decoding step; from then on nothing more is written, and what is there is summarised.

    Raises:
        VectorFileError: The vectors belong to another model, or lack an emotion.
        SettingsError: The layer does not exist, or a vector there has no length.
        TextTooLongError: A prompt leaves no room for the new tokens.
        JobCancelled: It was stopped before the first token.
    """
    require_model(vectors, model.info)
    emotions = settings.emotions or vectors.emotions
    layer = read_layer(settings, vectors, vectors.selected_layer)
    layers = steered_layers(settings, layer)
    directions = Directions(
        layers,
        np.concatenate(
            [
                emotion_units(vectors, emotions, layers),
                random_directions(vectors, layers, settings.controls, settings.seed),
            ]
        ),
        layer_scales(settings, vectors, layers),
    )
    units = emotion_units(vectors, emotions, (layer,))[:, 0]  # (emotions, width)
    plans = [plan_crosstalk(settings, len(emotions), p) for p in range(len(settings.prompts))]
    generated = yield from generate(model, settings, directions, plans, stop=stop)
    written = generated.written
    scores = yield from score(
        model, [Continuation((*w.prompt_ids, *w.ids), len(w.prompt_ids)) for w in written], layer, units
    )
    surprise = np.array([s.mean() if len(s) else np.nan for s in scores.surprise], dtype=np.float64)
    readings = standardise([w.row for w in written], scores.readings)
    changes = mean_changes(written, readings, len(emotions) + settings.controls)
    reported = [i for i, w in enumerate(written) if w.row.reported]
    return CrossTalk(
        settings=settings,
        model=model.info,
        layer=layer,
        scale=float(directions.scales.sum()),
        emotions=emotions,
        matrix=changes[: len(emotions)],
        band=column_bands(changes[len(emotions) :]),
        specificity=specificity(changes[: len(emotions)]),
        coherent=coherent_rows(written, surprise, len(emotions)),
        texts=tuple(_text(model, settings, emotions, written[i]) for i in reported),
        readings=readings[reported],
        layers=layers,
        partial=generated.partial,
    )


def plan_crosstalk(settings: CrossTalkSettings, n_emotions: int, prompt: int) -> list[PlannedRow]:
    """Rows of one prompt: unsteered, then every emotion and control; direction k is emotion k, then the controls."""
    greedy = settings.decoding == "greedy"
    rows = [PlannedRow(prompt, s, 0, 0.0, greedy=greedy) for s in range(settings.samples)]
    rows += baseline_rows(settings.samples, prompt, greedy)
    for direction in range(n_emotions + settings.controls):
        rows += [PlannedRow(prompt, s, direction, settings.strength, greedy=greedy) for s in range(settings.samples)]
    return rows


def n_matrix_texts(settings: CrossTalkSettings, n_emotions: int) -> int:
    """Number of texts that a matrix generates: what its button shows."""
    return len(settings.prompts) * len(plan_crosstalk(settings, n_emotions, 0))


def _text(
    model: LoadedModel, settings: CrossTalkSettings, emotions: tuple[str, ...], written: Written
) -> CrossTalkText:
    row = written.row
    named = (*emotions, *(f"control-{k + 1}" for k in range(settings.controls)))
    steered = named[row.direction] if row.strength else "unsteered"
    return CrossTalkText(steered, settings.prompts[row.prompt], row.sample, model.decode(list(written.ids)))
