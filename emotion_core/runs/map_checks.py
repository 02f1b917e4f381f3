"""What the map needs a model for, as one run: stability, other ways of making it, tokens and texts of every emotion."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import ActivationCache, Activations, FloatArray
from emotion_core.base.errors import ModelError, SettingsError
from emotion_core.base.jobs import Job, Progress
from emotion_core.geometry.emotion_map import fewer_clusters
from emotion_core.geometry.stability import (
    ExampleTexts,
    Stability,
    Variant,
    candidates,
    rank,
    stability,
    variant,
    without_largest,
)
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.logit_lens import extremes, logit_lens
from emotion_core.tracing.record import record
from emotion_core.vectors.build import Training, neutral_texts, training, training_of
from emotion_core.vectors.emotion_vectors import EmotionVectors

TOKENS = 8


@dataclass(frozen=True)
class LensTokens:
    """Tokens that each direction promotes and suppresses by the logit lens.

    Attributes:
        promoted: int32 [layers, emotions, tokens], counting into `pieces`, strongest first.
        suppressed: int32 like `promoted`.
        z_promoted: float32 like `promoted`, in standard deviations over the vocabulary.
        z_suppressed: float32 like `promoted`.
        pieces: The tokens as a person reads them.
    """

    promoted: npt.NDArray[np.int32]
    suppressed: npt.NDArray[np.int32]
    z_promoted: FloatArray
    z_suppressed: FloatArray
    pieces: tuple[str, ...]


@dataclass(frozen=True)
class MapChecks:
    """What a finished run found. A part that cannot be had is None, and `reasons` says why, also of fewer clusters.

    Attributes:
        emotions: The emotions of all parts.
        stability: Under other training texts.
        variants: The map as built first, then made in other ways; empty for vectors without known texts.
        examples: Texts at the two ends of every direction.
        lens: Tokens of every direction.
        reasons: Why a part is missing, or is other than asked for, by its name.
    """

    emotions: tuple[str, ...]
    stability: Stability | None
    variants: tuple[Variant, ...]
    examples: ExampleTexts | None
    lens: LensTokens | None
    reasons: dict[str, str]


def check_map(
    model: LoadedModel, vectors: EmotionVectors, clusters: int, cache: ActivationCache | None = None
) -> Job[MapChecks]:
    """All parts, as one job.

    Args:
        model: That the vectors belong to.
        vectors: At least three emotions.
        clusters: Groups of k-means.
        cache: Activations read before.
    """
    reasons: dict[str, str] = {}
    neutral = yield from record(model, neutral_texts(model, vectors.reading), vectors.reading, cache)
    labelled = candidates(vectors.prompt_sets, neutral.texts)
    shown = yield from record(model, [text for text, _ in labelled], vectors.reading, cache)
    examples = rank(shown.values, labelled, vectors.units)
    lens: LensTokens | None = None
    try:
        lens = yield from _lens(model, vectors)
    except ModelError as error:
        reasons["lens"] = error.message
    found: Stability | None = None
    variants: tuple[Variant, ...] = ()
    if vectors.prompt_sets:
        material = yield from training(model, vectors, cache)
        variants = yield from _variants(material, neutral)
        try:
            found = yield from stability(
                material.values, material.blocks, vectors.estimator, clusters, vectors.seed, kept=material.kept
            )
            fewer = fewer_clusters(clusters, len(vectors.emotions))
            if fewer:
                reasons["clusters"] = fewer
        except SettingsError as error:
            reasons["stability"] = error.message
    else:
        reasons["stability"] = "These vectors were imported: the texts they were built from are not known."
    return MapChecks(vectors.emotions, found, variants, examples, lens, reasons)


def _variants(material: Training, neutral: Activations) -> Job[tuple[Variant, ...]]:
    """As built, with the other choice of neutral projection, and without the largest dimension."""
    vectors = material.vectors
    other = replace(vectors, neutral_projection=not vectors.neutral_projection)
    name = f"{'with' if other.neutral_projection else 'without'} neutral projection"
    made = (
        ("as built", vectors.values),
        (name, training_of(other, material.activations, neutral).estimate()),
        ("without the largest dimension", without_largest(vectors.values)),
    )
    found = []
    for done, (label, one) in enumerate(made):
        yield Progress(done, len(made), "making the map in other ways")
        found.append(variant(label, one, vectors.values, vectors.emotions, vectors.seed))
    return tuple(found)


def _lens(model: LoadedModel, vectors: EmotionVectors) -> Job[LensTokens]:
    tables: list[list[np.ndarray]] = []
    for layer in range(vectors.n_layers):
        yield Progress(layer, vectors.n_layers, "finding the tokens of each direction")
        logits = logit_lens(model, vectors.units[:, layer])
        high, low = extremes(logits, TOKENS)
        tables.append([high, low, np.take_along_axis(logits, high, 1), np.take_along_axis(logits, low, 1)])
    promoted, suppressed, z_high, z_low = (np.stack(part) for part in zip(*tables, strict=True))
    used, index = np.unique(np.concatenate([promoted.ravel(), suppressed.ravel()]), return_inverse=True)
    ids = index.astype(np.int32).reshape(2, *promoted.shape)
    pieces = tuple(model.pieces([int(i)])[0] for i in used)  # single tokens, no sequence
    return LensTokens(ids[0], ids[1], z_high.astype(np.float32), z_low.astype(np.float32), pieces)
