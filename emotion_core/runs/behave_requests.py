"""What a run of the page Behave is asked: preferences over activities, or behaviours in scenarios."""

from __future__ import annotations

from dataclasses import dataclass

from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.behavior.preference_settings import PreferenceSettings, SteeredSettings
from emotion_core.behavior.warning import WarningSettings


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
class BehaviorRequest:
    """What to measure.

    Attributes:
        settings: Scenarios, emotions and strengths.
        warning: The texts that stand before the scenarios; None leaves the early warning out.
    """

    settings: BehaviorSettings
    warning: WarningSettings | None = None
