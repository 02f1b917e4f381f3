"""What a run of behaviours is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from emotion_core.base.errors import SettingsError
from emotion_core.behavior.options import Scoring
from emotion_core.behavior.scenes import Scene, check_scenes
from emotion_core.evaluation.controls import Kind
from emotion_core.steering.operators import EVERY_TOKEN, Gate, Schedule, Scope
from emotion_core.steering.settings import WORDS, clean_strengths
from emotion_core.steering.writing import WritingSettings, require, require_care, require_shares
from emotion_core.tracing.steer import OPERATIONS, Operation

# `text`: each option as the continuation of the scenario. `letters`: options listed as (A), (B), in both orders, and
# the letter is the answer.
Form = Literal["text", "letters"]
# Vectors from shuffled labels are no controls here: among texts that all show emotions they are mixes of emotions, with
# the pleasant and the unpleasant weighing most, brought to full length. They ask whether one emotion does more than
# another would, and not whether steering with it does anything: on the bundled model they move the planted behaviours
# as far as the emotions with planted causes do.
CONTROL_KINDS: tuple[Kind, ...] = ("random", "neutral", "rotated")
# Prompts with options, and texts, of one run.
MOST_QUESTIONS = 20_000
MOST_TEXTS = 20_000


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
    emotions: tuple[str, ...]
    strengths: tuple[float, ...]
    controls: int = 16
    answers: int = 100
    samples: int = 24
    texts: int = 4
    max_new_tokens: int = 30
    form: Form = "text"
    scoring: Scoring = "sum"
    scope: Scope = "both"
    layer: int | None = None
    words: str = WORDS
    seed: int = 0
    chat: bool = False
    operation: Operation = "add"
    bound: float = 95.0
    gate: Gate | None = None
    schedule: Schedule = EVERY_TOKEN

    def __post_init__(self) -> None:
        check_scenes(self.scenes, "the chosen scenarios")
        if not self.emotions or len(set(self.emotions)) != len(self.emotions):
            raise SettingsError("Choose one or more different emotions", found=", ".join(self.emotions) or "none")
        object.__setattr__(self, "strengths", clean_strengths(self.strengths))
        require(len(self.strengths) > 1, "strengths", "at least one number other than 0", self.strengths)
        require(0 <= self.controls <= 64, "control directions", "0 to 64", self.controls)
        require(1 <= self.answers <= 10_000, "answers", "1 to 10,000", self.answers)
        require(1 <= self.samples <= 256, "samples", "1 to 256", self.samples)
        require(0 <= self.texts <= 256, "texts", "0 to 256", self.texts)
        require(1 <= self.max_new_tokens <= 1024, "new tokens", "1 to 1024", self.max_new_tokens)
        require(0 <= self.seed < 2**63, "seed", "0 to 2**63 - 1", self.seed)
        require(self.scope in ("generated", "prompt", "both"), "scope", "generated, prompt, both", self.scope)
        require(self.form in ("text", "letters"), "form", "text, letters", self.form)
        require(self.scoring in ("sum", "mean"), "scoring", "sum, mean", self.scoring)
        require(self.operation in OPERATIONS, "operation", ", ".join(OPERATIONS), self.operation)
        require_care(self.operation, self.bound, self.schedule)
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
