"""Vectors with chosen directions projected out at every layer: what is left of an emotion without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.neutral import project_out

# Of its length at the chosen layer a vector keeps at least this share, or nothing is left of it but rounding.
LEAST_LEFT = 0.01


def orthonormal(directions: FloatArray) -> tuple[FloatArray, ...]:
    """Orthonormal rows that span the directions, layer by layer.

    Args:
        directions: float32 [directions, layers, width]; a zero or broken direction spans nothing at its layer.

    Returns:
        One float32 [components, width] a layer; fewer components than directions where these depend on each other.
    """
    found = []
    for layer in range(directions.shape[1]):
        rows = directions[:, layer].astype(np.float64)
        lengths = np.linalg.norm(rows, axis=1)
        good = np.isfinite(lengths) & (lengths > 0)
        if not good.any():
            found.append(np.zeros((0, directions.shape[2]), dtype=np.float32))
            continue
        _, sizes, basis = np.linalg.svd(rows[good] / lengths[good, None], full_matrices=False)
        found.append(basis[sizes > 1e-6 * sizes[0]].astype(np.float32))
    return tuple(found)


def orthogonal_to(vectors: EmotionVectors, directions: FloatArray, names: Sequence[str]) -> EmotionVectors:
    """The vectors without chosen directions; emotions that are among the directions are left out.

    Layers, prompt sets and settings stay, so that scores before and after compare at the same layer. The midpoints of
    the training means are unknown until `with_midpoints` of the build gives them anew.

    Args:
        vectors: The vectors.
        directions: float32 [directions, layers, width].
        names: What each direction stands for.

    Raises:
        SettingsError: There is no direction, or nothing is left of an emotion at its chosen layer.
    """
    kept = [e for e, emotion in enumerate(vectors.emotions) if emotion not in names]
    if not len(directions) or not kept:
        raise SettingsError(
            "There is nothing to project out",
            expected="at least one direction that is not the emotion itself",
            found=", ".join(names) or "none",
        )
    # With what was projected out before: one after the other would bring a part of the first one back.
    removed = directions if vectors.removed is None else np.concatenate([vectors.removed, directions])
    components = orthonormal(removed)
    values = project_out(vectors.values[kept], components)
    layers = tuple(vectors.selected_layers[e] for e in kept)
    for row, (e, layer) in enumerate(zip(kept, layers, strict=True)):
        if share_left(values[row, layer], vectors.values[e, layer]) < LEAST_LEFT:
            raise SettingsError(
                f"Nothing is left of '{vectors.emotions[e]}' without these directions",
                where=f"layer {layer}",
                expected=f"at least {LEAST_LEFT:.0%} of its length",
                remedy="Project out fewer directions",
            )
    return replace(
        vectors,
        emotions=tuple(vectors.emotions[e] for e in kept),
        values=values,
        selected_layers=layers,
        selected_layer=layers[0] if len(layers) == 1 else vectors.selected_layer,
        cv_auroc=vectors.cv_auroc[kept],
        train_midpoints=np.full_like(vectors.train_midpoints[kept], np.nan),
        removed=removed.astype(np.float32),
        origin="; ".join(part for part in (vectors.origin, f"without {', '.join(names)}") if part),
        created="",
    )


def without_removed(values: FloatArray, vectors: EmotionVectors) -> FloatArray:
    """Activations [texts, layers, width] without the directions that were projected out of the vectors.

    A vector's product with a text is the same before and after, once the directions are out of the vector.
    """
    return values if vectors.removed is None else project_out(values, orthonormal(vectors.removed))


def share_left(after: FloatArray, before: FloatArray) -> float:
    """Length of a vector [width] after a projection, as a share of its length before; nan without a length."""
    whole = float(np.linalg.norm(before.astype(np.float64)))
    return float(np.linalg.norm(after.astype(np.float64))) / whole if whole > 0 else float("nan")
