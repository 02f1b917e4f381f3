"""What a cross-talk matrix is asked to do."""

from __future__ import annotations

import math
from dataclasses import dataclass

from emotion_core.errors import SettingsError
from emotion_core.steering.settings import Decoding, Scope, SweepSettings, Unit
from emotion_core.tracing.steer import Operation


@dataclass(frozen=True)
class CrossTalkSettings:
    """Settings of one cross-talk matrix; equal settings give equal texts.

    Attributes:
        prompts: The texts that are continued.
        strength: Of every emotion alike, in `unit`s; not 0.
        emotions: Which to steer and to read; empty takes all of the vectors.
        controls: Random directions of the same norm.
        samples: Texts for each prompt and emotion.
        max_new_tokens: Longest continuation.
        layer: Layer that is steered and read; None takes the one chosen for all emotions together.
        unit: As in `SweepSettings`, like all that follow.
        operation: What is done with the direction.
        scope: Steered positions.
        decoding: `sample` or `greedy`.
        temperature: Divides the logits.
        top_p: Nucleus.
        seed: Of the noise and of the control directions.
        chat: Wrap prompts in the model's chat template.
    """

    prompts: tuple[str, ...]
    strength: float
    emotions: tuple[str, ...] = ()
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
        if not math.isfinite(self.strength) or self.strength == 0:
            raise SettingsError(
                "Cross-talk needs a strength that steers",
                expected="a finite number other than 0",
                found=str(self.strength),
            )
        if len(set(self.emotions)) != len(self.emotions):
            raise SettingsError("The same emotion is there twice", remedy="Name each emotion once")
        self.as_sweep("")

    def as_sweep(self, emotion: str) -> SweepSettings:
        """The sweep of one strength with the same texts; it refuses what a sweep refuses."""
        return SweepSettings(
            emotion=emotion,
            prompts=self.prompts,
            strengths=(self.strength,),
            controls=self.controls,
            samples=self.samples,
            max_new_tokens=self.max_new_tokens,
            layer=self.layer,
            unit=self.unit,
            operation=self.operation,
            scope=self.scope,
            decoding=self.decoding,
            temperature=self.temperature,
            top_p=self.top_p,
            seed=self.seed,
            chat=self.chat,
        )
