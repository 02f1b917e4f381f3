"""What a steering sweep is asked to do."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from emotion_core.errors import SettingsError
from emotion_core.tracing.steer import Operation

Unit = Literal["fraction", "raw"]
Scope = Literal["generated", "prompt", "both"]
Decoding = Literal["sample", "greedy"]

MAX_STRENGTHS = 201


@dataclass(frozen=True)
class SweepSettings:
    """Settings of one sweep; equal settings give equal texts.

    Attributes:
        emotion: Whose vector is used.
        prompts: The texts that are continued.
        strengths: In `unit`s; 0 is always part of the sweep.
        controls: Random directions of the same norm at every strength.
        samples: Texts for each prompt and strength; they differ by their sampling noise.
        max_new_tokens: Longest continuation.
        layer: Layer that is steered; None takes the one chosen when the vectors were built.
        unit: `fraction` of the mean residual norm at the layer over neutral text, or `raw` multiples of the unit
            direction.
        operation: `add`, `project_out` (strength 1 removes all of it) or `clamp`.
        scope: Steer the positions that emit a token (`generated`: the prompt's last token and all generated ones),
            the `prompt` (all its tokens), or `both`.
        decoding: `sample` with noise shared by all rows of one (prompt, sample), or `greedy`.
        temperature: Divides the logits before sampling.
        top_p: Sample from the smallest set of tokens with at least this probability.
        seed: Of the noise and of the control directions.
        chat: Wrap prompts in the model's chat template.
    """

    emotion: str
    prompts: tuple[str, ...]
    strengths: tuple[float, ...]
    controls: int = 8
    samples: int = 4
    max_new_tokens: int = 40
    layer: int | None = None
    unit: Unit = "fraction"
    operation: Operation = "add"
    scope: Scope = "generated"
    decoding: Decoding = "sample"
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int = 0
    chat: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "strengths", clean_strengths(self.strengths))
        if not self.prompts or not all(p.strip() for p in self.prompts):
            raise SettingsError("A sweep needs a prompt", expected="at least one text that is not empty")
        if len(set(self.prompts)) != len(self.prompts):
            raise SettingsError("The same prompt is there twice", remedy="Remove one, or raise the number of samples")
        _require(0 <= self.controls <= 64, "controls", "0 to 64", self.controls)
        _require(1 <= self.samples <= 256, "samples", "1 to 256", self.samples)
        _require(1 <= self.max_new_tokens <= 1024, "new tokens", "1 to 1024", self.max_new_tokens)
        _require(math.isfinite(self.temperature) and self.temperature > 0, "temperature", "above 0", self.temperature)
        _require(0 < self.top_p <= 1, "top-p", "above 0, at most 1", self.top_p)
        _require(0 <= self.seed < 2**63, "seed", "0 to 2**63 - 1", self.seed)
        if self.decoding == "greedy" and self.samples > 1:
            raise SettingsError(
                "Greedy decoding gives the same text for every sample",
                expected="1 sample",
                found=str(self.samples),
                remedy="Ask for one sample or for sampling",
            )
        for name, value, allowed in (
            ("unit", self.unit, ("fraction", "raw")),
            ("operation", self.operation, ("add", "project_out", "clamp")),
            ("scope", self.scope, ("generated", "prompt", "both")),
            ("decoding", self.decoding, ("sample", "greedy")),
        ):
            _require(value in allowed, name, ", ".join(allowed), value)


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


def _require(condition: bool, name: str, expected: str, found: object) -> None:
    if not condition:
        raise SettingsError(f"The setting '{name}' is out of range", expected=expected, found=str(found))
