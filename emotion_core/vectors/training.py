"""What a vector set was made from: its training texts as the model read them, with every projection applied.

Whatever builds a set's vectors again (from resampled texts, fewer texts, shuffled labels, on a map) asks here, so that
it gets what the build used, and only the emotions that the set still has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
from emotion_core.vectors.estimate import estimate
from emotion_core.vectors.neutral import neutral_components, project_out
from emotion_core.vectors.orthogonal import orthonormal
from emotion_core.vectors.rows import Block, blocks_of, places


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
