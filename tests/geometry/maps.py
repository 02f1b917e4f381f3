"""Vectors with a known geometry, for the tests of maps and of their charts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from emotion_core.base.activations import ModelInfo
from emotion_core.prompts.prompt_set import PromptSet, PromptText
from emotion_core.vectors.emotion_vectors import EmotionVectors


def vectors_of(emotions: tuple[str, ...], values: np.ndarray, name: str = "toy") -> EmotionVectors:
    """Vectors from float [emotions, layers, width]."""
    n, layers, width = values.shape
    table = np.full((n, layers), 0.8, dtype=np.float32)
    info = ModelInfo(name, "a" * 64, layers, width, 64)
    norms = np.ones(layers, dtype=np.float32)
    return EmotionVectors(
        info, emotions, values.astype(np.float32), norms, (0,) * n, layers - 1, table, np.zeros_like(table)
    )


def random_vectors(emotions: tuple[str, ...], seed: int = 0, layers: int = 2, width: int = 24) -> EmotionVectors:
    return vectors_of(emotions, np.random.default_rng(seed).normal(size=(len(emotions), layers, width)))


def affective_vectors(
    emotions: tuple[str, ...], valence: np.ndarray, arousal: np.ndarray, seed: int = 0, noise: float = 0.1
) -> EmotionVectors:
    """First axis valence, second arousal, and a little of everything else."""
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.normal(size=(24, 2)))[0].T
    values = (
        3 * valence[:, None] * basis[0] + arousal[:, None] * basis[1] + noise * rng.normal(size=(len(emotions), 24))
    )
    return vectors_of(emotions, np.repeat(values[:, None], 2, axis=1))


def written(vectors: EmotionVectors, seed: int = 0, texts: int = 4, name: str = "written") -> EmotionVectors:
    """The vectors with training texts whose words have nothing to do with the emotions."""
    rng = np.random.default_rng(seed)
    rows = [
        PromptText(" ".join(f"w{i}" for i in rng.integers(300, size=20)), emotion, "labelled", "", "train", None, 0)
        for emotion in vectors.emotions
        for _ in range(texts)
    ]
    return replace(vectors, prompt_sets=(PromptSet(name, "labelled", tuple(rows)),))
