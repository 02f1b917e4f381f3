"""What a sweep and a cross-talk matrix have in common: how texts are steered and sampled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from emotion_core.base.ask import Ask, Chat, Layer, Seed, enforce
from emotion_core.base.errors import SettingsError
from emotion_core.prompts.library import Turn
from emotion_core.steering.operators import EVERY_TOKEN, ROLES, Bound, GateAsked, Schedule, ScheduleAsked, Scope, Where
from emotion_core.tracing.steer import BOUNDED, Operation

Unit = Literal["fraction", "raw"]
Decoding = Literal["sample", "greedy"]

CONTROLS = (
    "Directions of the same length that mean nothing, added instead. Random ones, mixes of neutral texts, vectors from "
    "shuffled labels and mixes of the emotions, as far as they apply; each is read along itself, as the emotion is. 32 "
    "give a sharp test; with fewer than 8 there is none."
)
SAMPLES = "Texts for each prompt, strength and direction. They differ by their random numbers only."
NEW_TOKENS = "How long a continuation may become, in tokens. A word is one token or a few."
UNITS = (
    "What a strength of 1 is. A fraction of the usual length of the activations compares over layers and models; raw "
    "counts multiples of a vector of length 1."
)
UNIT_NAMES = {"fraction": "Fraction of the residual norm", "raw": "Raw multiples of the unit direction"}
OPERATION = (
    "What is done along the direction. Add moves along it; project out removes what lies along it (strength 1 removes "
    "all); clamp sets it to a value. Cap removes only what lies above a percentile of neutral text, floor fills up "
    "what is missing below one, at strength 1 in full."
)
OPERATION_NAMES = {"add": "Add", "project_out": "Project out", "clamp": "Clamp", "cap": "Cap", "floor": "Floor"}
SCOPE = (
    "Which tokens are steered: those being written, those of the prompt, or both. In a conversation, the words of one "
    "side; of what is written, the thought or the answer after it."
)
SCOPE_NAMES = {
    "generated": "Generated text",
    "prompt": "Prompt",
    "both": "Both",
    "system": "System prompt",
    "user": "User",
    "assistant": "Assistant",
    "thinking": "Thought",
    "answer": "Answer after a thought",
}
TURNS = "Steer only these turns of the conversation, counted from 0. What is written is the turn after the last."
DECODING = "How tokens are chosen. With the same noise at every strength, texts differ by the strength and not by luck."
DECODING_NAMES = {"sample": "Sampling, same noise", "greedy": "Greedy"}
TEMPERATURE = "How freely words are drawn: 1 as the model would, below 1 the likelier ones, above 1 the rarer ones."


def parse_turns(text: str) -> tuple[int, ...]:
    """Reads `0,2`.

    Raises:
        SettingsError: It is something else.
    """
    try:
        return tuple(int(part) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise SettingsError("The turns cannot be read", where=repr(text), expected="numbers such as 0,2") from error


def parse_span(text: str) -> tuple[int, int]:
    """Reads `2:5`, `2`, or `all`, whose last layer is -1.

    Raises:
        SettingsError: It is something else.
    """
    first, _, last = ("0:-1" if text == "all" else text).partition(":")
    try:
        return int(first), int(last or first)
    except ValueError as error:
        raise SettingsError(
            "The layers cannot be read", where=repr(text), expected="first:last, such as 2:5, or all"
        ) from error


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

    prompts: Annotated[tuple[str, ...], Ask("Prompts", "Texts to continue.", option="--prompt", metavar="TEXT")]
    controls: Annotated[int, Ask("Control directions", CONTROLS, least=0, most=256)] = 32
    samples: Annotated[int, Ask("Samples", SAMPLES, least=1, most=256)] = 4
    max_new_tokens: Annotated[int, Ask("New tokens", NEW_TOKENS, least=1, most=1024, option="--tokens")] = 40
    layer: Layer = None
    span: Annotated[
        tuple[int, int] | None,
        Ask("Layers", "Steer first:last or all, with the strength shared.", option="--layers", read=parse_span),
    ] = None
    unit: Annotated[Unit, Ask("Unit of strength", UNITS, names=UNIT_NAMES)] = "fraction"
    operation: Annotated[Operation, Ask("Operation", OPERATION, names=OPERATION_NAMES)] = "add"
    scope: Annotated[Scope, Ask("Where", SCOPE, names=SCOPE_NAMES)] = "generated"
    decoding: Annotated[Decoding, Ask("Decoding", DECODING, names=DECODING_NAMES)] = "sample"
    temperature: Annotated[float, Ask("Temperature", TEMPERATURE, least=0.01, most=10.0, step=0.1)] = 1.0
    top_p: Annotated[float, Ask("Top-p", "Leaves out unlikely tokens.", least=0.01, most=1.0, step=0.05)] = 1.0
    seed: Seed = 0
    chat: Chat = False
    bound: Bound = 95.0
    gate: GateAsked = None
    schedule: ScheduleAsked = EVERY_TOKEN
    turns: Annotated[tuple[int, ...], Ask("Turns", TURNS, metavar="N,N", read=parse_turns)] = ()
    before: tuple[tuple[Turn, ...], ...] = ()

    def __post_init__(self) -> None:
        if not self.prompts or not all(p.strip() for p in self.prompts):
            raise SettingsError("A sweep needs a prompt", expected="at least one text that is not empty")
        require(len(self.before) in (0, len(self.prompts)), "before", "turns for every prompt", len(self.before))
        if len(set(zip(self.prompts, self.before or self.prompts, strict=True))) != len(self.prompts):
            raise SettingsError("The same prompt is there twice", remedy="Remove one, or raise the number of samples")
        enforce(self)
        if self.span is not None:
            require(0 <= self.span[0] <= self.span[1], "layers", "first and last layer, such as 2:5", self.span)
        if self.decoding == "greedy" and self.samples > 1:
            raise SettingsError(
                "Greedy decoding gives the same text for every sample",
                expected="1 sample",
                found=str(self.samples),
                remedy="Ask for one sample or for sampling",
            )
        require_care(self.operation, self.schedule)
        talks = self.chat or any(self.before)
        require(talks or not (self.turns or self.scope in ROLES), "scope", "turns of a conversation", self.scope)

    @property
    def where(self) -> Where:
        """The tokens that are steered."""
        return Where(self.scope, self.turns, self.schedule)


def require_care(operation: Operation, schedule: Schedule) -> None:
    """Refuses settings of an operation that contradict each other.

    Raises:
        SettingsError: They do.
    """
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
