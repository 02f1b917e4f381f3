"""Preferences as a run: every pair asked, and where wanted half of the activities steered."""

from __future__ import annotations

import json
from dataclasses import dataclass

from emotion_core.behavior.pairs import count_comparisons
from emotion_core.behavior.preferences import Preferences, preferences, read_layer
from emotion_core.behavior.steered_preferences import SteeredPreferences, steer_preferences
from emotion_core.evaluation.controls import KINDS
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.runs.behave_requests import PreferenceRequest
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import from_bytes, schema, to_bytes
from emotion_core.runs.keys import content_key, vectors_digest
from emotion_core.runs.limits import within_asked
from emotion_core.runs.progress import Job
from emotion_core.runs.recipes import described_vectors
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.requests import asked_preferences
from emotion_core.runs.store import RunStore
from emotion_core.vectors.emotion_vectors import EmotionVectors

KIND = "preferences"
_FILE = "preferences.safetensors"


@dataclass(frozen=True)
class PreferenceResult:
    """A finished run.

    Attributes:
        base: Without steering.
        moved: With half of the activities steered; None where that was not asked for.
    """

    base: Preferences
    moved: SteeredPreferences | None = None


def n_questions(request: PreferenceRequest) -> int:
    """Questions of a run, those under steering among them, at most: not every kind of controls applies everywhere."""
    n = len(request.settings.activities)
    asked = count_comparisons(n, request.settings.opponents)
    if request.steering is not None:
        pairs = (n // 2) * min(request.steering.opponents, n - n // 2)
        asked += 2 * pairs * (1 + len(request.steering.emotions) + len(KINDS) * request.steering.controls)
    return asked


def start_preferences(
    registry: JobRegistry,
    owner: ModelOwner,
    vectors: EmotionVectors,
    request: PreferenceRequest,
    cache: ActivationCache | None = None,
) -> str:
    """Starts a run, or finds the finished one with the same content, and returns its id.

    Args:
        registry: Runs it.
        owner: The model.
        vectors: What is read and steered with.
        request: What to ask.
        cache: Activations read before, for control directions.

    Raises:
        SettingsError: There is no such layer.
        LimitError: Its questions have more tokens than the limits of the registry allow (raised by the run).
        VectorFileError: There is no vector for an emotion; nothing is started.
    """
    read_layer(vectors, request.settings.layer)
    for emotion in () if request.steering is None else request.steering.emotions:
        vectors.index(emotion)
    info = owner.model.info
    key = content_key(KIND, schema(PreferenceResult), info.fingerprint, vectors_digest(vectors), request)
    found = registry.existing(KIND, key, share=False)
    if found is not None:
        return found
    described = {
        "label": f"preferences over {len(request.settings.activities)} activities",
        "model": info.name,
        "fingerprint": info.fingerprint,
        **described_vectors(vectors),
        "asked": asked_preferences(request),
    }
    run_id = registry.store.create(KIND, json.dumps(described), key=key)
    job = ask_and_steer(owner.model, vectors, request, cache)
    # Every question names two activities, each of them about equally often.
    names, wording = request.settings.activities, request.settings.wording
    weights = [2 / len(names)] * len(names)
    job = within_asked(
        registry.limits, owner.model, (*names, wording.question), (*weights, 1.0), n_questions(request), job
    )
    return registry.start(run_id, job, save_preferences, owner.submit)


def ask_and_steer(
    model: LoadedModel, vectors: EmotionVectors, request: PreferenceRequest, cache: ActivationCache | None = None
) -> Job[PreferenceResult]:
    """The whole run as one job."""
    base = yield from preferences(model, vectors, request.settings, cache)
    moved = None
    if request.steering is not None:
        moved = yield from steer_preferences(model, vectors, base, request.steering, cache)
    return PreferenceResult(base, moved)


def save_preferences(result: PreferenceResult) -> dict[str, bytes]:
    """The files of a finished run."""
    return {_FILE: to_bytes(result)}


def load_preferences(store: RunStore, run_id: str) -> PreferenceResult:
    """A finished run from its file.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return from_bytes(PreferenceResult, store.read(run_id, _FILE))
