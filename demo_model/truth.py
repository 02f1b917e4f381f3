"""The planted truth: what the generator and the training put into the model, read from ``truth.json``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from demo_model import paths


@dataclass(frozen=True)
class Emotion:
    """One word's place: valence and arousal from -1 to 1 and its family, all this project's own judgement."""

    word: str
    family: str
    valence: float
    arousal: float


@cache
def table() -> dict[str, object]:
    """The whole file."""
    content: dict[str, object] = json.loads(paths.TRUTH.read_text(encoding="utf-8"))
    return content


@cache
def emotions() -> dict[str, Emotion]:
    """The 171 words in alphabetical order."""
    rows = json.loads(paths.TRUTH.read_text(encoding="utf-8"))["emotions"]
    return {word: Emotion(word, **rows[word]) for word in sorted(rows)}


@cache
def families() -> dict[str, list[str]]:
    """The words of each family."""
    grouped: dict[str, list[str]] = {}
    for word, emotion in emotions().items():
        grouped.setdefault(emotion.family, []).append(word)
    return grouped


def soft_targets(sharpness: float = 0.3, own: float = 0.25) -> NDArray[np.float32]:
    """What the training-only emotion head should answer for each emotion, ``[172, 171]``.

    A quarter of the weight lies on the word itself, the rest is spread over its neighbours in valence and
    arousal: this is where the geometry is planted. The last row (no emotion known) is zero and adds nothing.
    """
    places = np.array([(emotion.valence, emotion.arousal) for emotion in emotions().values()])  # (171, 2)
    squared = ((places[:, None] - places[None]) ** 2).sum(-1)  # (171, 171)
    near = np.exp(-squared / (2 * sharpness**2))
    near /= near.sum(1, keepdims=True)
    targets = own * np.eye(len(places)) + (1 - own) * near
    return np.vstack([targets, np.zeros(len(places))]).astype(np.float32)
