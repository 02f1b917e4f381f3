"""From activations to a vector at every layer: each estimator is a plain function on arrays."""

from __future__ import annotations

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.stats.auroc import Array
from emotion_core.vectors.emotion_vectors import ESTIMATORS, Estimator
from emotion_core.vectors.rows import Block, IntArray, PairRows


def difference_in_means(positive: FloatArray, negative: FloatArray) -> FloatArray:
    """Mean of the positive minus mean of the negative activations (Marks & Tegmark 2023, Magee 2026).

    Args:
        positive: float32 [positives, layers, width].
        negative: float32 [negatives, layers, width].

    Returns:
        float32 [layers, width]; for pairs the same as the mean of their differences.
    """
    result: FloatArray = (_mean(positive) - _mean(negative)).astype(np.float32)
    return result


def labelled_difference(values: FloatArray, labels: IntArray, n_emotions: int) -> FloatArray:
    """Mean of each emotion's texts minus the mean of the emotion means (Sofroniew et al. 2026).

    Args:
        values: float32 [texts, layers, width].
        labels: int64 [texts], number of each text's emotion.
        n_emotions: Number of emotions; one without texts gets nan and does not count for the others.

    Returns:
        float32 [emotions, layers, width].
    """
    means = np.full((n_emotions, *values.shape[1:]), np.nan)
    for emotion in np.unique(labels):
        means[emotion] = _mean(values[labels == emotion])
    present = np.unique(labels)
    result: FloatArray = (means - means[present].mean(axis=0)).astype(np.float32)
    return result


def first_component(differences: FloatArray) -> FloatArray:
    """First principal direction of the pair differences, after Zou et al. 2023 (representation engineering).

    The differences are not centred: their mean is what the two sides differ by, and centring would remove it. The
    sign of a principal direction is arbitrary, so it is turned to the side on which most pairs lie; the length is the
    mean projection of the differences, so that it compares with the difference in means.

    Args:
        differences: float32 [pairs, layers, width].

    Returns:
        float32 [layers, width]; nan at a layer with a value that is not finite.
    """
    result = np.full(differences.shape[1:], np.nan, dtype=np.float32)
    for layer in range(differences.shape[1]):
        rows = differences[:, layer].astype(np.float64)  # (pairs, width)
        if not np.isfinite(rows).all() or not len(rows):
            continue
        direction = np.linalg.svd(rows, full_matrices=False)[2][0]
        along = rows @ direction
        # A tie of the majority is broken by the mean, so that the sign never depends on the library.
        sign = np.sign(np.sign(along).sum()) or np.sign(along.mean()) or 1.0
        result[layer] = direction * sign * max(float((along * sign).mean()), np.finfo(np.float32).tiny)
    return result


def logistic(values: FloatArray, labels: IntArray, n_emotions: int) -> FloatArray:
    """Weights of a logistic regression, one class against another or many at once.

    Features are scaled by one number a layer, so that the strength of the penalty does not depend on the size of
    the residual stream and no direction is favoured.

    Args:
        values: float32 [texts, layers, width].
        labels: int64 [texts], number of each text's class.
        n_emotions: Number of classes; with two, the first row is class 0 against class 1.

    Returns:
        float32 [classes, layers, width], each of the length that the difference in means has along it.
    """
    from sklearn.linear_model import LogisticRegression  # slow to import, and only this needs it

    result = np.full((n_emotions, *values.shape[1:]), np.nan, dtype=np.float32)
    means = labelled_difference(values, labels, n_emotions)
    present = np.unique(labels)
    for layer in range(values.shape[1]):
        rows = values[:, layer].astype(np.float64)
        if not np.isfinite(rows).all() or len(present) < 2:
            continue
        rows = rows - rows.mean(axis=0)
        scale = float(np.sqrt((rows**2).mean()))
        if scale == 0:
            result[present, layer] = 0.0
            continue
        model = LogisticRegression(class_weight="balanced", max_iter=200, tol=1e-3).fit(rows / scale, labels)
        weights = np.concatenate([-model.coef_, model.coef_]) if len(present) == 2 else model.coef_
        units = weights / np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-30)
        lengths = (units * means[present, layer]).sum(axis=1, keepdims=True)
        result[present, layer] = units * np.abs(lengths)
    return result


def estimate(values: FloatArray, block: Block, estimator: Estimator) -> FloatArray:
    """The vectors of one block's emotions.

    Args:
        values: float32 [all texts, layers, width].
        block: Which of the rows belong to what.
        estimator: `difference`, `pca` or `logistic`.

    Returns:
        float32 [emotions of the block, layers, width].

    Raises:
        SettingsError: There is no such estimator.
    """
    with np.errstate(invalid="ignore", over="ignore"):  # a layer that overflowed stays nan and is reported as null
        if isinstance(block, PairRows):
            return _of_pairs(values[block.positive], values[block.negative], estimator)[None]
        rows = values[block.rows]
        if estimator == "difference":
            return labelled_difference(rows, block.labels, len(block.emotions))
        if estimator == "logistic":
            return logistic(rows, block.labels, len(block.emotions))
        if estimator == "pca":
            return _labelled_components(rows, block.labels, len(block.emotions))
    raise _not_an_estimator(estimator)


def _of_pairs(positive: FloatArray, negative: FloatArray, estimator: Estimator) -> FloatArray:
    if estimator == "difference":
        return difference_in_means(positive, negative)
    if estimator == "pca":
        return first_component(positive - negative)
    if estimator != "logistic":
        raise _not_an_estimator(estimator)
    labels = np.repeat(np.arange(2), [len(positive), len(negative)]).astype(np.int64)
    both: FloatArray = logistic(np.concatenate([positive, negative]), labels, 2)
    positive_class: FloatArray = both[0]
    return positive_class


def _labelled_components(values: FloatArray, labels: IntArray, n_emotions: int) -> FloatArray:
    """For texts without partners: differences of an emotion's texts from the mean of the emotion means."""
    means = np.stack([_mean(values[labels == e]) for e in np.unique(labels)])
    centre = means.mean(axis=0).astype(np.float32)
    parts: FloatArray = np.stack([first_component(values[labels == e] - centre) for e in range(n_emotions)])
    return parts


def _not_an_estimator(name: str) -> SettingsError:
    return SettingsError("There is no such estimator", expected=" or ".join(ESTIMATORS), found=name)


def _mean(values: FloatArray) -> Array:
    if not len(values):
        return np.full(values.shape[1:], np.nan)
    return np.asarray(values.mean(axis=0, dtype=np.float64))
