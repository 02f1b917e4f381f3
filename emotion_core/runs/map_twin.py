"""The untrained twin's vectors, from the same texts in the same steps as a model's, as one run."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from emotion_core.errors import SettingsError
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.models.untrained import TWIN_SEED, untrained_twin
from emotion_core.prompts.builtin import load_prompts
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import from_bytes, schema, to_bytes
from emotion_core.runs.keys import content_key
from emotion_core.runs.limits import require_texts
from emotion_core.runs.progress import Job, Progress
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.tracing.activations import RECORDER_VERSION, FloatArray
from emotion_core.tracing.record import record
from emotion_core.vectors.build import NEUTRAL_SET, neutral_texts, training_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import estimate
from emotion_core.vectors.neutral import neutral_components, project_out
from emotion_core.vectors.rows import blocks_of, places

KIND = "untrained-twin"
_FILE = "twin.safetensors"


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

    Args:
        model: That the vectors belong to.
        vectors: Built from known texts.
        cache: Activations read before; the twin has its own fingerprint there.

    Raises:
        SettingsError: The texts of an emotion are not known, or give the twin no direction.
        ModelError: No twin can be made of the model.
    """
    rows = [t for one in vectors.prompt_sets for t in one.part("train")]
    unknown = set(vectors.emotions) - {t.emotion for t in rows}
    if unknown:
        raise SettingsError(
            "The texts that these vectors were built from are not known",
            where=", ".join(sorted(unknown)[:5]),
            remedy="Build the vectors here, or import the bundle with its prompts",
        )
    yield Progress(0, 1, "making an untrained twin")
    twin = untrained_twin(model)
    texts, neutral = training_texts(vectors.prompt_sets), neutral_texts(twin, vectors.reading)
    read = yield from record(twin, (*texts, *neutral), vectors.reading, cache)
    values = read.between(0, len(texts)).values
    if vectors.neutral_projection:
        values = project_out(values, neutral_components(read.between(len(texts), len(texts) + len(neutral)).values))
    by_emotion: dict[str, FloatArray] = {}
    for block in blocks_of(rows, places(texts)):
        by_emotion.update(zip(block.emotions, estimate(values, block, vectors.estimator), strict=True))
    found: FloatArray = np.stack([by_emotion[emotion] for emotion in vectors.emotions])
    if not np.isfinite(found).all() or (np.abs(found).max(axis=-1) == 0).any():
        raise SettingsError("The untrained twin has a vector that is zero or not a number", remedy="Load it in float32")
    return TwinVectors(vectors.emotions, found, twin.info.name, twin.info.fingerprint)


def twin_key(vectors: EmotionVectors) -> str:
    """What the result depends on."""
    sets = [one.sha256 for one in (*vectors.prompt_sets, load_prompts(NEUTRAL_SET))]
    built = [vectors.estimator, vectors.neutral_projection, vectors.reading.key, list(vectors.emotions)]
    return content_key(KIND, schema(TwinVectors), RECORDER_VERSION, vectors.model.fingerprint, TWIN_SEED, built, sets)


def find_twin(store: RunStore, vectors: EmotionVectors) -> str | None:
    """Run id of the twin's finished vectors, where there are some."""
    found = store.find(KIND, twin_key(vectors))
    return None if found is None else found.id


def start_twin(registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache) -> str:
    """Starts the reading, or finds the run with the same content, and returns its run id.

    Raises:
        LimitError: The vectors were built from more texts than the limits of the registry allow.
    """
    key = twin_key(vectors)
    found = registry.existing(KIND, key, share=True)
    if found is not None:
        return found
    require_texts(registry.limits, vectors.prompt_sets)
    info = owner.model.info
    described = {"label": "untrained twin", "model": info.name, "fingerprint": info.fingerprint}
    run_id = registry.store.create(KIND, json.dumps(described), key=key)
    job = read_twin(owner.model, vectors, cache)
    return registry.start(run_id, job, lambda result: {_FILE: to_bytes(result)}, owner.submit)


def load_twin(store: RunStore, run_id: str) -> TwinVectors:
    """The twin's vectors from their file.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return from_bytes(TwinVectors, store.read(run_id, _FILE))
