"""Which emotions lie near each other in the full space, by the cosine of their vectors."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from emotion_core.stats.auroc import Array


def cosine_matrix(vectors: Array) -> Array:
    """Cosine of every vector with every other.

    Args:
        vectors: float [emotions, width], finite, none of length 0.

    Returns:
        float64 [emotions, emotions], symmetric, with ones on the diagonal.
    """
    units = unit_rows(vectors)
    cosines = np.clip(units @ units.T, -1.0, 1.0)
    cosines = (cosines + cosines.T) / 2
    np.fill_diagonal(cosines, 1.0)
    return np.asarray(cosines, np.float64)


def unit_rows(vectors: Array) -> Array:
    """The rows at length 1, float64."""
    rows = np.asarray(vectors, np.float64)
    result: Array = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
    return result


def nearest(cosines: Array, count: int) -> npt.NDArray[np.int64]:
    """The nearest neighbours of each emotion, nearest first, itself left out.

    Args:
        cosines: float64 [emotions, emotions].
        count: Neighbours wanted; fewer where there are not so many.

    Returns:
        int64 [emotions, neighbours].
    """
    others = cosines.copy()
    np.fill_diagonal(others, -np.inf)
    order = np.argsort(-others, axis=1, kind="stable")
    return order[:, : min(count, len(cosines) - 1)].astype(np.int64)


def farthest(cosines: Array, count: int) -> npt.NDArray[np.int64]:
    """The emotions with the lowest cosine to each emotion, the lowest first.

    Args:
        cosines: float64 [emotions, emotions].
        count: Emotions wanted; fewer where there are not so many.

    Returns:
        int64 [emotions, emotions wanted].
    """
    order = np.argsort(cosines, axis=1, kind="stable")  # itself has cosine 1 and so comes last
    return order[:, : min(count, len(cosines) - 1)].astype(np.int64)


def upper_triangle(matrices: Array) -> Array:
    """The entries above the diagonal of [..., emotions, emotions] as [..., pairs]."""
    rows, columns = np.triu_indices(matrices.shape[-1], k=1)
    result: Array = matrices[..., rows, columns]
    return result
