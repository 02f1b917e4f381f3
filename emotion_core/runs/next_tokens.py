"""A dose-response at the next token as a run."""

from __future__ import annotations

import json

from emotion_core.models.owner import ModelOwner
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import from_bytes, schema, to_bytes
from emotion_core.runs.keys import content_key, settings_json, vectors_digest
from emotion_core.runs.limits import require_prompts, require_sweep
from emotion_core.runs.recipes import described_vectors
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.steering.next_token import NextTokenDose, next_token_dose, next_token_size
from emotion_core.steering.settings import SweepSettings
from emotion_core.vectors.emotion_vectors import EmotionVectors

KIND = "next-token"
_FILE = "next-token.safetensors"


def start_next_token(
    registry: JobRegistry,
    owner: ModelOwner,
    vectors: EmotionVectors,
    settings: SweepSettings,
    cache: ActivationCache | None = None,
) -> str:
    """Starts the steps, or finds the finished ones with the same content, and returns the run id.

    Raises:
        LimitError: More rows, or more open jobs, than the limits of the registry allow.
    """
    require_prompts(registry.limits, settings.prompts)
    require_sweep(registry.limits, *next_token_size(settings))
    key = content_key(KIND, schema(NextTokenDose), owner.model.info.fingerprint, vectors_digest(vectors), settings)
    found = registry.existing(KIND, key, share=False)
    if found is not None:
        return found
    described = {
        "label": f"{settings.emotion}, next token, {len(settings.strengths)} strengths",
        "model": owner.model.info.name,
        "fingerprint": owner.model.info.fingerprint,
        **described_vectors(vectors),
        "settings": settings_json(settings),
    }
    run_id = registry.store.create(KIND, json.dumps(described), key=key)
    return registry.start(run_id, next_token_dose(owner.model, vectors, settings, cache), save_next_token, owner.submit)


def load_next_token(store: RunStore, run_id: str) -> NextTokenDose:
    """A finished dose-response from its file.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return from_bytes(NextTokenDose, store.read(run_id, _FILE))


def save_next_token(result: NextTokenDose) -> dict[str, bytes]:
    """The files of a finished dose-response."""
    return {_FILE: to_bytes(result)}
