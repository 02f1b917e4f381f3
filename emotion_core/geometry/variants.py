"""The same map made in other ways: with or without the neutral projection, and without the one largest dimension.

Small models often have a single dimension of the residual stream that holds most of a vector's length; cosines then
say how alike two emotions are in that one number. Whether the map survives its removal is shown, not assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.geometry.compare import mantel
from emotion_core.geometry.norms import circumplex
from emotion_core.geometry.pca import correlation, principal_components
from emotion_core.geometry.similarity import cosine_matrix
from emotion_core.stats.auroc import Array


@dataclass(frozen=True)
class Variant:
    """One way of making the map. First axis of every array: layers; nan where a vector has no direction left.

    Attributes:
        name: Such as "as built" or "with neutral projection".
        explained: float32 [layers, 2], share of the variance on two components.
        valence: float32 [layers], |r| of PC1 with valence.
        arousal: float32 [layers], |r| of PC2 with arousal.
        agreement: float32 [layers], correlation of the cosines of all pairs with those of the map as built.
        p_value: float32 [layers], its permutation p-value.
        largest: float32 [layers], share of the squared length of all vectors that lies in the largest dimension.
        places: float32 [layers, emotions, 2], coordinates on the first two components.
    """

    name: str
    explained: FloatArray
    valence: FloatArray
    arousal: FloatArray
    agreement: FloatArray
    p_value: FloatArray
    largest: FloatArray
    places: FloatArray


def variant(name: str, vectors: FloatArray, built: FloatArray, emotions: tuple[str, ...], seed: int = 0) -> Variant:
    """Measures one way of making the map against the map as built.

    Args:
        name: Of the variant.
        vectors: float32 [emotions, layers, width], made this way.
        built: float32 [emotions, layers, width], as built.
        emotions: Their names.
        seed: Of the shuffles.
    """
    ratings = circumplex().of(emotions)
    layers = [_layer(vectors[:, i], built[:, i], ratings, seed) for i in range(vectors.shape[1])]
    numbers = np.array([numbers for numbers, _ in layers], dtype=np.float32)
    return Variant(
        name,
        numbers[:, :2],
        numbers[:, 2],
        numbers[:, 3],
        numbers[:, 4],
        numbers[:, 5],
        numbers[:, 6],
        np.stack([places for _, places in layers]).astype(np.float32),
    )


def without_largest(vectors: FloatArray) -> FloatArray:
    """The vectors with the dimension set to 0, layer by layer, that holds most of their squared length together."""
    result = vectors.copy()
    sizes = (vectors.astype(np.float64) ** 2).sum(axis=0)  # (layers, width)
    for layer, dimension in enumerate(np.argmax(np.nan_to_num(sizes), axis=1)):
        result[:, layer, dimension] = 0
    return result


def _layer(
    vectors: FloatArray, built: FloatArray, ratings: tuple[Array, Array], seed: int
) -> tuple[list[float], Array]:
    """The numbers of one layer, and float64 [emotions, 2]."""
    nothing = [float("nan")] * 7
    places = np.full((len(vectors), 2), np.nan)
    for rows in (vectors, built):
        if not np.isfinite(rows).all() or (np.abs(rows).max(axis=1) == 0).any():
            return nothing, places
    made, as_built = vectors.astype(np.float64), built.astype(np.float64)
    found = principal_components(made, *ratings)
    kept = min(2, found.coordinates.shape[1])
    places[:, :kept] = found.coordinates[:, :kept]
    explained = [float(found.explained[i]) if i < kept else float("nan") for i in range(2)]
    agreement, p_value = mantel(np.stack([cosine_matrix(as_built), cosine_matrix(made)]), seed, shuffles=500)
    sizes = (made**2).sum(axis=0)
    human = [abs(correlation(places[:, i], ratings[i])[0]) for i in range(2)]
    return [*explained, *human, float(agreement[0, 1]), float(p_value[0, 1]), float(sizes.max() / sizes.sum())], places
