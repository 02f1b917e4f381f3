"""What is steered with: every direction of a sweep at every steered layer, all of the same length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion_core.errors import SettingsError
from emotion_core.steering.plan import control_directions
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.writing import WritingSettings
from emotion_core.tracing.activations import FloatArray
from emotion_core.vectors.emotion_vectors import EmotionVectors


@dataclass(frozen=True)
class Directions:
    """Directions at the steered layers.

    Attributes:
        layers: Steered layers, ascending.
        values: float32 [directions, layers, width], of length 1, or of the length of a mix of emotions.
        scales: float32 [layers], length of strength 1 in the residual stream of each layer.
    """

    layers: tuple[int, ...]
    values: FloatArray
    scales: FloatArray


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


def sweep_directions(
    settings: SweepSettings, vectors: EmotionVectors, layer: int, shuffled: FloatArray | None = None
) -> Directions:
    """The emotion (or the mix), the controls, the shuffled vectors and the other emotions, in this order.

    Args:
        settings: The sweep.
        vectors: What to steer with.
        layer: The read layer, which is steered where there is no span.
        shuffled: float32 [shuffles, layers, width], unit vectors from shuffled labels at the steered layers.

    Raises:
        VectorFileError: The vectors have no such emotion.
        SettingsError: A vector or a residual norm is zero or not finite.
    """
    layers = steered_layers(settings, layer)
    scales = layer_scales(settings, vectors, layers)
    names = [settings.emotion, *(emotion for emotion, _ in settings.mix)]
    weights = np.array([1.0, *(weight for _, weight in settings.mix)], dtype=np.float32)
    mixed = np.einsum("e,elw->lw", weights, emotion_units(vectors, names, layers))  # (layers, width)
    length = np.linalg.norm(mixed, axis=-1, keepdims=True) if settings.mix else np.float32(1.0)
    controls = random_directions(vectors, layers, settings.controls, settings.seed)
    others = emotion_units(vectors, settings.others, layers) if settings.others else controls[:0]
    parts = [controls, controls[:0] if shuffled is None else shuffled, others]
    values = np.concatenate([mixed[None], *(part * length for part in parts)]).astype(np.float32)
    return Directions(layers, values, scales)


def random_directions(vectors: EmotionVectors, layers: Sequence[int], count: int, seed: int) -> FloatArray:
    """Random unit vectors, one direction a control at all layers, float32 [count, layers, width]."""
    drawn = control_directions(vectors.values.shape[-1], count, seed)
    return np.repeat(drawn[:, None], len(layers), axis=1)


def _no_length(emotion: str, layer: int) -> SettingsError:
    return SettingsError(
        "The vector or the residual norm at this layer is zero or not finite",
        where=f"{emotion}, layer {layer}",
        remedy="Choose another layer",
    )
