"""How vectors are estimated from activations, in numpy: beside `redo.py`, which reads the activations."""

# %% From activations to vectors
from __future__ import annotations

from typing import Any

import numpy as np


def mean(rows: Any) -> Any:
    """Averaged in float64."""
    return np.asarray(rows).mean(axis=0, dtype=np.float64)


def principal(differences: Any) -> Any:
    """First principal direction of differences [rows, layers, width], turned and scaled as their mean projection."""
    result = np.zeros(differences.shape[1:])
    for layer in range(differences.shape[1]):
        rows = differences[:, layer].astype(np.float64)
        direction = np.linalg.svd(rows, full_matrices=False)[2][0]
        along = rows @ direction
        sign = np.sign(np.sign(along).sum()) or np.sign(along.mean()) or 1.0
        result[layer] = direction * sign * max(float((along * sign).mean()), np.finfo(np.float32).tiny)
    return result


def regression(values: Any, labels: Any) -> Any:
    """Weights of a logistic regression of texts [rows, layers, width], as long as the difference in means along them.

    The only part that needs scikit-learn.
    """
    from sklearn.linear_model import LogisticRegression

    classes = int(labels.max()) + 1
    means = np.stack([mean(values[labels == c]) for c in range(classes)])
    means -= means.mean(axis=0)
    result = np.zeros((classes, *values.shape[1:]))
    for layer in range(values.shape[1]):
        rows = values[:, layer].astype(np.float64)
        rows = rows - rows.mean(axis=0)
        scale = float(np.sqrt((rows**2).mean()))
        fitted = LogisticRegression(class_weight="balanced", solver="newton-cg", max_iter=200, tol=1e-8)
        fitted.fit(rows / scale, labels)
        weights = np.concatenate([-fitted.coef_, fitted.coef_]) if classes == 2 else fitted.coef_
        units = weights / np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-30)
        along = (units * means[:, layer].astype(np.float32)).sum(axis=1, keepdims=True)
        result[:, layer] = units * np.abs(along)
    return result


def of_pairs(positive: Any, negative: Any, estimator: str) -> Any:
    """One emotion from contrast pairs, float32 [pairs, layers, width] each."""
    if estimator == "difference":
        return mean(positive) - mean(negative)
    if estimator == "pca":
        return principal(positive - negative)
    if estimator != "logistic":
        raise ValueError(f"this script does not know the estimator {estimator}")
    labels = np.repeat([0, 1], [len(positive), len(negative)])
    return regression(np.concatenate([positive, negative]), labels)[0]


def of_labelled(groups: list[Any], estimator: str) -> list[Any]:
    """All emotions from labelled texts, one float32 [texts, layers, width] an emotion."""
    means = [mean(group) for group in groups]
    centre = np.mean(means, axis=0)
    if estimator == "difference":
        return [one - centre for one in means]
    if estimator == "pca":
        return [principal(group - centre.astype(np.float32)) for group in groups]
    if estimator != "logistic":
        raise ValueError(f"this script does not know the estimator {estimator}")
    labels = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    return list(regression(np.concatenate(groups), labels))


def without_neutral(found: dict[str, Any], neutral: dict[str, Any]) -> dict[str, Any]:
    """The activations without what neutral text varies along: its components up to half of the variance."""
    rows = np.stack(list(neutral.values())).astype(np.float64)
    result = {text: values.copy() for text, values in found.items()}
    for layer in range(rows.shape[1]):
        _, sizes, directions = np.linalg.svd(rows[:, layer] - rows[:, layer].mean(axis=0), full_matrices=False)
        variance = np.cumsum(sizes**2)
        enough = int(np.searchsorted(variance, 0.5 * variance[-1] * (1 - 1e-12))) + 1
        kept = directions[:enough].astype(np.float32)
        for values in result.values():
            values[layer] -= (values[layer] @ kept.T) @ kept
    return result
