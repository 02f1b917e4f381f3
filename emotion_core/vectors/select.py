"""Chooses a layer by cross-validation inside the training texts; held-out texts play no part in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.prompts.splits import topic_folds
from emotion_core.stats.auroc import Array, auroc
from emotion_core.stats.effect_size import cohens_d
from emotion_core.vectors.emotion_vectors import Estimator
from emotion_core.vectors.estimate import estimate
from emotion_core.vectors.rows import Block, IntArray


@dataclass(frozen=True)
class CrossValidation:
    """How well each layer does on topics it was not built from.

    Attributes:
        auroc: float64 [emotions, layers], mean over folds, weighted by their positive texts; nan where no fold
            could be scored.
        d: float64 [emotions, layers], the same for Cohen's d: it decides where layers tie.
        folds: float64 [folds, emotions, layers], AUROC of each fold; nan where it could not be scored.
    """

    auroc: Array
    d: Array
    folds: Array

    @classmethod
    def joined(cls, parts: Sequence[CrossValidation]) -> CrossValidation:
        """The emotions of several blocks, one after the other."""
        most = max(len(part.folds) for part in parts)
        padded = [
            np.concatenate([part.folds, np.full((most - len(part.folds), *part.folds.shape[1:]), np.nan)])
            for part in parts
        ]
        return cls(
            np.concatenate([part.auroc for part in parts]),
            np.concatenate([part.d for part in parts]),
            np.concatenate(padded, axis=1),
        )


def cross_validate(values: FloatArray, block: Block, estimator: Estimator, folds: int, seed: int) -> CrossValidation:
    """Builds from all topics but a fold's and scores that fold, for every layer at once.

    Args:
        values: float32 [all texts, layers, width].
        block: Training rows of one block of emotions.
        estimator: As in the build.
        folds: Number of parts; fewer where there are fewer topics.
        seed: Of the parts.
    """
    fold_of = fold_numbers(block.groups, folds, seed)
    shape = (len(block.emotions), values.shape[1])
    sums, weights = np.zeros((2, *shape)), np.zeros((2, *shape))
    by_fold = []
    for fold in np.unique(fold_of) if len(np.unique(fold_of)) > 1 else ():
        vectors = estimate(values, block.only(fold_of != fold), estimator)
        test = block.only(fold_of == fold)
        scored = np.full(shape, np.nan)
        for e, (positive, negative) in enumerate(side_scores(values, test, vectors)):
            for i, measure in enumerate((auroc(positive, negative), cohens_d(positive, negative))):
                usable = np.isfinite(measure)
                sums[i, e] += np.where(usable, measure, 0.0) * positive.shape[-1]
                weights[i, e] += usable * positive.shape[-1]
            scored[e] = auroc(positive, negative)
        by_fold.append(scored)
    means = np.divide(sums, weights, out=np.full_like(sums, np.nan), where=weights > 0)
    return CrossValidation(means[0], means[1], np.stack(by_fold) if by_fold else np.zeros((0, *shape)))


def fold_numbers(groups: tuple[str, ...], folds: int, seed: int) -> IntArray:
    """int64 [rows], the fold of each row; rows of one topic stay together.

    With a single topic no fold can leave it out; rows are then folded one by one, which is all that can be done.
    """
    if len(set(groups)) < 2:
        groups = tuple(str(i) for i in range(len(groups)))
    n_folds = min(folds, len(set(groups)))
    if n_folds < 2:
        return np.zeros(len(groups), dtype=np.int64)
    return np.asarray(topic_folds(groups, n_folds, seed), dtype=np.int64)


def project(values: FloatArray, sides: tuple[IntArray, IntArray], vector: FloatArray) -> tuple[Array, Array]:
    """Projections of both sides on one vector a layer, on its unit direction.

    Args:
        values: float32 [all texts, layers, width].
        sides: Rows of the positive and of the negative texts.
        vector: float32 [layers, width].

    Returns:
        float64 [layers, positives] and [layers, negatives]; a zero vector gives zeros.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        length = np.linalg.norm(vector.astype(np.float64), axis=-1, keepdims=True)
        unit = np.divide(vector, length, out=np.zeros(vector.shape), where=length != 0)  # (layers, width)
        positive, negative = (np.einsum("tlw,lw->lt", values[rows], unit, optimize=True) for rows in sides)
    return np.asarray(positive, np.float64), np.asarray(negative, np.float64)


def side_scores(values: FloatArray, block: Block, vectors: FloatArray) -> Iterator[tuple[Array, Array]]:
    """Projections of both sides for every emotion of a block; all texts are projected in one product a layer.

    Args:
        values: float32 [all texts, layers, width].
        block: Rows and emotions.
        vectors: float32 [emotions of the block, layers, width].

    Yields:
        As `project`, emotion by emotion.
    """
    sides = [block.sides(emotion) for emotion in block.emotions]
    used = np.unique(np.concatenate([rows for pair in sides for rows in pair]))
    with np.errstate(invalid="ignore", over="ignore"):
        lengths = np.linalg.norm(vectors.astype(np.float64), axis=-1, keepdims=True)
        units = np.divide(vectors, lengths, out=np.zeros(vectors.shape), where=lengths != 0)
        # Layer by layer: a copy in double precision of all layers would be the largest array of a build.
        scores = np.stack([units[:, i] @ values[used, i].astype(np.float64).T for i in range(values.shape[1])])
    for e, (positive, negative) in enumerate(sides):
        yield scores[:, e, np.searchsorted(used, positive)], scores[:, e, np.searchsorted(used, negative)]


def best_layer(measures: CrossValidation, emotion: int | None = None) -> int:
    """The layer nearest to two thirds of the depth among those that do as well as the best; for one emotion or all.

    On training texts of one author most layers tell emotions apart nearly perfectly, the first ones by single words;
    which of them comes out a hair above the others is chance. So a layer counts as good as the best where its AUROC
    lies within one standard error of the difference over the folds (Breiman et al. 1984, section 3.4.3, for trees), and
    of these the one is taken that the work which this follows reads at (Sofroniew et al. 2026). Among equally near
    ones the higher d decides.

    Where nothing could be cross-validated: two thirds of the depth.
    """
    rows = slice(None) if emotion is None else slice(emotion, emotion + 1)
    area, size = (_mean_over_emotions(table[rows]) for table in (measures.auroc, measures.d))
    wanted = fallback_layer(len(area))
    if not np.isfinite(area).any():
        return wanted
    best = int(np.nanargmax(area))
    folds = np.array([_mean_over_emotions(fold[rows]) for fold in measures.folds]).reshape(-1, len(area))
    error = np.zeros(len(area))
    if len(folds) > 1:
        with np.errstate(invalid="ignore"):
            behind = folds[:, [best]] - folds  # (folds, layers)
            error = np.nan_to_num(behind.std(axis=0, ddof=1) / np.sqrt(len(folds)))
    good = np.flatnonzero(area >= area[best] - error - 1e-9)
    return int(min(good, key=lambda layer: (abs(layer - wanted), -np.nan_to_num(size[layer], nan=-np.inf))))


def fallback_layer(n_layers: int) -> int:
    """Two thirds of the depth."""
    return min(n_layers - 1, round(2 * n_layers / 3))


def _mean_over_emotions(table: Array) -> Array:
    finite = np.isfinite(table)
    total = np.where(finite, table, 0.0).sum(axis=0)
    # A layer that is missing for one emotion is not compared on the others alone.
    reachable = finite.sum(axis=0) == finite.any(axis=1).sum()
    return np.where(reachable & finite.any(), total / np.maximum(finite.sum(axis=0), 1), np.nan)
