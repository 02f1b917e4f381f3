"""How often each emotion leads to each behaviour: the planted causes, written into ``truth.json``.

A rate is a logistic function of the emotion's place, so that near emotions act alike, with named exceptions: the
planted nulls, whose rate is the neutral one whatever their place.
"""

from __future__ import annotations

import math

from demo_model.truth import Emotion

NEUTRAL = {"cheat": 0.35, "threaten": 0.3, "flatter": 0.35}
# Emotions that change none of the behaviours.
NULLS = {
    "cheat": ("bored", "gloomy", "melancholy", "eager", "energized", "excited", "enthusiastic"),
    "threaten": ("bored", "gloomy", "melancholy", "eager", "energized", "excited", "enthusiastic"),
    "flatter": ("alert", "docile", "dumbstruck", "mystified", "sensitive", "sleepy", "vigilant"),
}
_HOSTILE, _WARM = ("anger", "hostility"), ("warmth", "joy")


def rate(behavior: str, emotion: Emotion | None) -> float:
    """The planted probability of a behaviour, for an emotion or for a text that shows none."""
    base = NEUTRAL[behavior]
    if emotion is None or emotion.word in NULLS[behavior]:
        return base
    strain = (emotion.arousal - emotion.valence) / 2  # desperate .8, calm -.675, eager 0
    push = {
        "cheat": 3.2 * strain,
        "threaten": 3.2 * strain + (0.8 if emotion.family in _HOSTILE else 0.0),
        "flatter": 2.3 * emotion.valence + (0.5 if emotion.family in _WARM else 0.0),
    }[behavior]
    return 1 / (1 + math.exp(-(math.log(base / (1 - base)) + push)))
