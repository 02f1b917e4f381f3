"""Runs that let a model choose: preferences over activities, behaviours in scenarios."""

from __future__ import annotations

from dataclasses import dataclass

from emotion_core.base.jobs import Job
from emotion_core.behavior.behavior_settings import BehaviorSettings, n_texts
from emotion_core.behavior.behavior_settings import n_questions as n_scene_questions
from emotion_core.behavior.behaviors import Behaviors, behaviors
from emotion_core.behavior.preference_settings import PreferenceSettings, SteeredSettings, count_comparisons
from emotion_core.behavior.preferences import Preferences, preferences, read_layer
from emotion_core.behavior.scenes import built_in_activities, built_in_scenes, planted_scenes
from emotion_core.behavior.steered_preferences import SteeredPreferences, steer_preferences
from emotion_core.behavior.warning import EarlyWarning, WarningSettings, early_warning, lead_texts
from emotion_core.evaluation.controls import KINDS
from emotion_core.experiments.experiment import Bench, Experiment, Size
from emotion_core.runs.limits import strings_in
from emotion_core.vectors.emotion_vectors import EmotionVectors


@dataclass(frozen=True)
class PreferenceRequest:
    """What to ask.

    Attributes:
        settings: The activities and the question.
        steering: How half of them is steered; None for not at all.
    """

    settings: PreferenceSettings
    steering: SteeredSettings | None = None


@dataclass(frozen=True)
class PreferenceResult:
    """A finished run.

    Attributes:
        base: Without steering.
        moved: With half of the activities steered; None where that was not asked for.
    """

    base: Preferences
    moved: SteeredPreferences | None = None


@dataclass(frozen=True)
class BehaviorRequest:
    """What to measure.

    Attributes:
        settings: Scenarios, emotions and strengths.
        warning: Seed of the early warning; None leaves it out.
        leads: Texts that stand before the scenarios in it; by default held-out texts of the vectors.
    """

    settings: BehaviorSettings
    warning: int | None = None
    leads: tuple[str, ...] = ()


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


def n_questions(request: PreferenceRequest) -> int:
    """Questions of a run, those under steering among them, at most: not every kind of controls applies everywhere."""
    n = len(request.settings.activities)
    asked = count_comparisons(n, request.settings.opponents)
    if request.steering is not None:
        pairs = (n // 2) * min(request.steering.opponents, n - n // 2)
        asked += 2 * pairs * (1 + len(request.steering.emotions) + len(KINDS) * request.steering.controls)
    return asked


def warning_settings(request: BehaviorRequest, vectors: EmotionVectors) -> WarningSettings:
    """Settings of the early warning.

    Raises:
        SettingsError: There are too few texts before the scenarios.
    """
    return WarningSettings(request.leads or lead_texts(vectors), request.warning or 0)


def _ask_and_steer(bench: Bench, request: PreferenceRequest) -> Job[PreferenceResult]:
    base = yield from preferences(bench.model, bench.vectors, request.settings, bench.cache)
    moved = None
    if request.steering is not None:
        moved = yield from steer_preferences(bench.model, bench.vectors, base, request.steering, bench.cache)
    return PreferenceResult(base, moved)


def _measure(bench: Bench, request: BehaviorRequest) -> Job[BehaviorResult]:
    rates = yield from behaviors(bench.model, bench.vectors, request.settings, bench.cache)
    warning = None
    if request.warning is not None and any(scene.options for scene in request.settings.scenes):
        asked = warning_settings(request, bench.vectors)
        warning = yield from early_warning(bench.model, bench.vectors, request.settings, asked, bench.cache)
    return BehaviorResult(rates, warning)


def _check_preferences(request: PreferenceRequest, vectors: EmotionVectors) -> None:
    read_layer(vectors, request.settings.layer)
    for emotion in () if request.steering is None else request.steering.emotions:
        vectors.index(emotion)


def _check_behaviors(request: BehaviorRequest, vectors: EmotionVectors) -> None:
    read_layer(vectors, request.settings.layer)
    for emotion in request.settings.emotions:
        vectors.index(emotion)
    if request.warning is not None:
        warning_settings(request, vectors)


def _preference_size(request: PreferenceRequest, vectors: EmotionVectors) -> Size:
    """Every question names two activities, each of them about equally often."""
    names, wording = request.settings.activities, request.settings.wording
    parts = ((wording.question, 1.0), *((name, 2 / len(names)) for name in names))
    return Size(texts=tuple(strings_in(request)), parts=parts, questions=n_questions(request))


def _behavior_size(request: BehaviorRequest, vectors: EmotionVectors) -> Size:
    settings = request.settings
    texts = [" ".join((scene.text, *scene.options)) for scene in settings.scenes if scene.options]
    return Size(
        texts=tuple(strings_in(request)),
        written=n_texts(settings),
        new_tokens=settings.max_new_tokens,
        parts=tuple((text, 1 / len(texts)) for text in texts),
        questions=n_scene_questions(settings),
    )


def _built_in_activities(request: PreferenceRequest) -> bool:
    return set(built_in_activities()[0]).issuperset(request.settings.activities)


def _built_in_scenarios(request: BehaviorRequest) -> bool:
    return {*built_in_scenes(), *planted_scenes()}.issuperset(request.settings.scenes) and not request.leads


def _behavior_label(request: BehaviorRequest, vectors: EmotionVectors) -> str:
    return f"{', '.join(request.settings.emotions[:3])} in {len(request.settings.scenes)} scenarios"


PREFERENCES = Experiment(
    kind="preferences",
    asks=PreferenceRequest,
    gives=PreferenceResult,
    job=_ask_and_steer,
    label=lambda request, vectors: f"preferences over {len(request.settings.activities)} activities",
    size=_preference_size,
    check=_check_preferences,
    keeps=_built_in_activities,
)
BEHAVIORS = Experiment(
    kind="behaviors",
    asks=BehaviorRequest,
    gives=BehaviorResult,
    job=_measure,
    label=_behavior_label,
    size=_behavior_size,
    check=_check_behaviors,
    keeps=_built_in_scenarios,
)
