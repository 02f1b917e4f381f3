"""Check-ups of vectors as runs: what else they light up for, and how many rows they need."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from emotion_core.evaluation.confounds import ConfoundScore, score_confounds
from emotion_core.evaluation.report import size_curve
from emotion_core.evaluation.sample_size import SizePoint
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import from_bytes, schema, to_bytes
from emotion_core.runs.keys import content_key, vectors_digest
from emotion_core.runs.progress import Job
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.vectors.emotion_vectors import EmotionVectors

CONFOUNDS = "confounds"
SIZES = "sizes"
_CONFOUNDS_FILE = "confounds.safetensors"
_SIZES_FILE = "sizes.safetensors"


@dataclass(frozen=True)
class Confounds:
    """Every vector on every contrast of some confound sets."""

    scores: tuple[ConfoundScore, ...]


@dataclass(frozen=True)
class Sizes:
    """The curve over the number of training rows."""

    points: tuple[SizePoint, ...]


def start_confounds(
    registry: JobRegistry,
    owner: ModelOwner,
    vectors: EmotionVectors,
    sets: Sequence[PromptSet],
    cache: ActivationCache,
) -> str:
    """Starts scoring vectors on confound sets, or finds the finished run with the same content; returns its run id."""
    hashes = [[one.name, one.sha256] for one in sets]
    key = _key(CONFOUNDS, schema(Confounds), owner, vectors, hashes)
    found = registry.existing(CONFOUNDS, key, share=False)
    if found is not None:
        return found
    run_id = registry.store.create(CONFOUNDS, _described("confound sets", owner), key=key)
    job = _confounds(owner.model, vectors, tuple(sets), cache)
    return registry.start(run_id, job, lambda result: {_CONFOUNDS_FILE: to_bytes(result)}, owner.submit)


def start_sizes(registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache) -> str:
    """Starts the curve over the number of rows, or finds the finished one; returns its run id."""
    made = [vectors.estimator, vectors.neutral_projection, vectors.seed]
    key = _key(SIZES, schema(Sizes), owner, vectors, made)
    found = registry.existing(SIZES, key, share=False)
    if found is not None:
        return found
    run_id = registry.store.create(SIZES, _described("number of rows", owner), key=key)
    job = _sizes(owner.model, vectors, cache)
    return registry.start(run_id, job, lambda result: {_SIZES_FILE: to_bytes(result)}, owner.submit)


def load_confounds(store: RunStore, run_id: str) -> Confounds:
    """Finished confound scores from their file.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return from_bytes(Confounds, store.read(run_id, _CONFOUNDS_FILE))


def load_sizes(store: RunStore, run_id: str) -> Sizes:
    """A finished curve from its file.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return from_bytes(Sizes, store.read(run_id, _SIZES_FILE))


def _confounds(
    model: LoadedModel, vectors: EmotionVectors, sets: tuple[PromptSet, ...], cache: ActivationCache
) -> Job[Confounds]:
    return Confounds((yield from score_confounds(model, vectors, cache, sets)))


def _sizes(model: LoadedModel, vectors: EmotionVectors, cache: ActivationCache) -> Job[Sizes]:
    return Sizes((yield from size_curve(model, vectors, vectors.prompt_sets, cache)))


def _key(kind: str, shape: str, owner: ModelOwner, vectors: EmotionVectors, more: object) -> str:
    sets = [one.sha256 for one in vectors.prompt_sets]
    return content_key(kind, shape, owner.model.info.fingerprint, vectors_digest(vectors), sets, more)


def _described(label: str, owner: ModelOwner) -> str:
    info = owner.model.info
    return json.dumps({"label": label, "model": info.name, "fingerprint": info.fingerprint})
