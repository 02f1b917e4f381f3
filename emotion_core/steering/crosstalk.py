"""Cross-talk: steer with emotion i, read emotion j. Does fear raise fear alone, or everything?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emotion_core.base.activations import ActivationCache, FloatArray, ModelInfo
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.base.numbers import finite
from emotion_core.geometry.claims import holm
from emotion_core.models.loaded import LoadedModel
from emotion_core.steering.directions import (
    Directions,
    control_pushes,
    emotion_units,
    layer_scales,
    read_layer,
    read_material,
    steered_layers,
    with_thresholds,
)
from emotion_core.steering.generate import Written, generate, never, plan_directions
from emotion_core.steering.settings import CrossTalkSettings, WritingSettings
from emotion_core.steering.summary import Numbers, against_kinds, coherence_limits, repetition, standardise
from emotion_core.tracing.score import Continuation, score
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import require_model

# The figures of a cross-talk matrix from its texts: mean changes, bands, specificity, coherence.


def mean_changes(written: Sequence[Written], readings: FloatArray, n_directions: int) -> FloatArray:
    """Mean change of every reading against the unsteered text of the same noise, float32 [directions, emotions]."""
    unsteered = {
        (w.row.prompt, w.row.sample): i for i, w in enumerate(written) if w.row.reported and not w.row.strength
    }
    table = np.full((n_directions, readings.shape[1]), np.nan, dtype=np.float32)
    cells: list[list[int]] = [[] for _ in range(n_directions)]
    for i, w in enumerate(written):
        if w.row.reported and w.row.strength and not w.broken:
            cells[w.row.direction].append(i)
    for direction, index in enumerate(cells):
        zero = [unsteered[written[i].row.prompt, written[i].row.sample] for i in index]
        changes = readings[index] - readings[zero]
        changes = changes[np.isfinite(changes).all(1)]
        if len(changes):
            table[direction] = changes.mean(0)
    return table


def column_bands(controls: FloatArray, kinds: Sequence[str]) -> FloatArray:
    """What 95 % of controls of every kind do to each read emotion, float32 [emotions, 2]; nan with too few of them.

    Args:
        controls: float32 [controls, emotions], mean changes.
        kinds: Of the controls.
    """
    bands = [against_kinds(float("nan"), column, kinds, tail=0.025) for column in controls.T]
    ends = [(np.nan, np.nan) if band is None else (band.low, band.high) for band in bands]
    return np.array(ends, dtype=np.float32).reshape(-1, 2)


def own_tests(
    own: FloatArray, controls: FloatArray, kinds: Sequence[str], strength: float
) -> tuple[FloatArray, FloatArray]:
    """Does steering with an emotion move its own reading more than steering with a control moves the control's own?

    Only in the direction of the strength: a reading that falls where it was pushed up is no effect of the emotion.

    Args:
        own: float32 [emotions], change of the own reading.
        controls: float32 [controls], change of each control's reading along itself.
        kinds: Of the controls.
        strength: Whose sign counts: where steering takes away, the opposite of what it is.

    Returns:
        p of each emotion, corrected for all of them (Holm), float32 [emotions]; and the ends between which the
        controls fall, one in twenty beyond each, float32 [2]. nan with too few controls.
    """
    sign = 1.0 if strength > 0 else -1.0
    tests = [against_kinds(sign * float(change), sign * controls.astype(np.float64), kinds) for change in own]
    p_values = np.array(
        [np.nan if t is None or not np.isfinite(c) else t.p_value for t, c in zip(tests, own, strict=True)]
    )
    first = next((test for test in tests if test is not None), None)
    ends = (np.nan, np.nan) if first is None else sorted((sign * first.low, sign * first.high))
    return holm(p_values).astype(np.float32), np.array(ends, dtype=np.float32)


def specificity(matrix: FloatArray) -> FloatArray:
    """Own change minus the mean of the others in the row, float32 [emotions]; nan with a single emotion."""
    n = len(matrix)
    if n < 2:
        return np.full(n, np.nan, dtype=np.float32)
    own = np.diagonal(matrix)
    others = (matrix.sum(axis=1) - own) / (n - 1)
    difference: FloatArray = (own - others).astype(np.float32)
    return difference


def coherent_rows(written: Sequence[Written], surprise: np.ndarray[Any, Any], n_emotions: int) -> tuple[bool, ...]:
    """Whether the texts of each steered emotion keep the unsteered texts' limits on average and none broke."""
    rows = [w.row for w in written]
    repeated = np.array([repetition(w.ids) for w in written])
    broken = np.array([w.broken for w in written])
    limits = coherence_limits(rows, surprise, repeated)
    coherent = []
    for direction in range(n_emotions):
        index = [i for i, r in enumerate(rows) if r.reported and r.strength and r.direction == direction]
        coherent.append(limits.keeps(surprise[index], repeated[index], broken[index]))
    return tuple(coherent)


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
        band: float32 [read, 2], what 95 % of controls do to each read emotion; nan with too few controls. It stands
            beside the readings of other emotions; an emotion's own reading is compared with the controls' own.
        specificity: float32 [steered], what the own reading changes more than the others do on average.
        coherent: Whether the texts of each steered emotion keep the limits of the unsteered ones.
        texts: All reported texts.
        readings: float32 [texts, emotions], standardised.
        layers: The steered layers.
        partial: What is missing because the job was stopped; empty where nothing is.
        control_kinds: Kind of each control.
        own_band: float32 [2], between which controls move their own reading, one in twenty beyond each end.
        own_p: float32 [emotions], p of the change of the own reading in the direction of the strength, against the
            kind of control it stands out least from, corrected for all emotions (Holm); nan with too few controls.
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
    control_kinds: tuple[str, ...] = ()
    own_band: FloatArray | None = None
    own_p: FloatArray | None = None

    def own_evidence(self, emotion: int) -> bool:
        """Whether an emotion moves its own reading, in the direction of the strength, beyond all kinds of controls."""
        return self.own_p is not None and bool(self.own_p[emotion] <= 0.05) and self.coherent[emotion]

    @property
    def evidence(self) -> bool:
        """Whether any emotion does; the correction is for all of them."""
        return any(self.own_evidence(i) for i in range(len(self.emotions)))

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
            "control_kinds": list(self.control_kinds),
            "own_band": [None, None] if self.own_band is None else [finite(end) for end in self.own_band],
            "own_p_values": None if self.own_p is None else [finite(p) for p in self.own_p],
            "own_evidence": [self.own_evidence(i) for i in range(len(self.emotions))],
            "evidence": self.evidence,
        }


def require_two(settings: CrossTalkSettings, vectors: EmotionVectors) -> None:
    """Refuses a matrix of one emotion, which has no other to cross over to.

    Raises:
        SettingsError: It is one.
    """
    emotions = settings.emotions or vectors.emotions
    if len(emotions) < 2:
        raise SettingsError("Cross-talk is between emotions", expected="at least 2 emotions", found=", ".join(emotions))


def crosstalk(
    model: LoadedModel,
    vectors: EmotionVectors,
    settings: CrossTalkSettings,
    stop: Callable[[], bool] = never,
    cache: ActivationCache | None = None,
) -> Job[CrossTalk]:
    """Steers with every emotion at one strength and reads all of them, as a job.

    Args:
        model: The model.
        vectors: Of at least two emotions.
        settings: How.
        stop: Asked after each decoding step; from then on nothing more is written, and what is there is summarised.
        cache: Activations of neutral and training texts that were read before.

    Raises:
        VectorFileError: The vectors belong to another model, or lack an emotion.
        SettingsError: There is one emotion alone, the layer does not exist, or a vector there has no length.
        TextTooLongError: A prompt leaves no room for the new tokens.
        JobCancelled: It was stopped before the first token.
    """
    require_model(vectors, model.info)
    require_two(settings, vectors)
    emotions = settings.emotions or vectors.emotions
    layer = read_layer(settings, vectors, vectors.selected_layer)
    layers = steered_layers(settings, layer)
    steered, scales = emotion_units(vectors, emotions, layers), layer_scales(settings, vectors, layers)
    units = emotion_units(vectors, emotions, (layer,))[:, 0]  # (emotions, width)
    material = yield from read_material(model, vectors, cache)
    pushes = control_pushes(vectors, emotions, settings.controls, settings, layer, material)
    directions = Directions(layers, np.concatenate([steered, pushes.values]), scales)
    along = np.concatenate([units, pushes.read])
    found = yield from write_and_read(model, vectors, settings, directions, settings.strength, layer, along, stop)
    written, readings, surprise = found.written, found.readings, found.surprise
    changes, n = mean_changes(written, readings, len(emotions) + settings.controls), len(emotions)
    controls = np.diagonal(changes)[n:]
    own_p, own_band = own_tests(np.diagonal(changes)[:n], controls, pushes.kinds, settings.sign * settings.strength)
    reported = [i for i, w in enumerate(written) if w.row.reported]
    return CrossTalk(
        settings=settings,
        model=model.info,
        layer=layer,
        scale=float(directions.scales.sum()),
        emotions=emotions,
        matrix=changes[:n, :n],
        band=column_bands(changes[n:, :n], pushes.kinds),
        specificity=specificity(changes[:n, :n]),
        coherent=coherent_rows(written, surprise, len(emotions)),
        texts=tuple(_text(model, settings, emotions, written[i]) for i in reported),
        readings=readings[reported][:, :n],
        layers=layers,
        partial=found.partial,
        control_kinds=pushes.kinds,
        own_band=own_band,
        own_p=own_p,
    )


@dataclass(frozen=True)
class Read:
    """Texts that were written and read back.

    Attributes:
        written: All texts.
        readings: float32 [texts, directions], standardised.
        surprise: float64 [texts], nats a token; nan where nothing was written.
        partial: What is missing because the job was stopped.
    """

    written: tuple[Written, ...]
    readings: FloatArray
    surprise: Numbers
    partial: str


def write_and_read(
    model: LoadedModel,
    vectors: EmotionVectors,
    settings: WritingSettings,
    directions: Directions,
    strength: float,
    layer: int,
    along: FloatArray,
    stop: Callable[[], bool],
) -> Job[Read]:
    """Writes with every direction at one strength, and reads the texts in the unsteered model, as a job.

    Args:
        model: The model.
        vectors: Whose set the thresholds of gates and bounds are read with.
        settings: How.
        directions: What is steered with.
        strength: Of every direction.
        layer: That is read.
        along: float32 [read directions, width].
        stop: Asked after each decoding step.
    """
    at = yield from with_thresholds(model, vectors, settings, directions)
    count = len(directions.values)
    plans = [plan_directions(settings, count, strength, p) for p in range(len(settings.prompts))]
    generated = yield from generate(model, settings, at, plans, stop=stop)
    written = generated.written
    texts = [Continuation((*w.prompt_ids, *w.ids), len(w.prompt_ids)) for w in written]
    scores = yield from score(model, texts, layer, along)
    surprise = np.array([s.mean() if len(s) else np.nan for s in scores.surprise], dtype=np.float64)
    readings = standardise([w.row for w in written], scores.readings)
    return Read(tuple(written), readings, surprise, generated.partial)


def n_matrix_texts(settings: CrossTalkSettings, n_emotions: int) -> int:
    """Number of texts that a matrix generates: what its button shows."""
    return len(settings.prompts) * len(plan_directions(settings, n_emotions + settings.controls, settings.strength, 0))


def _text(
    model: LoadedModel, settings: CrossTalkSettings, emotions: tuple[str, ...], written: Written
) -> CrossTalkText:
    row = written.row
    named = (*emotions, *(f"control-{k + 1}" for k in range(settings.controls)))
    steered = named[row.direction] if row.strength else "unsteered"
    return CrossTalkText(steered, settings.prompts[row.prompt], row.sample, model.decode(list(written.ids)))
