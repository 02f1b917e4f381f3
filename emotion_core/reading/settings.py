"""What is asked of a reading: how a reply is written, what a monitor watches for; no model, so help is quick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from emotion_core.base.ask import Ask, Seed, enforce
from emotion_core.steering.settings import NEW_TOKENS

STRENGTH = (
    "Of steering the reply, in fractions of the mean residual norm; 0 for no steering. The unsteered reply is written "
    "beside it."
)
TEMPERATURE = (
    "How freely words are drawn: 1 as the model would, below 1 the likelier ones, above 1 the rarer ones; 0 for the "
    "most probable token each time."
)


@dataclass(frozen=True)
class Writing:
    """How the model continues a conversation.

    Attributes:
        emotion: Whose direction is added, and whose reading follows.
        strength: In fractions of the mean residual norm at the chosen layer; 0 for no steering.
        tokens: Most new tokens; fewer where the context ends.
        temperature: Divides the logits; 0 takes the most probable token.
        seed: Of the sampling noise, which the steered and the unsteered text share.
    """

    emotion: Annotated[
        str, Ask("Emotion", "Read in the reply, and steered where --strength is given.", of_vectors=True)
    ]
    strength: Annotated[float, Ask("Strength", STRENGTH, least=-10, most=10, step=0.05)] = 0.0
    tokens: Annotated[int, Ask("New tokens", NEW_TOKENS, least=1, most=512)] = 60
    temperature: Annotated[float, Ask("Temperature", TEMPERATURE, least=0, most=10, step=0.1)] = 1.0
    seed: Seed = 0

    def __post_init__(self) -> None:
        enforce(self)


@dataclass(frozen=True)
class MonitorSettings:
    """What a monitor watches for.

    Attributes:
        emotion: Whose reading.
        false_alarms: Share of neutral tokens that may cross the threshold.
        window: Tokens whose mean reading is the score of the last of them.
    """

    emotion: str
    false_alarms: Annotated[
        float,
        Ask(
            "False alarms",
            "Share of neutral tokens that may cross the threshold. It is the reading that this share exceeds.",
            least=0.001,
            most=0.5,
        ),
    ] = 0.01
    window: Annotated[
        int,
        Ask(
            "Tokens averaged",
            "The score of a token is the mean reading of so many tokens up to it. More tokens: steadier, and later.",
            least=1,
            most=64,
        ),
    ] = 5

    def __post_init__(self) -> None:
        enforce(self)
