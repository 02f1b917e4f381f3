"""How many pairs are enough: the vector from a part of the training rows, against the vector from all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion_core.evaluation.auroc import auroc
from emotion_core.runs.progress import Job, Progress
from emotion_core.tracing.activations import Activations, FloatArray
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import estimate
from emotion_core.vectors.rows import Block, BoolArray, LabelledRows, PairRows
from emotion_core.vectors.select import project

DRAWS = 40
SIZES = (2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)


@dataclass(frozen=True)
class SizePoint:
    """Vectors from `n` randomly chosen training pairs (or texts of each emotion), mean over emotions and draws.

    Attributes:
        n: Pairs, or texts of each emotion.
        cosine_to_full: Mean cosine to the vector from all training rows, at its chosen layer.
        cosine_low: 5th percentile over draws.
        cosine_high: 95th percentile.
        auroc: Mean held-out AUROC; nan without held-out rows.
        auroc_low: 5th percentile over draws.
        auroc_high: 95th percentile.
    """

    n: int
    cosine_to_full: float
    cosine_low: float
    cosine_high: float
    auroc: float
    auroc_low: float
    auroc_high: float


def sample_size(
    vectors: EmotionVectors,
    train: Activations,
    train_blocks: Sequence[Block],
    test: Activations | None,
    test_blocks: Sequence[Block],
    draws: int = DRAWS,
    seed: int = 0,
) -> Job[tuple[SizePoint, ...]]:
    """The curve over sizes, as a job that yields after each; the last point is all rows.

    Args:
        vectors: The vectors from all training rows.
        train: Activations of the training texts.
        train_blocks: Their rows.
        test: Activations of the held-out texts.
        test_blocks: Their rows.
        draws: Random subsets of each size.
        seed: Of the subsets.
    """
    rng = np.random.default_rng([seed, 0x517E])
    most = max((_size(block) for block in train_blocks), default=0)
    sizes = [n for n in SIZES if n < most]
    points = []
    for done, n in enumerate([*sizes, most] if most else []):
        repeats = draws if n < most else 1
        pairs = [_one_draw(vectors, train, train_blocks, test, test_blocks, n, rng) for _ in range(repeats)]
        points.append(_point(n, np.array(pairs)))
        yield Progress(done + 1, len(sizes) + 1, "vectors from fewer rows")
    return tuple(points)


def enough(points: Sequence[SizePoint], cosine: float = 0.9) -> int | None:
    """The smallest size from which on vectors keep a mean cosine of at least `cosine` with the full one; None without.

    A curve that falls below again has not settled. The last point is the full vector itself and does not count: it
    would always be enough.
    """
    found = None
    for point in points[:-1]:
        if not point.cosine_to_full >= cosine:  # nan is not enough either
            found = None
        elif found is None:
            found = point.n
    return found


def _one_draw(
    vectors: EmotionVectors,
    train: Activations,
    train_blocks: Sequence[Block],
    test: Activations | None,
    test_blocks: Sequence[Block],
    n: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Mean cosine and mean held-out AUROC over the emotions of one subset."""
    cosines, scores = [], []
    for block in train_blocks:
        part = block.only(_subset(block, n, rng))
        kept = [emotion for emotion in block.emotions if emotion in vectors.emotions]
        layers = sorted({vectors.layer_of(emotion) for emotion in kept})
        built = estimate(train.values[:, layers], part, vectors.estimator)  # (emotions, chosen layers, width)
        for emotion in kept:
            layer = vectors.layer_of(emotion)
            small = built[block.emotions.index(emotion), layers.index(layer)]
            cosines.append(_cosine(small, vectors.values[vectors.index(emotion), layer]))
            scores += [_auroc(test, one, emotion, layer, small) for one in test_blocks if emotion in one.emotions]
    return float(np.nanmean(cosines)), float(np.nanmean(scores)) if np.isfinite(scores).any() else float("nan")


def _auroc(test: Activations | None, block: Block, emotion: str, layer: int, vector: FloatArray) -> float:
    if test is None:
        return float("nan")
    positive, negative = project(test.values[:, [layer]], block.sides(emotion), vector[None])
    return float(auroc(positive, negative)[0])


def _size(block: Block) -> int:
    if isinstance(block, PairRows):
        return len(block)
    return int(np.bincount(block.labels).max())


def _subset(block: Block, n: int, rng: np.random.Generator) -> BoolArray:
    """Boolean [rows] that keeps n pairs, or n texts of each emotion (all where there are fewer)."""
    keep = np.zeros(len(block), dtype=bool)
    classes = block.labels if isinstance(block, LabelledRows) else np.zeros(len(block), dtype=np.int64)
    for label in np.unique(classes):
        own = np.flatnonzero(classes == label)
        keep[rng.permutation(own)[:n]] = True
    return keep


def _cosine(a: FloatArray, b: FloatArray) -> float:
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths > 0 else float("nan")


def _point(n: int, pairs: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> SizePoint:
    def spread(column: int) -> tuple[float, float, float]:
        values = pairs[:, column][np.isfinite(pairs[:, column])]
        if not len(values):
            return (float("nan"),) * 3
        return float(values.mean()), float(np.percentile(values, 5)), float(np.percentile(values, 95))

    return SizePoint(n, *spread(0), *spread(1))
