"""What a steering sweep is asked to do."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from emotion_core.base.ask import Ask
from emotion_core.base.errors import SettingsError
from emotion_core.steering.writing import Decoding, Unit, WritingSettings, require, require_shares

__all__ = ["Decoding", "SweepSettings", "Unit", "clean_strengths", "parse_strengths"]

MAX_STRENGTHS = 201
# The prompt-only rival: the emotion asked for in words, in front of the prompt.
WORDS = "You feel {emotion}."
STRENGTHS = (
    "From:to:step, or numbers with commas; 0 is added. 1 is as long as the residual stream usually is at the layer; "
    "useful strengths lie around 0.05 to 0.5."
)
SHUFFLES = "More vectors from shuffled labels of the same texts, shown by name."
IN_WORDS = "Prompt-only rival: words in front of the prompt, without steering; empty leaves it out."
GATES = "The emotion once more, behind the gates of directions that mean nothing, beside the test."
FAR = "Controls pushed as far off the data as the emotion, beside the test."


def clean_strengths(strengths: Sequence[float]) -> tuple[float, ...]:
    """Sorted, without duplicates, with 0.

    Raises:
        SettingsError: The list is empty, too long, or has a number that is not finite.
    """
    if len(strengths) == 0:
        raise SettingsError("The list of strengths is empty", expected="at least one number, such as -0.4, 0, 0.4")
    broken = [s for s in strengths if not abs(s) <= sys.float_info.max]
    if broken:
        raise SettingsError(
            "A strength is not a finite number", where="strengths", found=str(broken[0]), remedy="Remove it"
        )
    cleaned = sorted({round(float(s), 9) + 0.0 for s in strengths} | {0.0})
    if len(cleaned) > MAX_STRENGTHS:
        raise SettingsError("Too many strengths", expected=f"at most {MAX_STRENGTHS}", found=str(len(cleaned)))
    return tuple(cleaned)


def even_strengths(reach: float, count: int) -> tuple[float, ...]:
    """`count` strengths at equal steps from `-reach` to `reach`."""
    return tuple(float(s) for s in np.linspace(-reach, reach, count))


def parse_strengths(text: str) -> tuple[float, ...]:
    """Reads `-0.6:0.6:0.1` (both ends belong to it) or `-0.2,0,0.2`.

    Raises:
        SettingsError: It is neither, with the part that could not be read.
    """
    expected = "start:stop:step such as -0.6:0.6:0.1, or numbers with commas such as -0.2,0,0.2"
    parts = text.split(":") if ":" in text else [p for p in text.replace(";", ",").split(",") if p.strip()]
    try:
        numbers = [float(p) for p in parts]
    except ValueError as error:
        raise SettingsError("The strengths cannot be read", where=repr(text), expected=expected) from error
    if ":" not in text:
        return clean_strengths(numbers)
    if len(numbers) != 3 or not all(map(math.isfinite, numbers)) or numbers[2] <= 0 or numbers[1] < numbers[0]:
        raise SettingsError("The range of strengths cannot be read", where=repr(text), expected=expected)
    start, stop, width = numbers
    steps = (stop - start) / width
    if steps > MAX_STRENGTHS:
        raise SettingsError("Too many strengths", expected=f"at most {MAX_STRENGTHS}", found=f"{steps:.0f}")
    return clean_strengths([start + i * width for i in range(int(np.floor(steps + 1e-6)) + 1)])


def parse_mix(text: str) -> tuple[str, float]:
    """Reads `joy=-0.5`.

    Raises:
        SettingsError: It is something else.
    """
    emotion, _, weight = text.rpartition("=")
    try:
        return emotion.strip(), float(weight)
    except ValueError as error:
        raise SettingsError(
            "The mix cannot be read", where=repr(text), expected="an emotion and a number, such as joy=-0.5"
        ) from error


@dataclass(frozen=True, kw_only=True)
class SweepSettings(WritingSettings):
    """Settings of one sweep; equal settings give equal texts.

    Attributes:
        emotion: Whose vector is used.
        strengths: In `unit`s; 0 is always part of the sweep.
        mix: Further emotions that are added together with it, each with its strength as a multiple of the sweep's.
        shuffles: Further vectors from shuffled labels of the same training texts, at every strength; they take part in
            the test like those among the controls.
        far: So many of the controls that are mixes of neutral texts are pushed a second time, as far off the data as
            the emotion (in standard deviations of neutral texts); they stand beside the test and do not decide it.
        gates: So many times the emotion itself is steered with behind the gate of a direction that means nothing, at
            the same percentile; they ask whether it matters what opens the gate, and do not decide the test.
        others: Emotions whose vectors stand beside it as controls, at every strength.
        words: Text put in front of the prompt of unsteered texts, the prompt-only rival; `{emotion}` stands for the
            emotion, empty leaves the rival out.
    """

    emotion: Annotated[str, Ask("Emotion", "Whose vector (default: the only one).", of_vectors=True)]
    strengths: Annotated[tuple[float, ...], Ask("Strengths", STRENGTHS, metavar="RANGE", read=parse_strengths)]
    mix: Annotated[
        tuple[tuple[str, float], ...],
        Ask("Add together with it", "Add E at W times each strength.", metavar="E=W", read=parse_mix),
    ] = ()
    shuffles: Annotated[int, Ask("Label-shuffled vectors", SHUFFLES, least=0, most=64, option="--shuffled")] = 0
    others: Annotated[
        tuple[str, ...], Ask("Other emotions", "Another emotion as a control.", option="--other", metavar="E")
    ] = ()
    words: Annotated[str, Ask("Words alone", IN_WORDS)] = ""
    far: Annotated[int, Ask("Controls as far off the data", FAR, least=0, most=64)] = 0
    gates: Annotated[int, Ask("Random gates", GATES, least=0, most=64, option="--random-gates")] = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "strengths", clean_strengths(self.strengths))
        require(not self.far or self.operation == "add", "controls as far off the data", "the operation add", self.far)
        require(not self.gates or self.gate is not None, "random gates", "a gate that they stand beside", self.gates)
        require_shares(self.operation, self.strengths)
        require(all(math.isfinite(s) and s for _, s in self.mix), "mix", "finite numbers other than 0", self.mix)
        named = [self.emotion, *(emotion for emotion, _ in self.mix)]
        for names, where in ((named, "mix"), ([self.emotion, *self.others], "other emotions")):
            if len(set(names)) != len(names):
                raise SettingsError("The same emotion is there twice", where=where, remedy="Name each emotion once")
        if self.mix and self.operation != "add":
            raise SettingsError(
                "Several emotions can be added together, and nothing else",
                expected="the operation add",
                found=self.operation,
            )

    @property
    def in_words(self) -> str:
        """What the prompt-only rival says in front of the prompt; empty for none."""
        return self.words.replace("{emotion}", self.emotion).strip()

    @property
    def directions(self) -> tuple[str, ...]:
        """Names of the steered directions: the emotion, all kinds of controls, shuffled vectors, other emotions."""
        controls = [f"control-{k + 1}" for k in range(self.controls)] + [f"far-{k + 1}" for k in range(self.far)]
        controls += [f"gate-{k + 1}" for k in range(self.gates)]
        shuffled = [f"shuffled-{k + 1}" for k in range(self.shuffles)]
        return ("emotion", *controls, *shuffled, *self.others)


def is_control(direction: str) -> bool:
    """Whether a direction of a sweep is a control without a name of its own."""
    return direction.startswith(("control-", "far-", "gate-"))
