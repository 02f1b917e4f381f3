"""A cross-talk matrix as a run."""

from __future__ import annotations

import json

from emotion_core.models.owner import ModelOwner
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import from_bytes, schema, to_bytes
from emotion_core.runs.keys import content_key, settings_json, vectors_digest
from emotion_core.runs.limits import require_prompts, require_sweep
from emotion_core.runs.recipes import described_vectors
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.stopping import keeping, stop_flag
from emotion_core.runs.store import RunStore
from emotion_core.steering.crosstalk import CrossTalk, crosstalk, n_matrix_texts
from emotion_core.steering.crosstalk_settings import CrossTalkSettings
from emotion_core.vectors.emotion_vectors import EmotionVectors

KIND = "crosstalk"
_FILE = "crosstalk.safetensors"


def start_crosstalk(
    registry: JobRegistry,
    owner: ModelOwner,
    vectors: EmotionVectors,
    settings: CrossTalkSettings,
    cache: ActivationCache | None = None,
) -> str:
    """Starts a matrix, or finds the finished one with the same content, and returns its run id.

    Raises:
        LimitError: A larger matrix, or more open jobs, than the limits of the registry allow.
    """
    emotions = settings.emotions or vectors.emotions
    require_prompts(registry.limits, settings.prompts)
    require_sweep(registry.limits, n_matrix_texts(settings, len(emotions)), settings.max_new_tokens)
    key = content_key(KIND, schema(CrossTalk), owner.model.info.fingerprint, vectors_digest(vectors), settings)
    found = registry.existing(KIND, key, share=False)
    if found is not None:
        return found
    described = {
        "label": f"{len(emotions)} emotions at {settings.strength:+g}",
        "model": owner.model.info.name,
        "fingerprint": owner.model.info.fingerprint,
        **described_vectors(vectors),
        "settings": settings_json(settings),
    }
    run_id = registry.store.create(KIND, json.dumps(described), key=key)
    job = crosstalk(owner.model, vectors, settings, stop_flag(run_id).is_set, cache)
    return registry.start(run_id, keeping(job, registry.store, run_id, save_crosstalk), save_crosstalk, owner.submit)


def save_crosstalk(result: CrossTalk) -> dict[str, bytes]:
    """The files of a finished matrix."""
    return {_FILE: to_bytes(result)}


def load_crosstalk(store: RunStore, run_id: str) -> CrossTalk:
    """A finished matrix from its file, or what a stopped one left.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return from_bytes(CrossTalk, store.read(run_id, _FILE))


def has_crosstalk(store: RunStore, run_id: str) -> bool:
    """Whether a run has a matrix to show, whole or in part."""
    return _FILE in store.files(run_id)
