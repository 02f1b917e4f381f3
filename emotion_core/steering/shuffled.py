"""Control vectors from shuffled labels: built from the same texts in the same way, with labels that mean nothing.

A random direction asks whether any push does the same; a label-shuffled vector asks whether any difference between
the texts of this training set does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emotion_core.errors import SettingsError
from emotion_core.evaluation.relabel import permutations, starts, swaps
from emotion_core.models.loaded import LoadedModel
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.progress import Job
from emotion_core.tracing.activations import FloatArray
from emotion_core.tracing.located import located
from emotion_core.tracing.record import record
from emotion_core.vectors.build import neutral_texts, training_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import estimate
from emotion_core.vectors.neutral import neutral_components, project_out
from emotion_core.vectors.rows import Block, LabelledRows, PairRows, blocks_of, places


def shuffled_units(
    model: LoadedModel,
    vectors: EmotionVectors,
    emotion: str,
    layers: Sequence[int],
    draws: int,
    seed: int,
    cache: ActivationCache | None = None,
) -> Job[FloatArray]:
    """Unit vectors from shuffled training labels, as a job that reads the training texts.

    Args:
        model: The model.
        vectors: Whose prompt sets, reading position and estimator are used.
        emotion: Whose labels are shuffled.
        layers: Layers to build at.
        draws: Number of shuffles.
        seed: Draws them.
        cache: Activations read before.

    Returns:
        float32 [draws, layers, width].

    Raises:
        SettingsError: The training texts are not known, or a shuffled vector has no length.
    """
    if not vectors.prompt_sets:
        raise SettingsError(
            "Label-shuffled vectors need the texts the vectors were built from",
            where=emotion,
            found="vectors without prompt sets, such as imported ones",
            remedy="Leave the label-shuffled vectors out, or build the vectors here",
        )
    reading = record(model, training_texts(vectors.prompt_sets), vectors.reading, cache)
    activations = yield from located(reading, model, vectors.prompt_sets, vectors.reading.chat)
    values = activations.values
    if vectors.neutral_projection:
        neutral = yield from record(model, neutral_texts(model, vectors.reading), vectors.reading, cache)
        values = project_out(values, neutral_components(neutral.values))
    texts = [t for one in vectors.prompt_sets for t in one.part("train")]
    block = next(b for b in blocks_of(texts, places(activations.texts)) if emotion in b.emotions)
    chosen = np.ascontiguousarray(values[:, list(layers)])
    rng = np.random.default_rng([seed, 0x5F])
    number = block.emotions.index(emotion)
    drawn = redrawn(block, draws, rng)
    found = np.stack([estimate(chosen, one, vectors.estimator)[number] for one in drawn])  # (draws, layers, width)
    lengths = np.linalg.norm(found, axis=-1, keepdims=True)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise SettingsError(
            "A label-shuffled vector has no length", where=emotion, remedy="Use more training texts, or leave it out"
        )
    units: FloatArray = (found / lengths).astype(np.float32)
    return units


def redrawn(block: Block, draws: int, rng: np.random.Generator) -> list[Block]:
    """The block with shuffled labels, `draws` times: sides change places in pairs, labels within topics."""
    if isinstance(block, PairRows):
        return [
            PairRows(
                block.emotion,
                np.where(turned, block.negative, block.positive),
                np.where(turned, block.positive, block.negative),
                block.groups,
            )
            for turned in swaps(block, draws, rng)
        ]
    sizes = np.diff(starts(block))
    labels = np.repeat(np.arange(len(block.emotions)), sizes)
    found: list[Block] = []
    for order in permutations(block, draws, rng):
        groups = tuple(block.groups[int(i)] for i in order)
        found.append(LabelledRows(block.emotions, block.rows[order], labels, groups))
    return found
