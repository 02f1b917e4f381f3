"""A check-up of vectors as a run: what else they light up for, and how many rows they need."""

from __future__ import annotations

import json
from dataclasses import dataclass

from emotion_core.evaluation.confounds import CONFOUND_SETS, ConfoundScore, score_confounds
from emotion_core.evaluation.report import size_curve
from emotion_core.evaluation.sample_size import SizePoint
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.builtin import builtin_names, load_prompts
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import from_bytes, schema, to_bytes
from emotion_core.runs.keys import content_key, vectors_digest
from emotion_core.runs.progress import Job
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.vectors.emotion_vectors import EmotionVectors

KIND = "checkup"
_FILE = "checkup.safetensors"


@dataclass(frozen=True)
class Checkup:
    """What a finished check-up found.

    Attributes:
        confounds: Every vector on every confound set.
        sizes: The curve over the number of training rows; empty for vectors without known rows.
    """

    confounds: tuple[ConfoundScore, ...]
    sizes: tuple[SizePoint, ...]


def start_checkup(registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache) -> str:
    """Starts a check-up, or finds the finished one with the same content, and returns its run id."""
    info = owner.model.info
    key = content_key(
        KIND, schema(Checkup), info.fingerprint, vectors_digest(vectors), [one.sha256 for one in vectors.prompt_sets],
        [load_prompts(name).sha256 for name in confound_names()],
    )  # fmt: skip
    found = registry.existing(KIND, key, share=False)
    if found is not None:
        return found
    described = {"label": "check-up", "model": info.name, "fingerprint": info.fingerprint}
    run_id = registry.store.create(KIND, json.dumps(described), key=key)
    job = check_up(owner.model, vectors, cache)
    return registry.start(run_id, job, lambda result: {_FILE: to_bytes(result)}, owner.submit)


def check_up(model: LoadedModel, vectors: EmotionVectors, cache: ActivationCache) -> Job[Checkup]:
    """Both parts, as one job."""
    confounds = yield from score_confounds(model, vectors, cache)
    sizes: tuple[SizePoint, ...] = ()
    if vectors.prompt_sets:
        sizes = yield from size_curve(model, vectors, vectors.prompt_sets, cache)
    return Checkup(confounds, sizes)


def confound_names() -> tuple[str, ...]:
    """The confound sets that are there."""
    present = builtin_names(present_only=True)
    return tuple(name for name in CONFOUND_SETS if name in present)


def load_checkup(store: RunStore, run_id: str) -> Checkup:
    """A finished check-up from its file.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return from_bytes(Checkup, store.read(run_id, _FILE))
