"""Every kind of run over vectors comes back the same from its settings; what was uploaded is not among them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from redo_helpers import assert_redone_equal

from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.leads import lead_texts
from emotion_core.behavior.preference_settings import PreferenceSettings, SteeredSettings
from emotion_core.behavior.scenes import Scene, built_in_scenes
from emotion_core.behavior.warning import WarningSettings
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.library import load_activities, load_conversations
from emotion_core.reading.attempts_library import load_attempts
from emotion_core.reading.dialogue import Said
from emotion_core.runs.behave_requests import BehaviorRequest, PreferenceRequest
from emotion_core.runs.behaviors import start_behaviors
from emotion_core.runs.builds import load_build, start_build
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.crosstalks import start_crosstalk
from emotion_core.runs.next_tokens import start_next_token
from emotion_core.runs.preferences import start_preferences
from emotion_core.runs.reading_request import ReadingRequest
from emotion_core.runs.readings import start_reading
from emotion_core.runs.redo import can_redo, why_not
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.requests import LONGEST_TEXT, asked_reading, reading_of
from emotion_core.steering.crosstalk_settings import CrossTalkSettings
from emotion_core.steering.settings import SweepSettings
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.settings import BuildSettings

Start = Callable[[JobRegistry, ModelOwner, EmotionVectors, ActivationCache], str]
ACTIVITIES = tuple(one.activity for one in load_activities())[:6]


@pytest.fixture(scope="module")
def vectors(registry: JobRegistry, owner: ModelOwner, cache: ActivationCache) -> EmotionVectors:
    run_id = start_build(registry, owner, (load_prompts("emotions-12"),), BuildSettings(folds=2), cache)
    registry.wait(run_id)
    return load_build(registry.store, run_id).vectors


def _crosstalk(registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache) -> str:
    settings = CrossTalkSettings(
        prompts=("She said",), strength=0.2, emotions=vectors.emotions[:2], controls=1, samples=1, max_new_tokens=2
    )
    return start_crosstalk(registry, owner, vectors, settings)


def _next_token(registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache) -> str:
    settings = SweepSettings(emotion=vectors.emotions[0], prompts=("She said",), strengths=(-0.1, 0.1), controls=1)
    return start_next_token(registry, owner, vectors, settings)


def _reading(registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache) -> str:
    return start_reading(registry, owner, vectors, ReadingRequest("text", text="The dog ran after me."), cache)


def _preferences(registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache) -> str:
    steering = SteeredSettings(vectors.emotions[:1], 0.1, opponents=1, controls=1)
    return start_preferences(
        registry, owner, vectors, PreferenceRequest(PreferenceSettings(ACTIVITIES), steering), cache
    )


def _behaviors(registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache) -> str:
    settings = BehaviorSettings(
        built_in_scenes()[:1], vectors.emotions[:1], (0.1,), controls=1, texts=1, max_new_tokens=2, words=""
    )
    request = BehaviorRequest(settings, WarningSettings(lead_texts(vectors)))
    return start_behaviors(registry, owner, vectors, request, cache)


@pytest.mark.parametrize("start", [_crosstalk, _next_token, _reading, _preferences, _behaviors])
def test_an_expired_run_comes_back_the_same(
    start: Start, registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache
) -> None:
    assert_redone_equal(registry, owner, start(registry, owner, vectors, cache), cache)


def test_uploads_are_not_kept(
    registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache
) -> None:
    scene = Scene("mine", "SECRET things went", ("well", "badly"), (True, False))
    settings = BehaviorSettings((scene,), vectors.emotions[:1], (0.1,), controls=0, texts=0, words="")
    activities = PreferenceSettings(("sleep", "read SECRET books", "walk"))
    talk = (Said("user", "a SECRET question"),)
    started = [
        start_behaviors(registry, owner, vectors, BehaviorRequest(settings)),
        start_preferences(registry, owner, vectors, PreferenceRequest(activities)),
        start_reading(registry, owner, vectors, ReadingRequest("conversation", turns=talk), cache),
    ]
    for run_id in started:
        registry.wait(run_id)
        registry.store.expire(run_id)
        run = registry.store.get(run_id)
        assert "SECRET" not in run.settings
        assert not can_redo(run) and "not kept" in why_not(run)


def test_readings_of_the_library_are_kept_and_come_back_equal() -> None:
    talk = tuple(Said(turn.role, turn.content) for turn in load_conversations()[0].turns)
    attempts = load_attempts()[0].model_dump_json()
    for request in (
        ReadingRequest("conversation", turns=talk),
        ReadingRequest("attempts", run=attempts),
        ReadingRequest("dose", text="{x} dogs", values=(1.0, 2.0, 3.0), rise=("fear",)),
        ReadingRequest("text", text="x" * LONGEST_TEXT),
    ):
        kept = asked_reading(request)
        assert kept is not None and reading_of(json.loads(json.dumps(kept))) == request
    own = json.dumps({**json.loads(attempts), "task": "mine"})
    assert asked_reading(ReadingRequest("attempts", run=own)) is None
    assert asked_reading(ReadingRequest("text", text="x" * (LONGEST_TEXT + 1))) is None
