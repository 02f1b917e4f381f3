"""Check-ups of vectors as runs: what else they light up for, and how many rows they need."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from emotion_core.evaluation.confounds import ConfoundScore, score_confounds
from emotion_core.evaluation.report import size_curve
from emotion_core.evaluation.sample_size import SizePoint
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import from_bytes, schema, to_bytes
from emotion_core.runs.keys import content_key, vectors_digest
from emotion_core.runs.limits import require_texts, texts_of, within_tokens
from emotion_core.runs.progress import Job
from emotion_core.runs.recipes import described_sets, described_vectors
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
    """Starts scoring vectors on confound sets, or finds the finished run with the same content; returns its run id.

    Raises:
        LimitError: The sets have more texts than the limits of the registry allow.
    """
    require_texts(registry.limits, sets)
    hashes = [[one.name, one.sha256] for one in sets]
    key = _key(CONFOUNDS, schema(Confounds), owner, vectors, hashes)
    found = registry.existing(CONFOUNDS, key, share=False)
    if found is not None:
        return found
    described = _described(" + ".join(one.name for one in sets), owner, vectors) | {"sets": described_sets(sets)}
    run_id = registry.store.create(CONFOUNDS, json.dumps(described), key=key)
    job = within_tokens(registry.limits, owner.model, texts_of(sets), confounds(owner.model, vectors, sets, cache))
    return registry.start(run_id, job, save_confounds, owner.submit)


def start_sizes(registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache) -> str:
    """Starts the curve over the number of rows, or finds the finished one; returns its run id.

    Raises:
        LimitError: The vectors were built from more texts than the limits of the registry allow.
    """
    require_texts(registry.limits, vectors.prompt_sets)
    made = [vectors.estimator, vectors.neutral_projection, vectors.seed]
    key = _key(SIZES, schema(Sizes), owner, vectors, made)
    found = registry.existing(SIZES, key, share=False)
    if found is not None:
        return found
    run_id = registry.store.create(SIZES, json.dumps(_described("number of rows", owner, vectors)), key=key)
    texts = texts_of(vectors.prompt_sets)
    job = within_tokens(registry.limits, owner.model, texts, sizes(owner.model, vectors, cache))
    return registry.start(run_id, job, save_sizes, owner.submit)


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


def confounds(
    model: LoadedModel, vectors: EmotionVectors, sets: Sequence[PromptSet], cache: ActivationCache
) -> Job[Confounds]:
    """The scores on confound sets as one job."""
    return Confounds((yield from score_confounds(model, vectors, cache, tuple(sets))))


def save_confounds(result: Confounds) -> dict[str, bytes]:
    """The files of finished confound scores."""
    return {_CONFOUNDS_FILE: to_bytes(result)}


def save_sizes(result: Sizes) -> dict[str, bytes]:
    """The files of a finished curve."""
    return {_SIZES_FILE: to_bytes(result)}


def sizes(model: LoadedModel, vectors: EmotionVectors, cache: ActivationCache) -> Job[Sizes]:
    """The curve as one job."""
    return Sizes((yield from size_curve(model, vectors, vectors.prompt_sets, cache)))


def _key(kind: str, shape: str, owner: ModelOwner, vectors: EmotionVectors, more: object) -> str:
    sets = [one.sha256 for one in vectors.prompt_sets]
    return content_key(kind, shape, owner.model.info.fingerprint, vectors_digest(vectors), sets, more)


def _described(label: str, owner: ModelOwner, vectors: EmotionVectors) -> dict[str, Any]:
    info = owner.model.info
    return {
        "label": label,
        "model": info.name,
        "fingerprint": info.fingerprint,
        **described_vectors(vectors),
    }
