"""What a run over vectors was asked to do, as its settings keep it, and back.

What a visitor uploaded (scenarios, activities, conversations, runs of attempts, labelled sets) and long texts are not
kept beyond the result, so a request that holds such things is not written down at all.
"""

from __future__ import annotations

from typing import Any

from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.leads import lead_texts
from emotion_core.behavior.scenes import built_in_scenes, planted_scenes
from emotion_core.behavior.warning import WarningSettings
from emotion_core.errors import RunError
from emotion_core.prompts.library import load_activities, load_conversations
from emotion_core.reading.attempts_library import load_attempts
from emotion_core.reading.dialogue import Said
from emotion_core.runs.behave_requests import BehaviorRequest, PreferenceRequest
from emotion_core.runs.codec import from_plain
from emotion_core.runs.keys import settings_json
from emotion_core.runs.reading_request import ReadingRequest
from emotion_core.vectors.emotion_vectors import EmotionVectors

LONGEST_TEXT = 2000  # characters of a typed text that are kept with the settings

Asked = dict[str, Any] | None


def asked_preferences(request: PreferenceRequest) -> Asked:
    """The request as JSON values; None with uploaded activities."""
    known = {one.activity for one in load_activities()}
    return settings_json(request) if known.issuperset(request.settings.activities) else None


def preferences_of(asked: Asked) -> PreferenceRequest:
    """The request again.

    Raises:
        RunError: It was not kept, or was kept by an incompatible version.
    """
    return from_plain(PreferenceRequest, require_asked(asked))


def asked_behaviors(request: BehaviorRequest, vectors: EmotionVectors) -> Asked:
    """The request as JSON values; None with uploaded scenarios, or texts before them that are not the vectors' own."""
    leads = None if request.warning is None else request.warning.leads
    if not {*built_in_scenes(), *planted_scenes()}.issuperset(request.settings.scenes) or leads not in (
        None,
        lead_texts(vectors),
    ):
        return None
    warning = None if request.warning is None else request.warning.seed
    return {"settings": settings_json(request.settings), "warning": warning}


def behaviors_of(asked: Asked, vectors: EmotionVectors) -> BehaviorRequest:
    """The request again.

    Raises:
        RunError: It was not kept, or was kept by an incompatible version.
    """
    found = require_asked(asked)
    settings, seed = from_plain(BehaviorSettings, found["settings"]), found["warning"]
    return BehaviorRequest(settings, None if seed is None else WarningSettings(lead_texts(vectors), seed))


def asked_reading(request: ReadingRequest) -> Asked:
    """The request as JSON values; None with uploaded parts, or with a long text."""
    talks = {tuple(Said(turn.role, turn.content) for turn in one.turns) for one in load_conversations()}
    own = [one for one in (request.turns, *request.conversations) if one and one not in talks]
    runs = [one.model_copy(update={"note": ""}) for one in load_attempts()]
    uploaded = request.run and request.attempts().model_copy(update={"note": ""}) not in runs
    if own or uploaded or request.labelled or len(request.text) > LONGEST_TEXT:
        return None
    return settings_json(request)


def reading_of(asked: Asked) -> ReadingRequest:
    """The request again.

    Raises:
        RunError: It was not kept, or was kept by an incompatible version.
    """
    return from_plain(ReadingRequest, require_asked(asked))


def require_asked(asked: Asked) -> dict[str, Any]:
    """What was asked, where it was kept.

    Raises:
        RunError: It was not.
    """
    if asked is None:
        raise RunError(
            "What this run was asked to do was uploaded or long, and is not kept beyond its result",
            remedy="Start again from the form",
        )
    return asked
