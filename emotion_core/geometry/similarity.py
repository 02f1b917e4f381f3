"""Cosine similarity and principal components of vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_core.stats.separation import Array


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


# Principal components of emotion vectors, with signs that do not depend on the library.


@dataclass(frozen=True)
class Components:
    """Principal components of the emotions at one layer.

    Attributes:
        coordinates: float64 [emotions, components], where each emotion lies.
        directions: float64 [components, width], orthonormal rows.
        explained: float64 [components], share of the variance between emotions.
    """

    coordinates: Array
    directions: Array
    explained: Array


def principal_components(vectors: Array, valence: Array, arousal: Array) -> Components:
    """All components, largest first.

    Args:
        vectors: float [emotions, width], finite.
        valence: float64 [emotions], nan where unknown: PC1 is turned to grow with it.
        arousal: float64 [emotions], nan where unknown: PC2 and PC3 are turned to grow with it.

    Returns:
        The components; one whose sign nothing fixes has its largest loading positive.
    """
    rows = np.asarray(vectors, np.float64)
    rows = rows - rows.mean(axis=0)
    left, sizes, directions = np.linalg.svd(rows, full_matrices=False)
    kept = min(len(rows) - 1, rows.shape[1])
    coordinates = (left * sizes)[:, :kept]
    total = (sizes**2).sum()
    explained = sizes[:kept] ** 2 / total if total > 0 else np.full(kept, np.nan)
    signs = np.array([_sign(coordinates[:, c], directions[c], c, valence, arousal) for c in range(kept)])
    return Components(coordinates * signs, directions[:kept] * signs[:, None], explained)


def correlation(first: Array, second: Array) -> tuple[float, int]:
    """Pearson's r over the places where both are known, and their number; nan below three or without variation."""
    known = np.isfinite(first) & np.isfinite(second)
    n = int(known.sum())
    one, two = first[known], second[known]
    if n < 3 or np.ptp(one) == 0 or np.ptp(two) == 0:
        return float("nan"), n
    return float(np.clip(np.corrcoef(one, two)[0, 1], -1, 1)), n


def _sign(coordinates: Array, direction: Array, component: int, valence: Array, arousal: Array) -> float:
    wanted = valence if component == 0 else arousal
    r = correlation(coordinates, wanted)[0] if component < 3 else float("nan")
    guide = r if np.isfinite(r) and r != 0 else direction[np.argmax(np.abs(direction))]
    return -1.0 if guide < 0 else 1.0
