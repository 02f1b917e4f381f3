"""Synthetic activations with a known direction in them, for the tests of vectors, evaluation, geometry and charts."""

from __future__ import annotations

import numpy as np

from emotion_core.base.activations import Activations, ModelInfo, ReadingPosition
from emotion_core.prompts.prompt_set import PromptSet, PromptText

LAYERS, WIDTH = 4, 32
INFO = ModelInfo("toy", "a" * 64, LAYERS, WIDTH, 64)


def activations(texts: list[str], values: np.ndarray, seed: int = 0, info: ModelInfo = INFO) -> Activations:
    rng = np.random.default_rng(seed)
    n = len(texts)
    return Activations(
        info,
        ReadingPosition(),
        tuple(texts),
        values.astype(np.float32),
        rng.normal(size=(n, values.shape[2])).astype(np.float32),
        np.full((n, values.shape[1]), 10.0, dtype=np.float32),
        rng.integers(8, 16, n),
    )


def _code(number: int) -> int:
    """A number of its own for each text, with nothing in its digits for rivals to find."""
    return (number + 1) * 48271 % 99991


def pair_set(n_train: int = 40, n_heldout: int = 10, emotion: str = "fear", name: str = "pairs") -> PromptSet:
    texts = []
    for i in range(n_train + n_heldout):
        split = "train" if i < n_train else "heldout"
        for side in ("positive", "negative"):
            words = f"{name} number {_code(2 * i + (side == 'negative'))}"
            texts.append(PromptText(words, emotion, side, f"topic {i // 2}", split, i, i + 1))
    return PromptSet(name, "pairs", tuple(texts), 0)


def labelled_set(emotions: tuple[str, ...], n_train: int = 8, n_heldout: int = 4, name: str = "labelled") -> PromptSet:
    texts = []
    for e in emotions:
        for i in range(n_train + n_heldout):
            split = "train" if i < n_train else "heldout"
            texts.append(
                PromptText(
                    f"{name} number {_code(len(texts))}", e, "labelled", f"{split} topic {i}", split, None, i + 1
                )
            )
    return PromptSet(name, "labelled", tuple(texts), 0)


def directions(n: int, seed: int = 1, layers: int = LAYERS, width: int = WIDTH) -> np.ndarray:
    """float64 [n, layers, width], unit length."""
    drawn = np.random.default_rng(seed).normal(size=(n, layers, width))
    return drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)


def planted_pairs(one: PromptSet, strength: float, seed: int = 0, noise: float = 1.0) -> tuple[Activations, np.ndarray]:
    """Positive texts lie `strength` noise deviations further along one direction; returns it as [layers, width]."""
    rng = np.random.default_rng(seed)
    direction = directions(1)[0]
    values = noise * rng.normal(size=(len(one.texts), LAYERS, WIDTH))
    values += 5.0  # an offset common to all texts, as the residual stream has
    for i, text in enumerate(one.texts):
        values[i] += strength * noise * direction * (text.side == "positive")
    return activations([t.text for t in one.texts], values), direction


def planted_labels(one: PromptSet, strength: float, seed: int = 0) -> tuple[Activations, np.ndarray]:
    """Each emotion has a direction of its own; returns them as [emotions, layers, width]."""
    rng = np.random.default_rng(seed)
    own = directions(len(one.emotions))
    values = rng.normal(size=(len(one.texts), LAYERS, WIDTH)) + 5.0
    for i, text in enumerate(one.texts):
        values[i] += strength * own[one.emotions.index(text.emotion)]
    return activations([t.text for t in one.texts], values), own


def neutral(n: int = 20, seed: int = 9) -> Activations:
    rng = np.random.default_rng(seed)
    return activations([f"neutral {i}" for i in range(n)], rng.normal(size=(n, LAYERS, WIDTH)))
