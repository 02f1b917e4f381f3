"""Behaviours under steering as a run, with the early warning where there are texts for it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from emotion_core.behavior.behavior_settings import BehaviorSettings, n_questions, n_texts
from emotion_core.behavior.behaviors import Behaviors, behaviors
from emotion_core.behavior.preferences import read_layer
from emotion_core.behavior.warning import EarlyWarning, early_warning
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.runs.behave_requests import BehaviorRequest
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import from_bytes, schema, to_bytes
from emotion_core.runs.keys import content_key, vectors_digest
from emotion_core.runs.limits import require_sweep, strings_in, within_asked, within_tokens
from emotion_core.runs.progress import Job
from emotion_core.runs.recipes import described_vectors
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.requests import asked_behaviors
from emotion_core.runs.settings import Settings
from emotion_core.runs.store import RunStore
from emotion_core.vectors.emotion_vectors import EmotionVectors

KIND = "behaviors"
_FILE = "behaviors.safetensors"


@dataclass(frozen=True)
class BehaviorResult:
    """A finished run.

    Attributes:
        found: Rates under steering.
        warning: Whether a reading before the decision tells it; None where that was not asked for, or no scenario has
            options.
    """

    found: Behaviors
    warning: EarlyWarning | None = None


def start_behaviors(
    registry: JobRegistry,
    owner: ModelOwner,
    vectors: EmotionVectors,
    request: BehaviorRequest,
    cache: ActivationCache | None = None,
) -> str:
    """Starts a run, or finds the finished one with the same content, and returns its id.

    Args:
        registry: Runs it.
        owner: The model.
        vectors: What is steered with.
        request: What to measure.
        cache: Activations read before, for control directions.

    Raises:
        SettingsError: There is no such layer.
        LimitError: It writes more, or the visitor has more open jobs, than the limits of the registry allow.
        VectorFileError: There is no vector for an emotion; nothing is started.
    """
    require_size(registry.limits, request.settings)
    read_layer(vectors, request.settings.layer)
    for emotion in request.settings.emotions:
        vectors.index(emotion)
    info = owner.model.info
    key = content_key(KIND, schema(BehaviorResult), info.fingerprint, vectors_digest(vectors), request)
    found = registry.existing(KIND, key, share=False)
    if found is not None:
        return found
    described = {
        "label": f"{', '.join(request.settings.emotions[:3])} in {len(request.settings.scenes)} scenarios",
        "model": info.name,
        "fingerprint": info.fingerprint,
        **described_vectors(vectors),
        "asked": asked_behaviors(request, vectors),
    }
    run_id = registry.store.create(KIND, json.dumps(described), key=key)
    job = measure(owner.model, vectors, request, cache)
    job = within_tokens(registry.limits, owner.model, strings_in(request), _within_asked(registry, owner, request, job))
    return registry.start(run_id, job, save_behaviors, owner.submit)


def require_size(limits: Settings, settings: BehaviorSettings) -> None:
    """Refuses a run that writes too much.

    Raises:
        LimitError: It writes more texts, or more tokens, than a sweep may.
    """
    require_sweep(limits, n_texts(settings), settings.max_new_tokens, "run")


def _within_asked(
    registry: JobRegistry, owner: ModelOwner, request: BehaviorRequest, job: Job[BehaviorResult]
) -> Job[BehaviorResult]:
    """The job after the tokens of all its questions have been counted."""
    scenes = [scene for scene in request.settings.scenes if scene.options]
    texts = [" ".join((scene.text, *scene.options)) for scene in scenes]
    weights = [1 / len(texts) for _ in texts]
    return within_asked(registry.limits, owner.model, texts, weights, n_questions(request.settings), job)


def measure(
    model: LoadedModel, vectors: EmotionVectors, request: BehaviorRequest, cache: ActivationCache | None = None
) -> Job[BehaviorResult]:
    """The whole run as one job."""
    found = yield from behaviors(model, vectors, request.settings, cache)
    warning = None
    if request.warning is not None and any(scene.options for scene in request.settings.scenes):
        warning = yield from early_warning(model, vectors, request.settings, request.warning, cache)
    return BehaviorResult(found, warning)


def save_behaviors(result: BehaviorResult) -> dict[str, bytes]:
    """The files of a finished run."""
    return {_FILE: to_bytes(result)}


def load_behaviors(store: RunStore, run_id: str) -> BehaviorResult:
    """A finished run from its file.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return from_bytes(BehaviorResult, store.read(run_id, _FILE))
