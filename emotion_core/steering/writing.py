"""What a sweep and a cross-talk matrix have in common: how texts are steered and sampled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from emotion_core.base.errors import SettingsError
from emotion_core.models.dialogue import Said
from emotion_core.steering.operators import EVERY_TOKEN, ROLES, SCOPES, Gate, Schedule, Scope, Where
from emotion_core.tracing.steer import BOUNDED, OPERATIONS, Operation

Unit = Literal["fraction", "raw"]
Decoding = Literal["sample", "greedy"]


@dataclass(frozen=True, kw_only=True)
class WritingSettings:
    """How texts are steered and sampled; equal settings give equal texts.

    Attributes:
        prompts: The texts that are continued.
        controls: Random directions of the same norm at every strength.
        samples: Texts for each prompt, strength and direction; they differ by their sampling noise.
        max_new_tokens: Longest continuation.
        layer: Layer that is read, and steered where there is no `span`; None takes the one chosen when the vectors
            were built.
        span: First and last of the layers that are steered together; None steers `layer` alone. What is added is
            shared: each of n layers gets the n-th part of the strength, in its own unit. Project out and clamp act
            on every layer in full.
        unit: `fraction` of the mean residual norm at the layer over neutral text, or `raw` multiples of the unit
            direction.
        operation: `add`, `project_out` (strength 1 removes all of it), `clamp`, `cap` (strength 1 removes all that lies
            above `bound`) or `floor` (strength 1 fills up all that is missing below it).
        scope: Steer the positions that emit a token (`generated`: the prompt's last token and all generated ones),
            the `prompt` (all its tokens), `both`, or a part of a conversation, see `operators.Where`.
        decoding: `sample` with noise shared by all rows of one (prompt, sample), or `greedy`.
        temperature: Divides the logits before sampling.
        top_p: Sample from the smallest set of tokens with at least this probability.
        seed: Of the noise and of the control directions.
        chat: Wrap prompts in the model's chat template.
        bound: Percentile of neutral tokens that `cap` and `floor` hold to, along each steered direction.
        gate: Steer a token only while another reading of it is high; None steers every token in the scope.
        schedule: Which of the generated tokens are steered, and how much.
        turns: Only these turns of the conversation are steered, see `operators.Where`; empty for all.
        before: For each prompt the turns in front of it; the prompt is then the user's last one. Empty for none.
    """

    prompts: tuple[str, ...]
    controls: int = 32
    samples: int = 4
    max_new_tokens: int = 40
    layer: int | None = None
    span: tuple[int, int] | None = None
    unit: Unit = "fraction"
    operation: Operation = "add"
    scope: Scope = "generated"
    decoding: Decoding = "sample"
    temperature: float = 1.0
    top_p: float = 1.0
    seed: int = 0
    chat: bool = False
    bound: float = 95.0
    gate: Gate | None = None
    schedule: Schedule = EVERY_TOKEN
    turns: tuple[int, ...] = ()
    before: tuple[tuple[Said, ...], ...] = ()

    def __post_init__(self) -> None:
        if not self.prompts or not all(p.strip() for p in self.prompts):
            raise SettingsError("A sweep needs a prompt", expected="at least one text that is not empty")
        require(len(self.before) in (0, len(self.prompts)), "before", "turns for every prompt", len(self.before))
        if len(set(zip(self.prompts, self.before or self.prompts, strict=True))) != len(self.prompts):
            raise SettingsError("The same prompt is there twice", remedy="Remove one, or raise the number of samples")
        require(0 <= self.controls <= 256, "controls", "0 to 256", self.controls)
        require(1 <= self.samples <= 256, "samples", "1 to 256", self.samples)
        require(1 <= self.max_new_tokens <= 1024, "new tokens", "1 to 1024", self.max_new_tokens)
        require(math.isfinite(self.temperature) and self.temperature > 0, "temperature", "above 0", self.temperature)
        require(0 < self.top_p <= 1, "top-p", "above 0, at most 1", self.top_p)
        require(0 <= self.seed < 2**63, "seed", "0 to 2**63 - 1", self.seed)
        if self.span is not None:
            require(0 <= self.span[0] <= self.span[1], "layers", "first and last layer, such as 2:5", self.span)
        if self.decoding == "greedy" and self.samples > 1:
            raise SettingsError(
                "Greedy decoding gives the same text for every sample",
                expected="1 sample",
                found=str(self.samples),
                remedy="Ask for one sample or for sampling",
            )
        for name, value, allowed in (
            ("unit", self.unit, ("fraction", "raw")),
            ("operation", self.operation, OPERATIONS),
            ("scope", self.scope, SCOPES),
            ("decoding", self.decoding, ("sample", "greedy")),
        ):
            require(value in allowed, name, ", ".join(allowed), value)
        require_care(self.operation, self.bound, self.schedule)
        talks = self.chat or any(self.before)
        require(talks or not (self.turns or self.scope in ROLES), "scope", "turns of a conversation", self.scope)

    @property
    def where(self) -> Where:
        """The tokens that are steered."""
        return Where(self.scope, self.turns, self.schedule)


def require_care(operation: Operation, bound: float, schedule: Schedule) -> None:
    """Refuses settings of an operation that contradict each other.

    Raises:
        SettingsError: They do.
    """
    require(0 <= bound <= 100, "bound", "a percentile of neutral tokens, 0 to 100", bound)
    decays = operation == "clamp" and schedule.half_life
    require(not decays, "half-life", "none with clamp, which sets a value", schedule.half_life)


def require_shares(operation: Operation, strengths: Sequence[float]) -> None:
    """Refuses strengths of a cap or a floor that are no shares.

    Raises:
        SettingsError: One lies below 0 or above 1.
    """
    shares = operation not in BOUNDED or all(0 <= strength <= 1 for strength in strengths)
    require(shares, "strengths", f"0 to 1 with {operation}: a share of what lies beyond the bound", strengths)


def require(condition: bool, name: str, expected: str, found: object) -> None:
    """Refuses a setting that is out of range.

    Raises:
        SettingsError: The condition does not hold.
    """
    if not condition:
        raise SettingsError(f"The setting '{name}' is out of range", expected=expected, found=str(found))
