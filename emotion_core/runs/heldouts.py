"""Held-out scores as a run: vectors measured on any prompt sets."""

from __future__ import annotations

import json
from collections.abc import Sequence

from emotion_core.evaluation.confounds import built_in_confounds
from emotion_core.evaluation.heldout import heldout
from emotion_core.evaluation.scores import SCORES_VERSION, HeldOutScores
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import from_bytes, schema, to_bytes
from emotion_core.runs.keys import content_key, vectors_digest
from emotion_core.runs.limits import require_texts, texts_of, within_tokens
from emotion_core.runs.recipes import described_sets, described_vectors
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.vectors.emotion_vectors import EmotionVectors

KIND = "heldout"
_FILE = "heldout.safetensors"


def start_heldout(
    registry: JobRegistry,
    owner: ModelOwner,
    vectors: EmotionVectors,
    prompt_sets: Sequence[PromptSet],
    cache: ActivationCache,
) -> str:
    """Starts scoring, or finds the finished run with the same content, and returns its run id."""
    require_texts(registry.limits, prompt_sets)
    sets = [one.sha256 for one in (*prompt_sets, *built_in_confounds())]
    key = content_key(
        KIND, schema(HeldOutScores), SCORES_VERSION, owner.model.info.fingerprint, vectors_digest(vectors), sets
    )
    found = registry.existing(KIND, key, share=False)
    if found is not None:
        return found
    described = {
        "label": " + ".join(one.name for one in prompt_sets),
        "model": owner.model.info.name,
        "fingerprint": owner.model.info.fingerprint,
        **described_vectors(vectors),
        "sets": described_sets(prompt_sets),
    }
    run_id = registry.store.create(KIND, json.dumps(described), key=key)
    texts = texts_of(prompt_sets)
    job = within_tokens(registry.limits, owner.model, texts, heldout(owner.model, vectors, prompt_sets, cache))
    return registry.start(run_id, job, save_heldout, owner.submit)


def save_heldout(scores: HeldOutScores) -> dict[str, bytes]:
    """The files of finished scores."""
    return {_FILE: to_bytes(scores)}


def load_heldout(store: RunStore, run_id: str) -> HeldOutScores:
    """Finished scores from their file.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return from_bytes(HeldOutScores, store.read(run_id, _FILE))
