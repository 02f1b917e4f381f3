"""What a steering sweep is asked to do."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.ask import Ask, Chat, Layer, Seed, enforce
from emotion_core.base.errors import SettingsError
from emotion_core.base.numbers import refuse_decimal_commas, refuse_repeats
from emotion_core.prompts.prompt_set import Turn
from emotion_core.tracing.steer import BOUNDED, SHARES, TAKES_AWAY, Operation

# When and where is steered: gates, schedules, and scopes by turn, beside what is done (`tracing/steer.py`).
#
# All three come down to one weight a token that multiplies the strength, and to one threshold a row that the trace
# compares a reading with. A token of weight 0 and a closed gate leave the same bits as no steering.

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


# What a sweep and a cross-talk matrix have in common: how texts are steered and sampled.

Unit = Literal["fraction", "raw"]
Decoding = Literal["sample", "greedy"]

CONTROLS = (
    "Directions of the same length that mean nothing, added instead. Random ones, mixes of neutral texts, vectors from "
    "shuffled labels and mixes of the emotions, as far as they apply; each is read along itself, as the emotion is. 32 "
    "in all give a sharp test, 8 a rough one."
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
    def sign(self) -> int:
        """-1 where steering takes away what lies along the direction, so that its reading should fall; else 1."""
        return -1 if self.operation in TAKES_AWAY else 1

    @property
    def where(self) -> Where:
        """The tokens that are steered."""
        return Where(self.scope, self.turns, self.schedule)


def how_words(operation: Operation, bound: float, gate: Gate | None, schedule: Schedule) -> str:
    """What is done to a token and when, in words that stand beside a figure.

    Example:
        >>> how_words("add", 95.0, Gate("fear"), Schedule(2, 10))
        'add, only while fear reads above percentile 95, from written token 2 on for 10'
    """
    parts = [operation.replace("_", " ")]
    if operation in BOUNDED:
        parts[0] += f" at percentile {bound:g} of neutral tokens"
    if gate is not None:
        side = "below" if gate.below else "above"
        parts.append(f"only while {gate.emotion} reads {side} percentile {gate.percentile:g}")
    if schedule.start or schedule.tokens:
        length = f" for {schedule.tokens}" if schedule.tokens else ""
        parts.append(f"from written token {schedule.start} on{length}")
    if schedule.half_life:
        parts.append(f"halved every {schedule.half_life:g} tokens")
    return ", ".join(parts)


def unit_words(operation: Operation, unit: Unit = "fraction") -> str:
    """What a strength is, in words for an axis."""
    if operation in SHARES:
        return f"share of what lies {'along the direction' if operation == 'project_out' else 'beyond the bound'}"
    return "fraction of the residual norm" if unit == "fraction" else "multiples of the unit direction"


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
    if not shares:
        raise SettingsError(
            "These strengths are no shares",
            expected=f"0 to 1 with {operation}: a share of what lies beyond the bound",
            found=", ".join(f"{s:g}" for s in strengths if not 0 <= s <= 1),
            remedy="Take strengths such as 0.5, 1",
        )


def require(condition: bool, name: str, expected: str, found: object) -> None:
    """Refuses a setting that is out of range.

    Raises:
        SettingsError: The condition does not hold.
    """
    if not condition:
        raise SettingsError(f"The setting '{name}' is out of range", expected=expected, found=str(found))


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
        SettingsError: It is neither, with the part that could not be read; or it can be read in two ways.
    """
    expected = "start:stop:step such as -0.6:0.6:0.1, or numbers with commas such as -0.2,0,0.2"
    plain = text.replace("\u2212", "-")  # the minus sign of the charts
    refuse_decimal_commas(plain, "strengths")
    parts = plain.split(":") if ":" in plain else [p for p in plain.replace(";", ",").split(",") if p.strip()]
    try:
        numbers = [float(p) for p in parts]
    except ValueError as error:
        raise SettingsError("The strengths cannot be read", where=repr(text), expected=expected) from error
    if ":" not in text:
        refuse_repeats(numbers, "strengths")
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


@dataclass(frozen=True)
class PlannedRow:
    """One text to generate.

    Attributes:
        prompt: Index of the prompt.
        sample: Number of the noise stream.
        direction: Which of the steered directions; 0 is the emotion of a sweep.
        strength: In the units of the settings.
        reported: False for the extra unsteered texts that only serve as baseline.
        greedy: Takes the most probable token instead of sampling.
        in_words: The prompt-only rival: the emotion is asked for in words, and nothing is steered.
    """

    prompt: int
    sample: int
    direction: int
    strength: float
    reported: bool = True
    greedy: bool = False
    in_words: bool = False

    @property
    def condition(self) -> tuple[int, float]:
        """What is steered; rows of one condition share a steered prompt."""
        return (self.direction if self.strength else 0, self.strength)

    @property
    def unsteered(self) -> bool:
        """Whether the text is written as the model writes by itself."""
        return self.strength == 0 and not self.in_words


# What a cross-talk matrix is asked to do.


@dataclass(frozen=True, kw_only=True)
class CrossTalkSettings(WritingSettings):
    """Settings of one cross-talk matrix; equal settings give equal texts.

    Attributes:
        strength: Of every emotion alike, in `unit`s; not 0.
        emotions: Which to steer and to read; empty takes all of the vectors.
    """

    strength: Annotated[float, Ask("Strength", "The same for every emotion, in the unit of strength.", step=0.05)]
    emotions: Annotated[
        tuple[str, ...],
        Ask("Emotions", "Steer and read this one (default: all).", option="--emotion", metavar="E", of_vectors=True),
    ] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if not math.isfinite(self.strength) or self.strength == 0:
            raise SettingsError(
                "Cross-talk needs a strength that steers",
                expected="a finite number other than 0",
                found=str(self.strength),
            )
        require_shares(self.operation, (self.strength,))
        if len(set(self.emotions)) != len(self.emotions):
            raise SettingsError("The same emotion is there twice", remedy="Name each emotion once")
