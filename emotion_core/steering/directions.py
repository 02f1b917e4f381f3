"""What is steered with: an emotion and its controls at every steered layer.

Controls are as *long* as the emotion: what is done to them is then what is done to it. Some can be pushed a second
time, as *far off the data*: by as many standard deviations of neutral texts along themselves as the emotion is along
itself. Equal length is no equal disturbance, since texts vary more along some directions than along others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from emotion_core.base.activations import ActivationCache, Activations, FloatArray
from emotion_core.base.errors import ModelError, SettingsError
from emotion_core.base.jobs import Job
from emotion_core.base.numbers import finite
from emotion_core.evaluation.controls import KINDS, controls_of
from emotion_core.models.loaded import LoadedModel
from emotion_core.steering.settings import SweepSettings, WritingSettings
from emotion_core.tracing.record import project_layers, record
from emotion_core.tracing.steer import BOUNDED
from emotion_core.vectors.build import Training, neutral_texts, training
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import PairRows


@dataclass(frozen=True)
class Directions:
    """Directions at the steered layers.

    Attributes:
        layers: Steered layers, ascending.
        values: float32 [directions, layers, width], of length 1, or of the length of a mix of emotions.
        scales: float32 [layers], length of strength 1 in the residual stream of each layer.
        bounds: float32 [directions, layers], projection that `cap` and `floor` hold to; None for other operations.
        gates: float32 [directions, layers, width], what the gate of each reads; None without gates.
        opens_at: float32 [directions, layers], where it opens.
    """

    layers: tuple[int, ...]
    values: FloatArray
    scales: FloatArray
    bounds: FloatArray | None = None
    gates: FloatArray | None = None
    opens_at: FloatArray | None = None


def with_thresholds(
    model: LoadedModel, vectors: EmotionVectors, settings: WritingSettings, at: Directions, gates: GatesOf | None = None
) -> Job[Directions]:
    """Directions with the bounds of `cap` and `floor` and with gates: percentiles of neutral tokens along each.

    A job. A direction that means nothing is held to the same percentile along itself, and so is what opens a gate.
    First tokens do not count: models park attention on them.

    Args:
        model: The model.
        vectors: With the direction that opens the gate.
        settings: How is steered.
        at: The directions.
        gates: Gates of other directions for some rows of them; None where all have the gate of the settings.

    Raises:
        VectorFileError: The vectors lack the emotion that opens the gate.
        ModelError: No neutral text fits into the model's context.
    """
    asked = settings.gate
    bounded = settings.operation in BOUNDED
    if not bounded and asked is None:
        return at
    texts = [text for text in neutral_texts(model, vectors.reading) if model.fits(text, chat=settings.chat)]
    encodings = [model.encode(text, chat=settings.chat) for text in texts[:THRESHOLD_TEXTS]]
    count, looked = len(at.values), at.values[:0]
    if asked is not None:
        looked = emotion_units(vectors, [asked.emotion], at.layers)
        looked = np.concatenate([looked, gates.units]) if gates is not None else looked
    read = np.concatenate([at.values if bounded else at.values[:0], looked])  # (directions, layers, width)
    found = yield from project_layers(model, encodings, {layer: read[:, i] for i, layer in enumerate(at.layers)})
    kept = [rows[1:][np.array(one.content[1:], dtype=bool)] for rows, one in zip(found, encodings, strict=True)]
    tokens = np.concatenate(kept)  # (tokens, layers, directions)
    bounds = np.percentile(tokens[:, :, :count], settings.bound, axis=0).T.astype(np.float32) if bounded else None
    if asked is None:
        return replace(at, bounds=bounds)
    opens = np.percentile(tokens[:, :, -len(looked) :], asked.percentile, axis=0).T.astype(np.float32)
    which = np.zeros(count, dtype=np.int64)
    if gates is not None:
        which[list(gates.directions)] = np.arange(len(gates.directions)) + 1
    return replace(at, bounds=bounds, gates=looked[which], opens_at=opens[which])


@dataclass(frozen=True)
class GatesOf:
    """Gates that mean nothing, for some of the steered directions.

    Attributes:
        directions: Which of them.
        units: float32 [gates, layers, width], what opens each.
    """

    directions: tuple[int, ...]
    units: FloatArray


def read_layer(settings: WritingSettings, vectors: EmotionVectors, chosen: int) -> int:
    """The layer that is read.

    Args:
        settings: Whose `layer` and `span` are asked for.
        vectors: What to steer with.
        chosen: The layer that the build chose.

    Raises:
        SettingsError: The layer or an end of the span does not exist.
    """
    layer = chosen if settings.layer is None else settings.layer
    for one in (layer, *(settings.span or ())):
        if not 0 <= one < vectors.n_layers:
            raise SettingsError("There is no such layer", expected=f"0 to {vectors.n_layers - 1}", found=str(one))
    return layer


def steered_layers(settings: WritingSettings, layer: int) -> tuple[int, ...]:
    """The layers that are steered."""
    return (layer,) if settings.span is None else tuple(range(settings.span[0], settings.span[1] + 1))


def layer_scales(settings: WritingSettings, vectors: EmotionVectors, layers: Sequence[int]) -> FloatArray:
    """Length of strength 1 at each layer, float32 [layers]; what is added is shared by the layers.

    Raises:
        SettingsError: A residual norm is zero or not finite.
    """
    norms = [residual_norm(vectors, one) if settings.unit == "fraction" else 1.0 for one in layers]
    share = len(layers) if settings.operation == "add" else 1
    scales: FloatArray = (np.array(norms) / share).astype(np.float32)
    return scales


def residual_norm(vectors: EmotionVectors, layer: int) -> float:
    """Mean length of the residual stream over neutral text at a layer.

    Raises:
        SettingsError: It is zero or not finite.
    """
    norm = float(vectors.residual_norms[layer])
    if not np.isfinite(norm) or norm <= 0:
        raise _no_length("all emotions", layer)
    return norm


def emotion_units(vectors: EmotionVectors, emotions: Sequence[str], layers: Sequence[int]) -> FloatArray:
    """Unit vectors of emotions, float32 [emotions, layers, width].

    Raises:
        VectorFileError: The vectors have no such emotion.
        SettingsError: A vector has no length, or is not finite.
    """
    units: FloatArray = vectors.units[[vectors.index(one) for one in emotions]][:, list(layers)]
    usable = np.isfinite(units).all(-1) & units.any(-1)  # (emotions, layers)
    if not usable.all():
        emotion, layer = (int(i) for i in np.argwhere(~usable)[0])
        raise _no_length(emotions[emotion], layers[layer])
    return units


@dataclass(frozen=True)
class Material:
    """What the controls of a vector set are made from.

    Attributes:
        neutral: Activations of the neutral texts as recorded; None where they do not fit into the model's context, so
            that random directions are the only controls that are sure to apply.
        training: Training material; None where the texts of an emotion are not known.
    """

    neutral: Activations | None
    training: Training | None


def read_material(model: LoadedModel, vectors: EmotionVectors, cache: ActivationCache | None = None) -> Job[Material]:
    """Reads neutral and training texts, as a job; mostly from the cache.

    Raises:
        ModelError: A text cannot be read.
    """
    try:
        texts = neutral_texts(model, vectors.reading)
    except ModelError:
        texts = ()
    neutral = (yield from record(model, texts, vectors.reading, cache)) if texts else None
    known = {t.emotion for prompts in vectors.prompt_sets for t in prompts.part("train")}
    return Material(
        neutral, (yield from training(model, vectors, cache)) if known.issuperset(vectors.emotions) else None
    )


# Neutral texts whose tokens set the thresholds of caps, floors and gates.
THRESHOLD_TEXTS = 120
# Kind of the controls that are pushed as far off the data as the emotion, and of the emotion behind other gates.
FAR, GATE = "far", "gate"


@dataclass(frozen=True)
class Pushes:
    """Control directions that are steered with.

    Attributes:
        kinds: Kind of each control.
        values: float32 [controls, layers, width], what strength 1 adds, in scales of the layers.
        read: float32 [controls, width], length 1: what a control is read along, at the read layer.
        gates: float32 [gates, layers, width], what opens the gates of the last ones.
    """

    kinds: tuple[str, ...]
    values: FloatArray
    read: FloatArray
    gates: FloatArray


def control_pushes(
    vectors: EmotionVectors,
    emotions: Sequence[str],
    count: int,
    settings: WritingSettings,
    layer: int,
    material: Material,
    far: int = 0,
    most: int | None = None,
    gates: int = 0,
) -> Pushes:
    """The controls of an emotion, in turn of every kind that applies, all as long as what is steered with.

    Args:
        vectors: The emotion's vector set.
        emotions: The emotion, or several that share controls.
        count: Controls in all; of each kind as many as of another, or one fewer.
        settings: Where is steered, with which mix, and the seed that draws them.
        layer: The read layer.
        material: Neutral and training texts.
        most: Of each kind; by default as many as are wanted in all.
        far: So many of the mixes of neutral texts come a second time, as far off the data as the first emotion.
        gates: So often the first emotion comes once more, behind the gate of a direction that means nothing.

    Raises:
        SettingsError: Some are wanted as far off the data, and no neutral text could be read.
    """
    if far and material.neutral is None:
        raise SettingsError(
            "No neutral text fits into the model's context, so nothing can be matched to them",
            remedy="Leave out the controls that are as far off the data",
        )
    layers = steered_layers(settings, layer)
    each = max(far, gates, count if most is None else most)
    drawn = controls_of(vectors, (*layers, layer), material.neutral, material.training, each, seed=settings.seed)
    own_kinds = [drawn.places(emotion) for emotion in emotions]
    places = [list(dict.fromkeys(i for own in own_kinds for i in own.get(kind, ()))) for kind in KINDS]
    turn = [index[k] for k in range(max(map(len, places))) for index in places if k < len(index)]
    openers, turn = turn[:gates], turn[:count]
    chosen = sorted(turn, key=lambda i: (KINDS.index(drawn.kinds[i]), i))
    kinds: list[str] = [drawn.kinds[i] for i in chosen]
    steered = steered_vector(settings, vectors, emotions[0], layers)
    values = drawn.units[chosen, :-1] * np.linalg.norm(steered, axis=-1, keepdims=True)
    if far and material.neutral is not None:
        again = places[KINDS.index("neutral")][:far]
        units, neutral = drawn.units[again, :-1], material.neutral.values[:, list(layers)]
        own, theirs = natural_sds(neutral, steered[None]), natural_sds(neutral, units)  # (1 or far, layers)
        # |steered| / own natural standard deviations of push, times their own: `own` is of the unit direction.
        ratio = np.divide(theirs, own, out=np.ones_like(theirs), where=own > 0)
        length = np.linalg.norm(steered, axis=-1) * ratio
        values = np.concatenate([values, units * length[..., None]])
        chosen, kinds = [*chosen, *again], [*kinds, *[FAR] * len(again)]
    read = drawn.units[chosen, -1]
    if gates:
        own = emotion_units(vectors, emotions[:1], (layer,))[:, 0]
        values = np.concatenate([values, np.repeat(steered[None], len(openers), axis=0)])
        read = np.concatenate([read, np.repeat(own, len(openers), axis=0)])
        kinds += [GATE] * len(openers)
    return Pushes(tuple(kinds), values.astype(np.float32), read, drawn.units[openers, :-1])


def natural_sds(neutral: FloatArray, directions: FloatArray) -> FloatArray:
    """Standard deviation of neutral texts along directions.

    Args:
        neutral: float32 [texts, layers, width].
        directions: float32 [directions, layers, width]; their length plays no part.

    Returns:
        float32 [directions, layers].
    """
    lengths = np.linalg.norm(directions, axis=-1, keepdims=True)
    units = np.divide(directions, lengths, out=np.zeros_like(directions), where=lengths > 0)
    along = np.einsum("tlw,dlw->tdl", neutral, units, optimize=True)
    spread: FloatArray = along.std(axis=0, ddof=1, dtype=np.float64).astype(np.float32)
    return spread


class Yardsticks(NamedTuple):
    """How much strength 1 is, in the model's own measures at the read layer; None where it is not known.

    Attributes:
        natural_sd: Standard deviations of neutral texts along the direction.
        side_differences: Differences between the two sides of the training texts (the emotion's and the others') along
            the direction.
    """

    natural_sd: float | None
    side_differences: float | None


def yardsticks(vectors: EmotionVectors, emotion: str, layer: int, length: float, material: Material) -> Yardsticks:
    """What strength 1 is, in standard deviations of neutral texts and in differences between the training texts.

    Args:
        vectors: The emotion's vector set.
        emotion: The emotion.
        layer: The layer.
        length: Of strength 1 there, in the residual stream.
        material: Neutral and training texts.
    """
    unit = vectors.units[vectors.index(emotion), layer]
    spread = 0.0
    if material.neutral is not None:
        spread = float(natural_sds(material.neutral.values[:, [layer]], unit[None, None])[0, 0])
    difference = 0.0
    if material.training is not None:
        along = material.training.activations.values[:, layer] @ unit  # (texts,)
        block = material.training.block_of(emotion)
        if isinstance(block, PairRows):
            difference = float((along[block.positive] - along[block.negative]).mean())
        else:
            own = block.labels == block.emotions.index(emotion)
            difference = float(along[block.rows[own]].mean() - along[block.rows[~own]].mean())
    return Yardsticks(
        finite(length / spread) if spread > 0 else None,
        finite(length / difference) if difference > 0 else None,
    )


def steered_vector(
    settings: WritingSettings, vectors: EmotionVectors, emotion: str, layers: Sequence[int]
) -> FloatArray:
    """What strength 1 adds, in scales of the layers: the emotion, or the mix of a sweep, float32 [layers, width].

    Raises:
        VectorFileError: The vectors have no such emotion.
        SettingsError: A vector is zero or not finite.
    """
    mix = settings.mix if isinstance(settings, SweepSettings) else ()
    names = [emotion, *(other for other, _ in mix)]
    weights = np.array([1.0, *(weight for _, weight in mix)], dtype=np.float32)
    mixed: FloatArray = np.einsum("e,elw->lw", weights, emotion_units(vectors, names, layers)).astype(np.float32)
    return mixed


def sweep_directions(
    settings: SweepSettings,
    vectors: EmotionVectors,
    layer: int,
    controls: FloatArray | None = None,
    shuffled: FloatArray | None = None,
) -> Directions:
    """The emotion (or the mix), the controls, the shuffled vectors and the other emotions, in this order.

    Args:
        settings: The sweep.
        vectors: What to steer with.
        layer: The read layer, which is steered where there is no span.
        controls: float32 [controls, layers, width], what the controls add at strength 1.
        shuffled: float32 [shuffles, layers, width], unit vectors from shuffled labels at the steered layers.

    Raises:
        VectorFileError: The vectors have no such emotion.
        SettingsError: A vector or a residual norm is zero or not finite.
    """
    layers = steered_layers(settings, layer)
    scales = layer_scales(settings, vectors, layers)
    mixed = steered_vector(settings, vectors, settings.emotion, layers)
    length = np.linalg.norm(mixed, axis=-1, keepdims=True) if settings.mix else np.float32(1.0)
    none = mixed[None][:0]
    others = emotion_units(vectors, settings.others, layers) if settings.others else none
    named = [none if shuffled is None else shuffled, others]
    parts = [mixed[None], none if controls is None else controls, *(part * length for part in named)]
    return Directions(layers, np.concatenate(parts).astype(np.float32), scales)


def _no_length(emotion: str, layer: int) -> SettingsError:
    return SettingsError(
        "The vector or the residual norm at this layer is zero or not finite",
        where=f"{emotion}, layer {layer}",
        remedy="Choose another layer",
    )
