"""Scores of texts along vectors from shuffled labels, a chunk of draws at a time.

The difference in means is linear, so a shuffled vector's scores are sums of inner products of training and scored
texts: one matrix a layer, from which every draw is read off without ever forming the vector.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy.sparse import csr_array

from emotion_core.base.activations import FloatArray
from emotion_core.evaluation.relabel import permutations, starts, swaps
from emotion_core.vectors.estimate import Block, IntArray, PairRows

# Scores held at once, in numbers: 64 MB of float32.
_BUDGET = 16 * 1024**2

# Scores of a chunk of draws at a layer, float32 [draws, emotions, texts], and the numbers of these draws; nothing for
# a layer that is not finite.
ScoresOfDraws = Callable[[int], Iterator[tuple[slice, FloatArray]]]


def reextracted(
    train: FloatArray, block: Block, emotions: tuple[str, ...], test: FloatArray, draws: int, rng: np.random.Generator
) -> ScoresOfDraws:
    """Scores along differences in means of shuffled training labels.

    Args:
        train: float32 [training texts, layers, width], that `block` counts into.
        block: Training rows.
        emotions: Emotions of the block that are scored.
        test: float32 [scored texts, layers, width].
        draws: How many shuffles.
        rng: Draws them.
    """
    chosen = np.array([block.emotions.index(emotion) for emotion in emotions])
    step = max(1, _BUDGET // (len(block.emotions) * max(1, len(test))))
    if isinstance(block, PairRows):
        signs = np.array([1, -1], dtype=np.float32)[swaps(block, draws, rng).astype(np.int8)]
    else:
        order, bounds = permutations(block, draws, rng), starts(block)

    def scores_of(layer: int) -> Iterator[tuple[slice, FloatArray]]:
        centred, held = centred_rows(train[:, layer]), centred_rows(test[:, layer])
        if centred is None or held is None:
            return
        for start in range(0, draws, step):
            part = slice(start, min(start + step, draws))
            if isinstance(block, PairRows):
                differences = centred[block.positive] - centred[block.negative]  # (pairs, width)
                scores = (signs[part] @ (differences @ held.T)).astype(np.float32, copy=False)  # (draws, texts)
                yield part, scores[:, None]
            else:
                yield part, _labelled_scores(centred[block.rows], order[part], bounds, held)[:, chosen]

    return scores_of


def fixed(vectors: FloatArray, test: FloatArray, draws: int) -> ScoresOfDraws:
    """Scores along the vectors as they are, for estimators and imports that cannot be extracted 200 times.

    Shuffling held-out labels alone is a valid test as well; it asks less of the training set.

    Args:
        vectors: float32 [emotions, layers, width].
        test: float32 [scored texts, layers, width].
        draws: How many shuffles.
    """

    def scores_of(layer: int) -> Iterator[tuple[slice, FloatArray]]:
        held = centred_rows(test[:, layer])
        if held is None or not np.isfinite(vectors[:, layer]).all():
            return
        scores = vectors[:, layer] @ held.T  # (emotions, texts)
        step = max(1, _BUDGET // max(1, scores.size))
        for start in range(0, draws, step):
            part = slice(start, min(start + step, draws))
            yield part, np.broadcast_to(scores, (part.stop - part.start, *scores.shape))

    return scores_of


def _labelled_scores(train: FloatArray, order: IntArray, bounds: IntArray, held: FloatArray) -> FloatArray:
    """float32 [draws, emotions, texts] from texts in shuffled order, int64 [draws, training texts]."""
    draws, n = order.shape
    sizes = np.diff(bounds)
    weights = np.repeat(1 / np.maximum(sizes, 1), sizes).astype(np.float32)
    edges = np.concatenate([[0], (np.arange(draws)[:, None] * n + bounds[1:]).ravel()])
    means = csr_array((np.tile(weights, draws), order.ravel(), edges), shape=(draws * len(sizes), n))
    # Inner products first while the scored texts are few, else means of activations first: the fewer numbers.
    narrow = held.shape[0] <= 4 * held.shape[1]
    scores = means @ (train @ held.T) if narrow else (means @ train) @ held.T
    scores = scores.reshape(draws, len(sizes), held.shape[0])
    result: FloatArray = scores - scores.mean(axis=1, keepdims=True)
    return result


def centred_rows(rows: FloatArray) -> FloatArray | None:
    """Rows around their mean, which keeps float32 exact enough and moves all scores alike; None if not finite."""
    if not np.isfinite(rows).all():
        return None
    result: FloatArray = (rows - rows.mean(axis=0, dtype=np.float64)).astype(np.float32)
    return result
