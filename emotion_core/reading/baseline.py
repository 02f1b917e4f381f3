"""What neutral texts read on every direction: the zero point, the unit, and chance for token readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion_core.errors import SettingsError
from emotion_core.models.loaded import LoadedModel
from emotion_core.reading.neutral_form import Form, neutral_dialogues, neutral_documents
from emotion_core.reading.scale import PositionScale, Scale, position_scale, scale_of
from emotion_core.runs.progress import Job
from emotion_core.tracing.activations import FloatArray
from emotion_core.tracing.record import read_tokens
from emotion_core.tracing.tokens import project_layers
from emotion_core.vectors.build import neutral_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors

MOST_NEUTRAL = 200
RANDOM_DIRECTIONS = 200


@dataclass(frozen=True)
class Baseline:
    """Directions with what neutral texts read on them.

    Attributes:
        emotions: The first directions; the rest are random.
        layers: Layers, ascending.
        directions: float32 [layers, emotions + random, width], unit length.
        tokens: Scale of single tokens by their position in the text, see `PositionScale`.
        form: Form of the neutral texts that `tokens` comes from.
        selected: The layer chosen at the build for all emotions together.
        texts: Scale of whole texts, pooled as the vectors' own training texts were.
        n_texts: Number of neutral texts.
    """

    emotions: tuple[str, ...]
    layers: tuple[int, ...]
    directions: FloatArray
    tokens: PositionScale
    texts: Scale
    n_texts: int
    form: Form
    selected: int

    @property
    def chosen(self) -> int:
        """The layer that stands for all: the one chosen at the build where it was read, else the first."""
        return self.selected if self.selected in self.layers else self.layers[0]

    @property
    def by_layer(self) -> dict[int, FloatArray]:
        """The directions as `project_layers` takes them."""
        return dict(zip(self.layers, self.directions, strict=True))


def read_baseline(
    model: LoadedModel,
    vectors: EmotionVectors,
    layers: Sequence[int] | None = None,
    seed: int = 0,
    form: Form = "text",
) -> Job[Baseline]:
    """Reads the built-in neutral texts on all emotions and on random directions, as a job.

    Args:
        model: The model the vectors belong to.
        vectors: The emotions.
        layers: Layers to read; by default the one chosen for all emotions together.
        seed: Of the random directions.
        form: Whether single tokens are compared with plain neutral texts or with neutral conversations.

    Raises:
        SettingsError: There is no such layer, or too few neutral texts.
        ModelError: The chat template refuses the neutral conversations.
    """
    chosen = check_layers(vectors, layers)
    directions = _directions(vectors, chosen, seed)
    texts = neutral_texts(model, vectors.reading)[:MOST_NEUTRAL]
    encodings = [model.encode(text, chat=vectors.reading.chat) for text in texts]
    longer = (neutral_documents if form == "text" else neutral_dialogues)(model, texts, seed)
    by_layer = dict(zip(chosen, directions, strict=True))
    found = yield from project_layers(model, [*encodings, *longer], by_layer)
    short = found[: len(encodings)]
    pooled = np.stack([p[read_tokens(e, vectors.reading)].mean(0) for p, e in zip(short, encodings, strict=True)])
    return Baseline(
        emotions=vectors.emotions,
        layers=chosen,
        directions=directions,
        tokens=position_scale(found)
        if form == "text"
        else position_scale(found[len(encodings) :], [one.content for one in longer]),
        texts=scale_of(pooled),
        n_texts=len(encodings),
        form=form,
        selected=vectors.selected_layer,
    )


def check_layers(vectors: EmotionVectors, layers: Sequence[int] | None) -> tuple[int, ...]:
    """The layers to read, ascending; by default the one chosen for all emotions together.

    Raises:
        SettingsError: There is no such layer.
    """
    chosen = tuple(sorted(set([vectors.selected_layer] if layers is None else layers)))
    if not chosen or chosen[0] < 0 or chosen[-1] >= vectors.n_layers:
        found = ", ".join(str(layer) for layer in chosen) or "none"
        raise SettingsError("There is no such layer", expected=f"0 to {vectors.n_layers - 1}", found=found)
    return chosen


def _directions(vectors: EmotionVectors, layers: tuple[int, ...], seed: int) -> FloatArray:
    """float32 [layers, emotions + random, width]."""
    width = vectors.values.shape[2]
    random = np.random.default_rng(seed).standard_normal((RANDOM_DIRECTIONS, width))
    random /= np.linalg.norm(random, axis=-1, keepdims=True)
    own = vectors.units[:, list(layers)].transpose(1, 0, 2)  # (layers, emotions, width)
    shared = np.broadcast_to(random, (len(layers), *random.shape))
    return np.concatenate([own, shared], axis=1).astype(np.float32)
