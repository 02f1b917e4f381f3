"""The table of estimators and reading positions as a run."""

from __future__ import annotations

import json
from dataclasses import dataclass

from emotion_core.evaluation.variants import Variant, variants
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.builtin import load_prompts
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import from_bytes, schema, to_bytes
from emotion_core.runs.keys import content_key, vectors_digest
from emotion_core.runs.limits import require_texts, texts_of, within_tokens
from emotion_core.runs.progress import Job
from emotion_core.runs.recipes import described_vectors
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.vectors.build import NEUTRAL_SET
from emotion_core.vectors.emotion_vectors import EmotionVectors

KIND = "variants"
_FILE = "variants.safetensors"


@dataclass(frozen=True)
class Ways:
    """The finished table.

    Attributes:
        rows: One an emotion and way of making its vector; empty for vectors whose texts are unknown.
    """

    rows: tuple[Variant, ...]


def start_variants(registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache) -> str:
    """Starts the comparison, or finds the finished one with the same content, and returns its run id.

    Raises:
        LimitError: The vectors were built from more texts than the limits of the registry allow.
    """
    require_texts(registry.limits, vectors.prompt_sets)
    info = owner.model.info
    made = [vectors.estimator, vectors.neutral_projection, vectors.seed]
    sets = [one.sha256 for one in (*vectors.prompt_sets, load_prompts(NEUTRAL_SET))]
    key = content_key(KIND, schema(Ways), info.fingerprint, vectors_digest(vectors), made, sets)
    found = registry.existing(KIND, key, share=False)
    if found is not None:
        return found
    described = {
        "label": "ways of making the vectors",
        "model": info.name,
        "fingerprint": info.fingerprint,
        **described_vectors(vectors),
    }
    run_id = registry.store.create(KIND, json.dumps(described), key=key)
    texts = texts_of(vectors.prompt_sets)
    job = within_tokens(registry.limits, owner.model, texts, compare(owner.model, vectors, cache))
    return registry.start(run_id, job, save_variants, owner.submit)


def compare(model: LoadedModel, vectors: EmotionVectors, cache: ActivationCache) -> Job[Ways]:
    """The whole comparison as one job."""
    return Ways((yield from variants(model, vectors, cache)))


def save_variants(result: Ways) -> dict[str, bytes]:
    """The files of a finished comparison."""
    return {_FILE: to_bytes(result)}


def load_variants(store: RunStore, run_id: str) -> Ways:
    """A finished comparison from its file.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return from_bytes(Ways, store.read(run_id, _FILE))
