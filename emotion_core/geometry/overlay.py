"""One map laid over another: rotation, reflection and one scale, nothing else (orthogonal Procrustes, Gower 1975)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emotion_core.base.numbers import finite
from emotion_core.geometry.compare import FEWEST_SHARED, shared_rows
from emotion_core.geometry.norms import circumplex
from emotion_core.geometry.pca import principal_components
from emotion_core.stats.auroc import Array
from emotion_core.vectors.emotion_vectors import EmotionVectors

SHUFFLES = 2000
_MOST_COMPONENTS = 5


@dataclass(frozen=True)
class Overlay:
    """Two maps in the axes of the first.

    Attributes:
        emotions: The shared emotions.
        layers: The layer of each side.
        models: Names of the two models.
        first: float64 [emotions, components], the first map; all coordinates at a total size of 1.
        second: float64 [emotions, components], the second one, turned and scaled onto it.
        components: Leading components that were matched; at most a third of the number of emotions, since a rotation in
            many dimensions fits anything.
        match: Share of the first map's squared size that the second one reproduces, 0 to 1.
        p_value: Share of shuffled namings that match as well, the real one counted among them.
        distances: float64 [emotions], how far each emotion moves, in the units of the coordinates.
    """

    emotions: tuple[str, ...]
    layers: tuple[int, int]
    models: tuple[str, str]
    first: Array
    second: Array
    components: int
    match: float
    p_value: float
    distances: Array

    def to_json(self) -> dict[str, object]:
        """Part of the document of `compare --json`."""
        return {"match": finite(self.match), "p_value": finite(self.p_value), "components": self.components}


def overlay(
    first: EmotionVectors,
    second: EmotionVectors,
    layer_first: int | None = None,
    layer_second: int | None = None,
    seed: int = 0,
) -> Overlay:
    """Lays the second map over the first.

    Args:
        first: One file.
        second: The other; its width may differ, since only its leading components are matched.
        layer_first: By default the layer chosen for all its emotions together.
        layer_second: The same for the other.
        seed: Of the shuffles.

    Raises:
        SettingsError: Fewer than three shared emotions, or a layer that cannot be used.
    """
    shared, layers, rows = shared_rows(first, second, layer_first, layer_second)
    ratings = circumplex().of(shared)
    n_components = max(2, min(_MOST_COMPONENTS, len(shared) // FEWEST_SHARED))
    one, two = (_sized(principal_components(side, *ratings).coordinates[:, :n_components]) for side in rows)
    n_components = min(one.shape[1], two.shape[1])
    one, two = _sized(one[:, :n_components]), _sized(two[:, :n_components])
    turn, scale = _procrustes(one, two)
    moved = scale * two @ turn
    rng = np.random.default_rng(seed)
    namings = rng.permuted(np.tile(np.arange(len(shared)), (SHUFFLES, 1)), axis=1)
    crossed = np.einsum("ei,sej->sij", one, two[namings])
    by_chance = np.linalg.svd(crossed, compute_uv=False).sum(axis=1) ** 2
    match = scale**2
    p_value = (1 + (by_chance >= match - 1e-12).sum()) / (1 + SHUFFLES)
    return Overlay(
        shared,
        layers,
        (first.model.name, second.model.name),
        one,
        moved,
        n_components,
        float(match),
        float(p_value),
        np.linalg.norm(one - moved, axis=1),
    )


def _procrustes(target: Array, source: Array) -> tuple[Array, float]:
    """The orthogonal turn and the scale that bring `source` nearest to `target`, both of total size 1."""
    left, sizes, right = np.linalg.svd(source.T @ target)
    turn: Array = left @ right
    return turn, float(sizes.sum())


def _sized(coordinates: Array) -> Array:
    """Coordinates around their mean, at a total squared size of 1."""
    centred = coordinates - coordinates.mean(axis=0)
    size = float(np.sqrt((centred**2).sum()))
    result: Array = centred / size if size > 0 else centred
    return result
