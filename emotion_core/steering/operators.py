"""When and where is steered: gates, schedules, and scopes by turn, beside what is done (`tracing/steer.py`).

All three come down to one weight a token that multiplies the strength, and to one threshold a row that the trace
compares a reading with. A token of weight 0 and a closed gate leave the same bits as no steering.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.ask import Ask
from emotion_core.base.errors import SettingsError

Scope = Literal["generated", "prompt", "both", "system", "user", "assistant", "thinking", "answer"]
# Scopes by who speaks: they need a conversation. The first three are known for plain texts too.
ROLES: tuple[Scope, ...] = ("system", "user", "assistant")
_WRITTEN: tuple[Scope, ...] = ("generated", "both", "assistant", "thinking", "answer")
_OPEN, _CLOSED = "<think>", "</think>"


@dataclass(frozen=True)
class Gate:
    """Steer a token only while another reading of it is high (or low).

    Attributes:
        emotion: Whose direction is read, at each steered layer, before the steering of that layer.
        percentile: Of neutral tokens: the gate opens above it.
        below: Open below it instead.
    """

    emotion: str
    percentile: float = 95.0
    below: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.percentile <= 100:
            raise SettingsError(
                "The gate's percentile is out of range", expected="0 to 100", found=f"{self.percentile:g}"
            )


@dataclass(frozen=True)
class Schedule:
    """Which of the generated tokens are steered, and how much.

    Attributes:
        start: The first of them, counted from 0.
        tokens: How many from there on; 0 for all.
        half_life: Tokens after which the strength has halved, again and again; 0 keeps it.
    """

    start: int = 0
    tokens: int = 0
    half_life: float = 0.0

    def __post_init__(self) -> None:
        for name, value in (("start", self.start), ("tokens", self.tokens), ("half-life", self.half_life)):
            if not 0 <= value <= 100_000:
                raise SettingsError(f"The schedule's {name} is out of range", expected="0 or more", found=f"{value:g}")

    def weight(self, token: int) -> float:
        """Share of the strength at a generated token, 0 to 1."""
        since = token - self.start
        if since < 0 or (self.tokens and since >= self.tokens):
            return 0.0
        return float(0.5 ** (since / self.half_life)) if self.half_life else 1.0


EVERY_TOKEN = Schedule()


def parse_gate(text: str) -> Gate:
    """Reads `fear>95` or `calm<5`; without a percentile it is the 95th.

    Raises:
        SettingsError: It is something else.
    """
    below = "<" in text
    emotion, _, percentile = text.partition("<" if below else ">")
    try:
        return Gate(emotion.strip(), float(percentile or 95), below)
    except ValueError as error:
        raise SettingsError(
            "The gate cannot be read", where=repr(text), expected="an emotion and a percentile, such as fear>95"
        ) from error


def parse_schedule(text: str) -> Schedule:
    """Reads `from:tokens/half-life`, such as `5`, `0:20` or `0:0/8`; 0 tokens are all that follow.

    Raises:
        SettingsError: It is something else.
    """
    span, _, half_life = text.partition("/")
    start, _, tokens = span.partition(":")
    try:
        return Schedule(int(start or 0), int(tokens or 0), float(half_life or 0))
    except ValueError as error:
        raise SettingsError(
            "The schedule cannot be read", where=repr(text), expected="from:tokens/half-life, such as 0:20 or 0:0/8"
        ) from error


# As settings ask for them.
Bound = Annotated[
    float,
    Ask("Bound", "Percentile of neutral tokens that cap and floor hold to, along the direction.", least=0, most=100),
]
GateAsked = Annotated[
    Gate | None,
    Ask(
        "Gate",
        "Steer a token only while another reading is above a percentile of neutral tokens. Write fear>95, or calm<5.",
        metavar="E>P",
        read=parse_gate,
    ),
]
ScheduleAsked = Annotated[
    Schedule,
    Ask(
        "Schedule",
        "Which generated tokens are steered, as from:tokens/half-life. 5 begins at the sixth, 0:20 ends after twenty, "
        "0:0/8 halves the strength every eight.",
        metavar="M:N/H",
        read=parse_schedule,
    ),
]


@dataclass(frozen=True)
class Where:
    """The tokens that are steered.

    Attributes:
        scope: `generated` are the positions that emit a token: the prompt's last one and the generated ones; `prompt`
            all of the prompt; `both`; in a conversation the words of the `system`, the `user` or the `assistant`, whose
            next turn is the generated text; of the generated text the part inside `<think>` or the `answer` after it.
        turns: Only these turns, counted from 0; the generated text is the turn after the last one. Empty for all.
        schedule: Over the generated tokens.
    """

    scope: Scope = "generated"
    turns: tuple[int, ...] = ()
    schedule: Schedule = EVERY_TOKEN

    def prompt(self, tokens: int, roles: Sequence[str], spans: Sequence[tuple[int, int]]) -> FloatArray:
        """Weights of the prompt's tokens but the last, which emits the first generated one.

        Args:
            tokens: Of the prompt.
            roles: Of its turns; empty for a plain text.
            spans: [start, end) of each turn.

        Returns:
            float32 [tokens - 1].
        """
        weights = np.zeros(tokens, dtype=np.float32)
        if self.scope in ("prompt", "both") and not self.turns:
            weights[:] = 1.0
        elif self.scope in ("prompt", "both", *ROLES):
            for number, (role, (start, end)) in enumerate(zip(roles, spans, strict=True)):
                if (self.scope not in ROLES or self.scope == role) and (not self.turns or number in self.turns):
                    weights[start:end] = 1.0
        found: FloatArray = weights[:-1]
        return found

    def written(self, token: int, turns: int, *, thinking: bool) -> float:
        """Weight of the position that emits a generated token.

        Args:
            token: Number of the token, from 0.
            turns: Turns of the prompt.
            thinking: Whether the text so far is inside a thought.
        """
        if self.scope == "prompt":
            return float(token == 0 and not self.turns)
        if self.scope not in _WRITTEN or (self.turns and turns not in self.turns):
            return 0.0
        if self.scope in ("thinking", "answer") and thinking != (self.scope == "thinking"):
            return 0.0
        return self.schedule.weight(token)

    @property
    def thoughts(self) -> bool:
        """Whether it depends on what was written so far."""
        return self.scope in ("thinking", "answer")


def thinking(text: str) -> bool:
    """Whether a text ends inside a thought.

    Example:
        >>> thinking("<think> hm"), thinking("<think> hm </think> Yes")
        (True, False)
    """
    return text.rfind(_OPEN) > text.rfind(_CLOSED)
