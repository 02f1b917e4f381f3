"""Which layer: what two components explain and how well the first follows valence, at every layer of a vector file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emotion_core.geometry.norms import Norms, circumplex
from emotion_core.geometry.pca import principal_components
from emotion_core.stats.auroc import Array
from emotion_core.vectors.emotion_vectors import EmotionVectors

SHUFFLES = 2000


@dataclass(frozen=True)
class LayerProfile:
    """The map at every layer in four numbers.

    Attributes:
        explained: float64 [layers, 2], share of the variance on the first and on the second component; nan at a layer
            with a value that is not finite.
        valence: float64 [layers], |r| of PC1 with valence; the sign of a component is arbitrary.
        arousal: float64 [layers], |r| of PC2 with arousal.
        valence_p: float64 [layers], permutation p-value against the best layer of shuffled ratings, so that the best of
            many layers may be pointed at.
        arousal_p: float64 [layers], the same for arousal.
        chance: float64 [2], what 95 % of shuffled ratings stay below at their best layer, for valence and arousal.
        n: Rated emotions.
    """

    explained: Array
    valence: Array
    arousal: Array
    valence_p: Array
    arousal_p: Array
    chance: Array
    n: int


def layer_profile(vectors: EmotionVectors, norms: Norms | None = None, seed: int = 0) -> LayerProfile:
    """Computes the profile; the p-values are corrected for the number of layers (Westfall & Young 1993, max-T).

    Args:
        vectors: At least three emotions.
        norms: Ratings; by default this project's own coarse ones.
        seed: Of the shuffles.
    """
    ratings = (norms if norms is not None else circumplex()).of(vectors.emotions)
    explained = np.full((vectors.n_layers, 2), np.nan)
    places = np.full((2, vectors.n_layers, len(vectors.emotions)), np.nan)
    for layer in range(vectors.n_layers):
        rows = vectors.values[:, layer].astype(np.float64)
        if not np.isfinite(rows).all():
            continue
        components = principal_components(rows, *ratings)
        found = min(2, components.coordinates.shape[1])
        explained[layer, :found] = components.explained[:found]
        places[:found, layer] = components.coordinates[:, :found].T
    known = np.isfinite(ratings[0])
    parts = [_against_best(places[i][:, known], ratings[i][known], seed) for i in range(2)]
    (valence, valence_p, one), (arousal, arousal_p, two) = parts
    return LayerProfile(explained, valence, arousal, valence_p, arousal_p, np.array([one, two]), int(known.sum()))


def _against_best(places: Array, rating: Array, seed: int) -> tuple[Array, Array, float]:
    """|r| by layer, its p-value against the largest |r| of shuffled ratings, and the 95 % point of that."""
    nothing = np.full(len(places), np.nan)
    if len(rating) < 4 or np.ptp(rating) == 0:
        return nothing, nothing, float("nan")
    rng = np.random.default_rng(seed)
    shuffled = rng.permuted(np.tile(rating, (SHUFFLES, 1)), axis=1)
    sizes = np.abs(_rows(places) @ _rows(np.concatenate([rating[None], shuffled])).T)  # (layers, 1 + shuffles)
    largest = np.nanmax(np.where(np.isfinite(sizes[:, 1:]), sizes[:, 1:], 0.0), axis=0)
    p_value = (1 + (largest >= sizes[:, :1] - 1e-12).sum(axis=1)) / (1 + SHUFFLES)
    usable = np.isfinite(sizes[:, 0])
    return sizes[:, 0], np.where(usable, p_value, np.nan), float(np.quantile(largest, 0.95))


def _rows(values: Array) -> Array:
    """Rows around their mean at length 1; nan where they do not vary or are not known."""
    centred = values - values.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(centred, axis=-1, keepdims=True)
    result: Array = np.divide(centred, length, out=np.full_like(centred, np.nan), where=length > 1e-12)
    return result
