"""What neutral texts read on every direction: the zero point, the unit, and chance for token readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion_core.errors import SettingsError
from emotion_core.models.encode import Encoding, encode
from emotion_core.models.loaded import LoadedModel
from emotion_core.reading.scale import PositionScale, Scale, position_scale, scale_of
from emotion_core.runs.progress import Job
from emotion_core.tracing.activations import FloatArray
from emotion_core.tracing.record import read_tokens
from emotion_core.tracing.tokens import project_layers
from emotion_core.vectors.build import neutral_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors

MOST_NEUTRAL = 200
RANDOM_DIRECTIONS = 200
# Long neutral documents, for the zero point late in a text.
DOCUMENTS = 8
MOST_POSITIONS = 1024


@dataclass(frozen=True)
class Baseline:
    """Directions with what neutral texts read on them.

    Attributes:
        emotions: The first directions; the rest are random.
        layers: Layers, ascending.
        directions: float32 [layers, emotions + random, width], unit length.
        tokens: Scale of single tokens by their position in the text, see `PositionScale`.
        texts: Scale of whole texts, pooled as the vectors' own training texts were.
        n_texts: Number of neutral texts.
    """

    emotions: tuple[str, ...]
    layers: tuple[int, ...]
    directions: FloatArray
    tokens: PositionScale
    texts: Scale
    n_texts: int

    @property
    def by_layer(self) -> dict[int, FloatArray]:
        """The directions as `project_layers` takes them."""
        return dict(zip(self.layers, self.directions, strict=True))


def read_baseline(
    model: LoadedModel, vectors: EmotionVectors, layers: Sequence[int] | None = None, seed: int = 0
) -> Job[Baseline]:
    """Reads the built-in neutral texts on all emotions and on random directions, as a job.

    Args:
        model: The model the vectors belong to.
        vectors: The emotions.
        layers: Layers to read; by default the one chosen for all emotions together.
        seed: Of the random directions.

    Raises:
        SettingsError: There is no such layer, or too few neutral texts.
    """
    chosen = check_layers(vectors, layers)
    directions = _directions(vectors, chosen, seed)
    texts = neutral_texts(model, vectors.reading)[:MOST_NEUTRAL]
    encodings = [model.encode(text, chat=vectors.reading.chat) for text in texts]
    documents = _documents(model, texts, seed)
    by_layer = dict(zip(chosen, directions, strict=True))
    found = yield from project_layers(model, [*encodings, *documents], by_layer)
    short = found[: len(encodings)]
    pooled = np.stack([p[read_tokens(e, vectors.reading)].mean(0) for p, e in zip(short, encodings, strict=True)])
    return Baseline(
        emotions=vectors.emotions,
        layers=chosen,
        directions=directions,
        tokens=position_scale(found),
        texts=scale_of(pooled),
        n_texts=len(encodings),
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


def _documents(model: LoadedModel, texts: tuple[str, ...], seed: int) -> list[Encoding]:
    """Neutral texts one after another, each document in another order, as long as the context or `MOST_POSITIONS`."""
    longest = min(model.info.context, MOST_POSITIONS)
    rng = np.random.default_rng(seed)
    documents = []
    for _ in range(DOCUMENTS):
        whole = encode(model.tokenizer, " ".join(texts[i] for i in rng.permutation(len(texts))), context=10**9)
        documents.append(Encoding(whole.ids[:longest], whole.content[:longest]))
    return documents


def _directions(vectors: EmotionVectors, layers: tuple[int, ...], seed: int) -> FloatArray:
    """float32 [layers, emotions + random, width]."""
    width = vectors.values.shape[2]
    random = np.random.default_rng(seed).standard_normal((RANDOM_DIRECTIONS, width))
    random /= np.linalg.norm(random, axis=-1, keepdims=True)
    own = vectors.units[:, list(layers)].transpose(1, 0, 2)  # (layers, emotions, width)
    shared = np.broadcast_to(random, (len(layers), *random.shape))
    return np.concatenate([own, shared], axis=1).astype(np.float32)
