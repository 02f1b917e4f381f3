"""How well a human rating can be read off the vectors by ridge regression, always on emotions that were left out.

Components are found without the ratings, so they may miss a valence that lies along no single one of them. Here a
direction is fitted to the ratings instead, and judged on the emotions it was not fitted to: the penalty is chosen by
leave-one-out inside the training emotions, and the whole procedure is repeated with shuffled ratings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.geometry.norms import Norms
from emotion_core.geometry.similarity import unit_rows
from emotion_core.stats.separation import Array
from emotion_core.vectors.estimate import IntArray

FOLDS = 5
SHUFFLES = 499
FEWEST_RATED = 8
# Penalties as multiples of the mean squared length that the centred vectors have along one direction.
_PENALTIES = np.logspace(-2, 3, 6)


@dataclass(frozen=True)
class Reading:
    """A rating as predicted from the vectors.

    Attributes:
        target: `valence` or `arousal`.
        n: Rated emotions.
        r: Correlation of predicted with rated, every prediction from a fit that did not see the emotion; nan with
            fewer than eight rated emotions.
        chance: What 95 % of shuffled ratings stay below; their mean is below 0, since what is left out of a fit pulls
            the fit's mean away from itself. No interval of r is given: one by formula would not hold here.
        p_value: Share of shuffled ratings that are predicted as well, the real ones counted among them.
        predicted: float64 [emotions], in units of the rating; nan where the emotion is not rated.
        seed: Of the folds and the shuffles.
    """

    target: str
    n: int
    r: float
    chance: float
    p_value: float
    predicted: Array
    seed: int = 0


def read_norms_off(
    vectors: Array | FloatArray, emotions: tuple[str, ...], norms: Norms, seed: int = 0, shuffles: int = SHUFFLES
) -> tuple[Reading, Reading]:
    """Valence and arousal as read off the vectors.

    Args:
        vectors: float [emotions, width], finite.
        emotions: Their names.
        norms: The ratings.
        seed: Of the folds and the shuffles.
        shuffles: Shuffled ratings that the whole procedure is repeated with.
    """
    valence, arousal = norms.of(emotions)
    rows: Array = vectors.astype(np.float64)
    return _reading("valence", rows, valence, seed, shuffles), _reading("arousal", rows, arousal, seed, shuffles)


def cross_validated(vectors: Array, targets: Array, folds: IntArray) -> Array:
    """Predictions of ridge regression for emotions it was not fitted to, many targets at once.

    Args:
        vectors: float64 [emotions, width].
        targets: float64 [emotions, targets].
        folds: int64 [emotions], the part in which each emotion is left out.

    Returns:
        float64 [emotions, targets].
    """
    predicted: Array = np.zeros(targets.shape)
    for fold in np.unique(folds):
        left_out = folds == fold
        predicted[left_out] = _ridge(vectors[~left_out], targets[~left_out], vectors[left_out])
    return predicted


def left_out_predictions(vectors: Array, rating: Array, seed: int = 0) -> Array:
    """Predictions for emotions that were left out, as in `read_norms_off`, without its test.

    Args:
        vectors: float64 [rated emotions, width].
        rating: float64 [rated emotions], finite.
        seed: Of the folds; the same one gives the same folds whatever the vectors.

    Returns:
        float64 [rated emotions].
    """
    folds = _folds(len(rating), np.random.default_rng(seed))
    predicted: Array = cross_validated(unit_rows(vectors), rating[:, None], folds)[:, 0]
    return predicted


def _folds(n: int, rng: np.random.Generator) -> IntArray:
    drawn: IntArray = rng.permutation(np.arange(n) % min(FOLDS, n))
    return drawn


def _reading(target: str, vectors: Array, rating: Array, seed: int, shuffles: int) -> Reading:
    known = np.isfinite(rating)
    n = int(known.sum())
    predicted = np.full(len(rating), np.nan)
    if n < FEWEST_RATED or np.ptp(rating[known]) == 0:
        nothing = float("nan")
        return Reading(target, n, nothing, nothing, nothing, predicted, seed)
    rng = np.random.default_rng(seed)
    folds = _folds(n, rng)
    shuffled = rng.permuted(np.tile(rating[known], (shuffles, 1)), axis=1)
    targets = np.concatenate([rating[known][None], shuffled]).T  # (rated, 1 + shuffles)
    found = cross_validated(unit_rows(vectors)[known], targets, folds)
    predicted[known] = found[:, 0]
    values = _column_correlations(found, targets)
    r, chance = float(values[0]), float(np.quantile(values[1:], 0.95))
    p_value = (1 + (values[1:] >= r - 1e-12).sum()) / (1 + shuffles)
    return Reading(target, n, r, chance, float(p_value), predicted, seed)


def _ridge(train: Array, targets: Array, test: Array) -> Array:
    """Ridge with the penalty that leaves the smallest leave-one-out error, target by target."""
    centre, mean = train.mean(axis=0), targets.mean(axis=0)
    left, sizes, right = np.linalg.svd(train - centre, full_matrices=False)
    along = left.T @ (targets - mean)  # (rank, targets)
    scale = float((sizes**2).mean())
    if scale == 0:
        return np.tile(mean, (len(test), 1))
    shrinks = sizes**2 / (sizes**2 + _PENALTIES[:, None] * scale)  # (penalties, rank)
    errors = np.stack([_left_out_error(left, shrink, along, targets - mean) for shrink in shrinks])
    best = np.argmin(errors, axis=0)  # (targets,)
    weights = shrinks[best].T / np.maximum(sizes, 1e-300)[:, None] * along  # (rank, targets)
    result: Array = (test - centre) @ right.T @ weights + mean
    return result


def _left_out_error(left: Array, shrink: Array, along: Array, targets: Array) -> Array:
    """Mean squared leave-one-out error in closed form, float64 [targets]."""
    fitted = left @ (shrink[:, None] * along)
    leverage = (left**2 @ shrink + 1 / len(left))[:, None]  # the mean takes part as well
    result: Array = (((targets - fitted) / np.maximum(1 - leverage, 1e-9)) ** 2).mean(axis=0)
    return result


def _column_correlations(first: Array, second: Array) -> Array:
    """Pearson's r column by column; 0 where the prediction does not vary, which is what it is worth."""
    one, two = first - first.mean(axis=0), second - second.mean(axis=0)
    lengths = np.linalg.norm(one, axis=0) * np.linalg.norm(two, axis=0)
    result: Array = np.divide((one * two).sum(axis=0), lengths, out=np.zeros(len(lengths)), where=lengths > 1e-12)
    return result
