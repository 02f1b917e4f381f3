"""The untrained twin as a rival: the same texts, read in the same way, by the same network with random weights."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.cache import ActivationCache
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job, Progress
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.untrained import untrained_twin
from emotion_core.vectors.build import training
from emotion_core.vectors.emotion_vectors import EmotionVectors


@dataclass(frozen=True)
class TwinVectors:
    """What a build with the model's untrained twin gives.

    Attributes:
        emotions: In the order of the model's vectors.
        values: float32 [emotions, layers, width].
        model: The twin's name.
        fingerprint: The twin's.
    """

    emotions: tuple[str, ...]
    values: FloatArray
    model: str
    fingerprint: str


def read_twin(model: LoadedModel, vectors: EmotionVectors, cache: ActivationCache | None = None) -> Job[TwinVectors]:
    """Reads the training texts of vectors with the model's untrained twin, as a job; as long as the build was.

    Directions that were taken out of the vectors later belong to the model and are not taken out of the twin's.

    Args:
        model: That the vectors belong to.
        vectors: Built from known texts.
        cache: Activations read before; the twin has its own fingerprint there.

    Raises:
        SettingsError: The texts are not known, or give the twin no direction.
        ModelError: No twin can be made of the model.
    """
    yield Progress(0, 1, "making an untrained twin")
    twin = untrained_twin(model)
    material = yield from training(twin, replace(vectors, removed=None), cache)
    values = material.estimate()
    if not np.isfinite(values).all() or (np.abs(values).max(axis=-1) == 0).any():
        raise SettingsError("The untrained twin has a vector that is zero or not a number", remedy="Load it in float32")
    return TwinVectors(vectors.emotions, values, twin.info.name, twin.info.fingerprint)
