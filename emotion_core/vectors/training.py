"""What a vector set was made from: its training texts as the model read them, with every projection applied.

Whatever builds a set's vectors again (from resampled texts, fewer texts, shuffled labels, on a map) asks here, so that
it gets what the build used, and only the emotions that the set still has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from emotion_core.base.activations import Activations, FloatArray
from emotion_core.base.cache import ActivationCache
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.located import located
from emotion_core.tracing.record import record
from emotion_core.vectors.build import neutral_texts, training_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors, Estimator
from emotion_core.vectors.estimate import Block, blocks_of, estimate, places


def neutral_components(neutral: FloatArray, share: float = 0.5) -> tuple[FloatArray, ...]:
    """Main directions of neutral text, layer by layer (Sofroniew et al. 2026).

    Args:
        neutral: float32 [texts, layers, width], activations of neutral texts.
        share: The fewest components are taken that explain this share of the variance.

    Returns:
        One float32 [components, width] a layer, orthonormal rows; none where the texts do not vary or are not finite.
    """
    found = []
    for layer in range(neutral.shape[1]):
        rows = neutral[:, layer].astype(np.float64)  # (texts, width)
        if len(rows) < 2 or not np.isfinite(rows).all():
            found.append(np.zeros((0, neutral.shape[2]), dtype=np.float32))
            continue
        _, sizes, directions = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
        variance = np.cumsum(sizes**2)
        enough = int(np.searchsorted(variance, share * variance[-1] * (1 - 1e-12))) + 1 if variance[-1] > 0 else 0
        found.append(directions[:enough].astype(np.float32))
    return tuple(found)


def project_out(values: FloatArray, components: tuple[FloatArray, ...]) -> FloatArray:
    """The part of activations or vectors that is orthogonal to the components of each layer.

    Args:
        values: float32 [rows, layers, width].
        components: One orthonormal [components, width] a layer.

    Returns:
        float32 [rows, layers, width], a copy.
    """
    result = values.copy()
    for layer, directions in enumerate(components):
        result[:, layer] -= (values[:, layer] @ directions.T) @ directions
    return result


# Of its length at the chosen layer a vector keeps at least this share, or nothing is left of it but rounding.
LEAST_LEFT = 0.01


def orthonormal(directions: FloatArray) -> tuple[FloatArray, ...]:
    """Orthonormal rows that span the directions, layer by layer.

    Args:
        directions: float32 [directions, layers, width]; a zero or broken direction spans nothing at its layer.

    Returns:
        One float32 [components, width] a layer; fewer components than directions where these depend on each other.
    """
    found = []
    for layer in range(directions.shape[1]):
        rows = directions[:, layer].astype(np.float64)
        lengths = np.linalg.norm(rows, axis=1)
        good = np.isfinite(lengths) & (lengths > 0)
        if not good.any():
            found.append(np.zeros((0, directions.shape[2]), dtype=np.float32))
            continue
        _, sizes, basis = np.linalg.svd(rows[good] / lengths[good, None], full_matrices=False)
        found.append(basis[sizes > 1e-6 * sizes[0]].astype(np.float32))
    return tuple(found)


def orthogonal_to(vectors: EmotionVectors, directions: FloatArray, names: Sequence[str]) -> EmotionVectors:
    """The vectors without chosen directions; emotions that are among the directions are left out.

    Layers, prompt sets and settings stay, so that scores before and after compare at the same layer. The midpoints of
    the training means are unknown until `with_midpoints` of the build gives them anew.

    Args:
        vectors: The vectors.
        directions: float32 [directions, layers, width].
        names: What each direction stands for.

    Raises:
        SettingsError: There is no direction, or nothing is left of an emotion at its chosen layer.
    """
    kept = [e for e, emotion in enumerate(vectors.emotions) if emotion not in names]
    if not len(directions) or not kept:
        raise SettingsError(
            "There is nothing to project out",
            expected="at least one direction that is not the emotion itself",
            found=", ".join(names) or "none",
        )
    # With what was projected out before: one after the other would bring a part of the first one back.
    removed = directions if vectors.removed is None else np.concatenate([vectors.removed, directions])
    components = orthonormal(removed)
    values = project_out(vectors.values[kept], components)
    layers = tuple(vectors.selected_layers[e] for e in kept)
    for row, (e, layer) in enumerate(zip(kept, layers, strict=True)):
        if share_left(values[row, layer], vectors.values[e, layer]) < LEAST_LEFT:
            raise SettingsError(
                f"Nothing is left of '{vectors.emotions[e]}' without these directions",
                where=f"layer {layer}",
                expected=f"at least {LEAST_LEFT:.0%} of its length",
                remedy="Project out fewer directions",
            )
    return replace(
        vectors,
        emotions=tuple(vectors.emotions[e] for e in kept),
        values=values,
        selected_layers=layers,
        selected_layer=layers[0] if len(layers) == 1 else vectors.selected_layer,
        cv_auroc=vectors.cv_auroc[kept],
        train_midpoints=np.full_like(vectors.train_midpoints[kept], np.nan),
        removed=removed.astype(np.float32),
        origin="; ".join(part for part in (vectors.origin, f"without {', '.join(names)}") if part),
        created="",
    )


def without_removed(values: FloatArray, vectors: EmotionVectors) -> FloatArray:
    """Activations [texts, layers, width] without the directions that were projected out of the vectors.

    A vector's product with a text is the same before and after, once the directions are out of the vector.
    """
    return values if vectors.removed is None else project_out(values, orthonormal(vectors.removed))


def share_left(after: FloatArray, before: FloatArray) -> float:
    """Length of a vector [width] after a projection, as a share of its length before; nan without a length."""
    whole = float(np.linalg.norm(before.astype(np.float64)))
    return float(np.linalg.norm(after.astype(np.float64))) / whole if whole > 0 else float("nan")


@dataclass(frozen=True)
class Training:
    """The training material of a vector set.

    Attributes:
        vectors: The set.
        activations: Of its training texts as recorded, without any projection.
        neutral: Activations of the neutral texts as recorded; None where nothing of theirs was projected out.
        values: float32 [texts, layers, width], the training activations as the build used them, with what was
            projected out of the vectors later left out as well.
        blocks: Training rows of all emotions that the set was built from. Means of labelled texts are taken around
            the mean of all of them, so an emotion that was taken out of the set later still has a say.
        kept: Places of the set's emotions among those of the blocks, in the order of the set.
    """

    vectors: EmotionVectors
    activations: Activations
    neutral: Activations | None
    values: FloatArray
    blocks: tuple[Block, ...]
    kept: tuple[int, ...]

    def estimate(
        self,
        blocks: Sequence[Block] | None = None,
        *,
        values: FloatArray | None = None,
        estimator: Estimator | None = None,
    ) -> FloatArray:
        """Vectors of the set's emotions, float32 [emotions, layers, width].

        Args:
            blocks: Training rows instead of the set's own: resampled, shuffled or fewer; with the same emotions.
            values: Activations instead of `values`, such as those of some layers or without a projection.
            estimator: Instead of the set's own.
        """
        rows = self.values if values is None else values
        way = estimator or self.vectors.estimator
        built = [estimate(rows, block, way) for block in blocks or self.blocks]
        return np.concatenate(built)[list(self.kept)]

    def block_of(self, emotion: str) -> Block:
        """Training rows of an emotion.

        Raises:
            SettingsError: The set was built without texts of it.
        """
        for block in self.blocks:
            if emotion in block.emotions:
                return block
        raise unknown_texts(emotion)

    @property
    def components(self) -> tuple[tuple[FloatArray, ...], ...]:
        """What is projected out of the vectors, in this order: orthonormal [components, width] a layer each."""
        return projections(self.vectors, self.neutral)

    def as_scored(self, values: FloatArray) -> FloatArray:
        """Scored activations [texts, layers, width] whose product with an unprojected vector is that of the projected.

        The projections are symmetric, so a product with `P2 P1 v` is the product of `P1 P2 x` with v.
        """
        for components in reversed(self.components):
            values = project_out(values, components)
        return values


def training(model: LoadedModel, vectors: EmotionVectors, cache: ActivationCache | None = None) -> Job[Training]:
    """Reads what a vector set was made from, as a job; mostly from the cache.

    Args:
        model: The model of the vectors.
        vectors: The vectors.
        cache: Activations read before.

    Raises:
        SettingsError: The texts are not known (imported vectors).
        ModelError: A text cannot be read.
    """
    if not vectors.prompt_sets:
        raise unknown_texts(", ".join(vectors.emotions[:3]))
    texts = training_texts(vectors.prompt_sets)
    neutral = neutral_texts(model, vectors.reading) if vectors.neutral_projection else ()
    reading = record(model, (*texts, *neutral), vectors.reading, cache)
    read = yield from located(reading, model, vectors.prompt_sets, vectors.reading.chat)
    n = len(texts)
    return training_of(vectors, read.between(0, n), read.between(n, n + len(neutral)) if neutral else None)


def training_of(vectors: EmotionVectors, activations: Activations, neutral: Activations | None) -> Training:
    """The training material from activations that are already there; array operations only.

    Args:
        vectors: Vectors with their prompt sets.
        activations: Of all their training texts at least.
        neutral: Of neutral texts; needed where the vectors are without their main directions.

    Raises:
        SettingsError: The texts of an emotion are not known, or a text has no activations.
    """
    texts = [t for one in vectors.prompt_sets for t in one.part("train")]
    blocks = blocks_of(texts, places(activations.texts))
    built = [emotion for block in blocks for emotion in block.emotions]
    missing = [emotion for emotion in vectors.emotions if emotion not in built]
    if missing:
        raise unknown_texts(missing[0])
    values = activations.values
    for components in projections(vectors, neutral):
        values = project_out(values, components)
    kept = tuple(built.index(emotion) for emotion in vectors.emotions)
    return Training(vectors, activations, neutral, values, blocks, kept)


def projections(vectors: EmotionVectors, neutral: Activations | None) -> tuple[tuple[FloatArray, ...], ...]:
    """What was projected out of vectors, in the order in which it was: neutral directions, then chosen ones.

    Raises:
        SettingsError: Neutral directions were, and there are no neutral texts.
    """
    steps = []
    if vectors.neutral_projection:
        if neutral is None:
            raise SettingsError("The vectors are without neutral directions, but no neutral texts were read")
        steps.append(neutral_components(neutral.values))
    if vectors.removed is not None:
        steps.append(orthonormal(vectors.removed))
    return tuple(steps)


def unknown_texts(emotion: str) -> SettingsError:
    """What is said where vectors come without the texts they were built from."""
    return SettingsError(
        "The texts that these vectors were built from are not known",
        where=emotion,
        expected="vectors with their prompt sets",
        found="vectors without prompt sets, such as imported ones",
        remedy="Build the vectors here from their prompts",
    )
