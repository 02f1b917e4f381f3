"""A steering sweep as a run."""

from __future__ import annotations

import json

from emotion_core.models.owner import ModelOwner
from emotion_core.numbers import counted
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import from_bytes, schema, to_bytes
from emotion_core.runs.keys import content_key, settings_json, vectors_digest
from emotion_core.runs.limits import require_prompts, require_sweep
from emotion_core.runs.recipes import described_vectors
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.stopping import keeping, stop_flag
from emotion_core.runs.store import RunStore
from emotion_core.steering.plan import n_texts
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.sweep import Sweep, sweep
from emotion_core.vectors.emotion_vectors import EmotionVectors

KIND = "sweep"
_FILE = "sweep.safetensors"


def start_sweep(
    registry: JobRegistry,
    owner: ModelOwner,
    vectors: EmotionVectors,
    settings: SweepSettings,
    *,
    share: bool = False,
    cache: ActivationCache | None = None,
) -> str:
    """Starts a sweep, or finds the finished one with the same content, and returns its run id.

    Args:
        registry: Of the live runs.
        owner: Of the model.
        vectors: What to steer with.
        settings: How.
        cache: Activations read before, for label-shuffled vectors.
        share: Join an unfinished run with the same content instead of starting a second one.

    Raises:
        LimitError: A larger sweep, or more open jobs, than the limits of the registry allow.
    """
    require_prompts(registry.limits, settings.prompts)
    require_sweep(registry.limits, n_texts(settings), settings.max_new_tokens)
    key = content_key(KIND, schema(Sweep), owner.model.info.fingerprint, vectors_digest(vectors), settings)
    found = registry.existing(KIND, key, share=share)
    if found is not None:
        return found
    prompts, strengths = counted(len(settings.prompts), "prompt"), counted(len(settings.strengths), "strength")
    described = {
        "label": f"{settings.emotion}, {prompts}, {strengths}",
        "model": owner.model.info.name,
        "fingerprint": owner.model.info.fingerprint,
        **described_vectors(vectors),
        "settings": settings_json(settings),
    }
    run_id = registry.store.create(KIND, json.dumps(described), key=key)
    job = sweep(owner.model, vectors, settings, cache, stop_flag(run_id).is_set)
    return registry.start(run_id, keeping(job, registry.store, run_id, save_sweep), save_sweep, owner.submit)


def save_sweep(result: Sweep) -> dict[str, bytes]:
    """The files of a finished sweep."""
    return {_FILE: to_bytes(result)}


def load_sweep(store: RunStore, run_id: str) -> Sweep:
    """A finished sweep from its file, or what a stopped one left.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return from_bytes(Sweep, store.read(run_id, _FILE))


def has_sweep(store: RunStore, run_id: str) -> bool:
    """Whether a run has a sweep to show: a finished one, or a part of one that was stopped."""
    return _FILE in store.files(run_id)
