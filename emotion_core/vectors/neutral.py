"""Removes from activations what neutral text varies along, so that vectors do not carry style and topic."""

from __future__ import annotations

import numpy as np

from emotion_core.base.activations import FloatArray


def neutral_components(neutral: FloatArray, share: float = 0.5) -> tuple[FloatArray, ...]:
    """Main directions of neutral text, layer by layer (Sofroniew et al. 2026).

    Args:
        neutral: float32 [texts, layers, width], activations of neutral texts.
        share: The fewest components are taken that explain this share of the variance.

    Returns:
        One float32 [components, width] a layer, orthonormal rows; none where the texts do not vary or are not finite.
    """
    found = []
    for layer in range(neutral.shape[1]):
        rows = neutral[:, layer].astype(np.float64)  # (texts, width)
        if len(rows) < 2 or not np.isfinite(rows).all():
            found.append(np.zeros((0, neutral.shape[2]), dtype=np.float32))
            continue
        _, sizes, directions = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
        variance = np.cumsum(sizes**2)
        enough = int(np.searchsorted(variance, share * variance[-1] * (1 - 1e-12))) + 1 if variance[-1] > 0 else 0
        found.append(directions[:enough].astype(np.float32))
    return tuple(found)


def project_out(values: FloatArray, components: tuple[FloatArray, ...]) -> FloatArray:
    """The part of activations or vectors that is orthogonal to the components of each layer.

    Args:
        values: float32 [rows, layers, width].
        components: One orthonormal [components, width] a layer.

    Returns:
        float32 [rows, layers, width], a copy.
    """
    result = values.copy()
    for layer, directions in enumerate(components):
        result[:, layer] -= (values[:, layer] @ directions.T) @ directions
    return result
