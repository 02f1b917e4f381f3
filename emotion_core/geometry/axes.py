"""Valence and arousal as directions, fitted from the map: how the vectors of emotions move with their ratings.

Every layer's vectors are regressed on both ratings at once (least squares), so the valence axis is what changes with
valence at equal arousal, and the other way round. The axes are a vector set like any other: they can be read, steered
with, capped and used as gates.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.geometry.norms import Norms, circumplex
from emotion_core.vectors.emotion_vectors import EmotionVectors

AXES = ("valence", "arousal")
FEWEST_RATED = 8


def fit_axes(vectors: EmotionVectors, norms: Norms | None = None) -> EmotionVectors:
    """The axes of a vector set.

    Args:
        vectors: Of emotions with ratings.
        norms: The ratings; by default this project's own coarse judgement.

    Returns:
        A set of two, `valence` and `arousal`, at the layer chosen for all emotions. Its training texts are unknown,
        since no text is labelled with an axis, so controls from shuffled labels do not apply.

    Raises:
        SettingsError: Fewer than `FEWEST_RATED` emotions are rated on both, or the two ratings are the same.
    """
    used = norms or circumplex()
    valence, arousal = used.of(vectors.emotions)
    rated = np.isfinite(valence) & np.isfinite(arousal)
    if rated.sum() < FEWEST_RATED:
        raise SettingsError(
            "Too few emotions have ratings of valence and arousal",
            where=used.name,
            expected=f"at least {FEWEST_RATED}",
            found=f"{int(rated.sum())} of {len(vectors.emotions)}",
            remedy="Take a set of more emotions, such as emotions-171, or ratings that know these words",
        )
    ratings = np.stack([valence, arousal], axis=1)[rated]  # (emotions, 2)
    ratings = (ratings - ratings.mean(axis=0)) / np.maximum(ratings.std(axis=0), 1e-12)
    if np.linalg.matrix_rank(ratings, tol=1e-3) < len(AXES):
        raise SettingsError(
            "Valence and arousal of these emotions cannot be told apart",
            where=used.name,
            expected="emotions that differ in both",
            remedy="Take a set of more emotions",
        )
    design = np.column_stack([np.ones(len(ratings)), ratings])
    rows = vectors.values[rated].reshape(len(ratings), -1).astype(np.float64)  # (emotions, layers x width)
    slopes = np.linalg.lstsq(design, rows, rcond=None)[0][1:]  # (2, layers x width)
    values: FloatArray = slopes.reshape(len(AXES), *vectors.values.shape[1:]).astype(np.float32)
    unknown = np.full((len(AXES), vectors.n_layers), np.nan, np.float32)
    return replace(
        vectors,
        emotions=AXES,
        values=values,
        selected_layers=(vectors.selected_layer,) * len(AXES),
        cv_auroc=unknown,
        train_midpoints=unknown,
        estimator="unknown",
        prompt_sets=(),
        origin=f"valence and arousal, fitted from {int(rated.sum())} emotions with the ratings {used.name}",
    )
