"""What a run of behaviours is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

from emotion_core.base.ask import Ask, Chat, Layer, Seed, enforce
from emotion_core.base.errors import SettingsError
from emotion_core.behavior.options import SCORING_NAMES, Scoring
from emotion_core.behavior.scenes import Scene, check_scenes
from emotion_core.steering.settings import (
    CONTROLS,
    EVERY_TOKEN,
    NEW_TOKENS,
    OPERATION,
    OPERATION_NAMES,
    WORDS,
    Bound,
    GateAsked,
    ScheduleAsked,
    WritingSettings,
    clean_strengths,
    parse_strengths,
    require,
    require_care,
    require_shares,
)
from emotion_core.tracing.steer import Operation

if TYPE_CHECKING:
    from emotion_core.evaluation.controls import Kind

# `text`: each option as the continuation of the scenario. `letters`: options listed as (A), (B), in both orders, and
# the letter is the answer.
Form = Literal["text", "letters"]
Scope = Literal["generated", "prompt", "both"]
# Vectors from shuffled labels are no controls here: among texts that all show emotions they are mixes of emotions, with
# the pleasant and the unpleasant weighing most, brought to full length. They ask whether one emotion does more than
# another would, and not whether steering with it does anything: on the bundled model they move the planted behaviours
# as far as the emotions with planted causes do.
CONTROL_KINDS: tuple[Kind, ...] = ("random", "neutral", "rotated")
# Prompts with options, and texts, of one run.
MOST_QUESTIONS = 20_000
MOST_TEXTS = 20_000
STRENGTHS = "From:to:step, or numbers with commas, in fractions of the mean residual norm at the layer; 0 is added."
ANSWERS = "Answers drawn by their probability where a scenario has options, for the interval."
PATTERN = "Texts for each strength and direction where a scenario has a pattern."
TEXTS = (
    "Continuations a strength and emotion where there are options. They are there to be read, and to see whether the "
    "model still makes sense."
)
FORM = (
    "How options are put. As what follows: an option's words are scored as the continuation. As letters: options are "
    "listed and the letter is scored, in both orders."
)
FORM_NAMES = {"text": "As what follows", "letters": "As letters, both orders"}
SCORING = (
    "By the sum or the mean of their tokens' log-probabilities. The mean is length-normalised: long options lose "
    "nothing."
)
SCOPE = "At which tokens the direction is added: where the model writes, in what it was given, or both."
SCOPE_NAMES = {"both": "Scenario and answer", "prompt": "Scenario", "generated": "Answer"}
IN_WORDS = (
    "Stands in front of the scenario while nothing is steered; empty leaves it out. Does asking in words do as much?"
)


@dataclass(frozen=True)
class BehaviorSettings:
    """Settings of one run; equal settings give equal results.

    Attributes:
        scenes: The scenarios.
        emotions: Whose vectors are steered with, one after another.
        strengths: In fractions of the mean residual norm at the layer; 0 is always part of it.
        controls: Control directions of the same norm at every strength, of each of `CONTROL_KINDS` that applies.
        answers: Answers drawn for each scenario with options, strength and direction.
        samples: Continuations of each scenario with a pattern, for each strength and direction.
        texts: Continuations of each scenario with options, for each strength and emotion: to be read, and to see
            whether the model still makes sense.
        max_new_tokens: Longest continuation.
        form: How options are put.
        scoring: `sum` of the log-probabilities of an option's tokens, or their `mean`.
        scope: Steered positions; `both` are those of the scenario and of what follows.
        layer: Steered layer; None for the one chosen for all emotions together.
        words: The prompt-only rival: what stands in front of the scenario while nothing is steered; `{emotion}` stands
            for the emotion, empty leaves the rival out.
        seed: Of the draws, of the noise and of the random directions.
        chat: Put the scenario as a user message in the model's chat template.
        operation: What is done with the direction, see `WritingSettings`; so are the following.
        bound: Percentile of neutral tokens that `cap` and `floor` hold to, controls to the same along themselves.
        gate: Steer a token only while another reading of it is high.
        schedule: Which of the answer's tokens are steered, and how much.
    """

    scenes: tuple[Scene, ...]
    emotions: Annotated[
        tuple[str, ...],
        Ask(
            "Emotions to steer with",
            "Whose vectors, or all (default: the only one). With several, a matrix shows emotions by scenarios, "
            "corrected for all of its cells.",
            option="--emotion",
            metavar="E",
            of_vectors=True,
        ),
    ]
    strengths: Annotated[tuple[float, ...], Ask("Strengths", STRENGTHS, metavar="RANGE", read=parse_strengths)]
    controls: Annotated[int, Ask("Controls of each kind", CONTROLS, least=0, most=64)] = 16
    answers: Annotated[int, Ask("Answers drawn", ANSWERS, least=1, most=10_000)] = 100
    samples: Annotated[int, Ask("Texts for a pattern", PATTERN, least=1, most=256)] = 24
    texts: Annotated[int, Ask("Texts to read", TEXTS, least=0, most=256)] = 4
    max_new_tokens: Annotated[int, Ask("New tokens", NEW_TOKENS, least=1, most=1024, option="--tokens")] = 30
    form: Annotated[Form, Ask("Options are put", FORM, names=FORM_NAMES)] = "text"
    scoring: Annotated[Scoring, Ask("Options are scored", SCORING, names=SCORING_NAMES)] = "sum"
    scope: Annotated[Scope, Ask("Steered", SCOPE, names=SCOPE_NAMES)] = "both"
    layer: Layer = None
    words: Annotated[str, Ask("Prompt-only rival", IN_WORDS)] = WORDS
    seed: Seed = 0
    chat: Chat = False
    operation: Annotated[Operation, Ask("Operation", OPERATION, names=OPERATION_NAMES)] = "add"
    bound: Bound = 95.0
    gate: GateAsked = None
    schedule: ScheduleAsked = EVERY_TOKEN

    def __post_init__(self) -> None:
        check_scenes(self.scenes, "the chosen scenarios")
        if not self.emotions or len(set(self.emotions)) != len(self.emotions):
            raise SettingsError("Choose one or more different emotions", found=", ".join(self.emotions) or "none")
        object.__setattr__(self, "strengths", clean_strengths(self.strengths))
        require(len(self.strengths) > 1, "strengths", "at least one number other than 0", self.strengths)
        enforce(self)
        require_care(self.operation, self.schedule)
        require_shares(self.operation, self.strengths)
        _require_size("questions", n_questions(self), MOST_QUESTIONS)
        _require_size("texts", n_texts(self), MOST_TEXTS)

    @property
    def steered_strengths(self) -> tuple[float, ...]:
        """The strengths other than 0."""
        return tuple(one for one in self.strengths if one)

    def in_words(self, emotion: str, text: str) -> str:
        """A scenario with the emotion asked for in words in front of it."""
        return f"{self.words.replace('{emotion}', emotion).strip()} {text}"

    def writing(self, prompts: tuple[str, ...]) -> WritingSettings:
        """How continuations of some prompts are written."""
        return WritingSettings(
            prompts=prompts,
            controls=self.controls,
            samples=max(self.samples, self.texts, 1),
            max_new_tokens=self.max_new_tokens,
            layer=self.layer,
            scope=self.scope,
            seed=self.seed,
            chat=self.chat,
            operation=self.operation,
            bound=self.bound,
            gate=self.gate,
            schedule=self.schedule,
        )


def n_questions(settings: BehaviorSettings) -> int:
    """Prompts with options of a run, at most: not every kind of control directions applies to all vectors."""
    conditions = 1 + len(settings.steered_strengths) * (len(settings.emotions) + len(CONTROL_KINDS) * settings.controls)
    rivals = len(settings.emotions) if settings.words else 0
    orders = 2 if settings.form == "letters" else 1
    return sum(bool(scene.options) for scene in settings.scenes) * (conditions + rivals) * orders


def n_texts(settings: BehaviorSettings) -> int:
    """Continuations of a run, at most."""
    emotions, steps = len(settings.emotions), len(settings.steered_strengths)
    with_options = sum(bool(scene.options) for scene in settings.scenes)
    patterns = len(settings.scenes) - with_options
    rivals = emotions if settings.words else 0
    of_pattern = settings.samples * (1 + steps * (emotions + len(CONTROL_KINDS) * settings.controls) + rivals)
    of_options = (16 + settings.texts * steps * emotions) if settings.texts else 0
    return patterns * max(of_pattern, 16) + with_options * of_options


def _require_size(what: str, found: int, most: int) -> None:
    if found > most:
        raise SettingsError(
            "This run is too large",
            expected=f"at most {most:,} {what}",
            found=f"{found:,} {what}",
            remedy="Take fewer scenarios, emotions, strengths, samples or control directions",
        )
