"""A run of failing attempts as one trace, and a second trace in which the user encourages after every failure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import ModelError, PromptSetError, SettingsError
from emotion_core.base.jobs import Job
from emotion_core.base.numbers import finite
from emotion_core.models.encode import span_numbers, tokenize
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.library import builtin_items, fitted, in_words
from emotion_core.prompts.prompt_set import Turn
from emotion_core.prompts.tables import base_name, json_of
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.chance import FEWEST_STEPS, LEAST_RANGE, LEVEL, Chance, Trend, judge, trend
from emotion_core.reading.conversation import drift_sentence
from emotion_core.reading.monitor import places_of
from emotion_core.reading.text import Array, GroupMeans, read_windows
from emotion_core.stats.intervals import mean_interval

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
FEWEST = 3
MOST = 64


class Attempt(BaseModel):
    """One attempt: what was said, and what came of it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    said: _Text
    outcome: _Text


class AttemptRun(BaseModel):
    """A run of attempts at one task.

    Attributes:
        name: For the picker.
        task: What is asked.
        attempts: In order; they fail until the last.
        cheat: Words of one attempt with which the option to cheat is taken; may be empty.
        encouragement: What a kind user adds after each failure, in the second trace.
        note: Of the author.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] = "own"
    task: _Text
    attempts: tuple[Attempt, ...] = Field(min_length=FEWEST, max_length=MOST)
    cheat: str = ""
    encouragement: _Text
    note: str = ""

    @field_validator("cheat")
    @classmethod
    def _cheat_is_there(cls, cheat: str, info: ValidationInfo) -> str:
        said = [one.said for one in info.data.get("attempts", ())]  # none where these are faulty themselves
        if said and cheat.strip() and _place_of(cheat, said) is None:
            raise ValueError("the words of the cheat stand in none of the attempts")
        return cheat

    @property
    def cheat_attempt(self) -> int | None:
        """Number of the attempt in which the cheat is taken."""
        return _place_of(self.cheat, [one.said for one in self.attempts])

    def turns(self, *, encouraged: bool) -> tuple[Turn, ...]:
        """The run as a conversation: the task and the outcomes from the user, the attempts from the assistant.

        Args:
            encouraged: Add the encouragement after every failure that is followed by another attempt.
        """
        found = [Turn(role="user", content=self.task)]
        for number, one in enumerate(self.attempts, start=1):
            found.append(Turn(role="assistant", content=one.said))
            if number < len(self.attempts):
                more = f" {self.encouragement}" if encouraged else ""
                found.append(Turn(role="user", content=one.outcome + more))
        return tuple(found)


def _place_of(cheat: str, said: Sequence[str]) -> int | None:
    """The first attempt with these words; case is ignored."""
    wanted = cheat.strip().lower()
    return next((i for i, one in enumerate(said) if wanted and wanted in one.lower()), None)


def load_attempts() -> tuple[AttemptRun, ...]:
    """The built-in runs.

    Raises:
        PromptSetError: The file is missing or faulty.
    """
    return builtin_items("attempts.json", AttemptRun)


def read_attempts_file(filename: str, data: bytes) -> AttemptRun:
    """A visitor's run: a JSON object as in `attempts.json`, or a list of which the first is taken.

    Raises:
        PromptSetError: The file cannot be read, or the run is faulty.
    """
    name = base_name(filename)
    document = json_of(name, data)
    if not isinstance(document, list):
        return fitted(name, document, TypeAdapter(AttemptRun))
    runs = fitted(name, document, TypeAdapter(tuple[AttemptRun, ...]))
    if not runs:
        raise PromptSetError("The file has no run", where=filename, expected="a run as in prompts/attempts.json")
    return runs[0]


# How the form calls what a run has.
_CALLED = {
    "task": "Task",
    "attempts": "Attempts",
    "said": "Attempt",
    "outcome": "What came of it",
    "cheat": "Words of the cheat",
    "encouragement": "Encouragement",
}


def run_of_form(document: Mapping[str, Any]) -> AttemptRun:
    """A run as a form has it.

    Args:
        document: The fields of `AttemptRun`.

    Raises:
        SettingsError: A field cannot be used; all such fields in one error.
    """
    try:
        return AttemptRun.model_validate(document)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        places = ["".join(_called(part) for part in one["loc"]) for one in faults]
        raise SettingsError(
            "The run cannot be read as it stands",
            where=places[0],
            found="; ".join(f"{place}: {in_words(one)}" for place, one in zip(places[:5], faults, strict=False)),
            remedy="Mend what is named",
        ) from error


def _called(part: int | str) -> str:
    return f" {part + 1}, " if isinstance(part, int) else _CALLED.get(part, part)


TRACES = ("plain", "encouraged")


class Encouraged(NamedTuple):
    """What encouragement changes in the attempts after it.

    Attributes:
        mean: Mean difference over attempts, in standard deviations of neutral tokens.
        low: Lower end of its 95 % interval (Student's t over attempts).
        high: Upper end.
        null_low: 2.5 % quantile of the same mean over random directions.
        null_high: 97.5 % quantile.
        p_value: Against control directions in the same two traces.
        q_value: Corrected for the emotions.
        evidence: The interval excludes 0, q is at most .05, and the mean is no smaller than `LEAST_RANGE`.
    """

    mean: float
    low: float
    high: float
    null_low: float
    null_high: float
    p_value: float
    q_value: float
    evidence: bool


@dataclass(frozen=True)
class AttemptsReading:
    """Both traces of a run; tokens are those of the attempts, without task and outcomes.

    Attributes:
        name: Of the run.
        layer: Layer read.
        emotions: Names.
        tokens: The tokens of all attempts, one after another.
        attempt: For each token the number of its attempt, from 0.
        values: float32 [2, tokens, emotions], plain and encouraged, in standard deviations of neutral tokens.
        means: float32 [2, attempts, emotions].
        drift: How the plain means go with the number of the attempt.
        drift_encouraged: The same with encouragement.
        difference: p and q of the mean difference after encouragement.
        null: float32 [2], the middle 95 % of random directions' mean differences after encouragement.
        cheat: First token of the cheat and one after its last; equal where there is none.
        cheat_words: The words it was found by.
        template: `chat template` of the model, or `plain`.
    """

    name: str
    layer: int
    emotions: tuple[str, ...]
    tokens: tuple[str, ...]
    attempt: tuple[int, ...]
    values: FloatArray
    means: FloatArray
    drift: Trend
    drift_encouraged: Trend
    difference: Chance
    null: FloatArray
    cheat: tuple[int, int]
    cheat_words: str
    template: str

    def evidence(self, emotion: str) -> bool:
        """Whether the plain trace goes up or down over the attempts by more than control directions do."""
        return self.means.shape[1] >= FEWEST_STEPS and self.drift.evidence[self.emotions.index(emotion)]

    def drift_of(self, emotion: str) -> tuple[bool, str]:
        """Whether the plain trace goes up or down over the attempts, and a sentence that says it."""
        e = self.emotions.index(emotion)
        return self.evidence(emotion), drift_sentence(self.drift, e, emotion, "attempt", self.means.shape[1])

    def encouraged(self, emotion: str) -> Encouraged:
        """The difference that encouragement makes, over the attempts after the first encouragement."""
        e = self.emotions.index(emotion)
        mean, low, high = (float(one) for one in mean_interval(self.means[1, 1:, e] - self.means[0, 1:, e]))
        null_low, null_high = (float(one) for one in self.null)
        p, q = float(self.difference.p_value[e]), float(self.difference.q_value[e])
        evidence = (low > 0 or high < 0) and q <= LEVEL and abs(mean) >= LEAST_RANGE
        return Encouraged(mean, low, high, null_low, null_high, p, q, evidence)

    def cheat_reading(self, emotion: str) -> tuple[float, float] | None:
        """Mean reading over the words of the cheat, and the share of other stretches as long that read lower."""
        start, end = self.cheat
        if end <= start:
            return None
        values = self.values[0, :, self.emotions.index(emotion)]
        width = end - start
        sums = np.convolve(values, np.ones(width), mode="valid") / width  # (stretches,)
        others = np.delete(sums, slice(max(0, start - width + 1), end))
        return float(sums[start]), float((others < sums[start]).mean()) if len(others) else float("nan")

    def to_json(self) -> dict[str, Any]:
        """The command line's document."""
        return {
            "layer": self.layer,
            "unit": "standard deviations of neutral tokens",
            "run": self.name,
            "template": self.template,
            "tokens": list(self.tokens),
            "attempt": list(self.attempt),
            "cheat": list(self.cheat) if self.cheat[1] > self.cheat[0] else None,
            "emotions": {name: self._emotion(name) for name in self.emotions},
        }

    def _emotion(self, name: str) -> dict[str, Any]:
        e, change, cheat = self.emotions.index(name), self.encouraged(name), self.cheat_reading(name)
        return {
            "plain": [finite(one) for one in self.values[0, :, e]],
            "encouraged": [finite(one) for one in self.values[1, :, e]],
            "by_attempt": [[finite(one) for one in self.means[t, :, e]] for t in range(2)],
            "drift": {
                "evidence": self.evidence(name),
                "spearman": finite(self.drift.spearman[e]),
                "change": finite(self.drift.change[e]),
                "range": finite(self.drift.ranges[e]),
                "p_value": finite(self.drift.chance.p_value[e]),
                "q_value": finite(self.drift.chance.q_value[e]),
            },
            "encouragement": [finite(change.mean), finite(change.low), finite(change.high)],
            "encouragement_null": [finite(change.null_low), finite(change.null_high)],
            "encouragement_p_value": finite(change.p_value),
            "encouragement_q_value": finite(change.q_value),
            "encouragement_evidence": change.evidence,
            "cheat": None if cheat is None else [finite(cheat[0]), finite(cheat[1])],
        }


def read_attempts(model: LoadedModel, baseline: Baseline, run: AttemptRun) -> Job[AttemptsReading]:
    """Reads a run with and without encouragement, as a job; at the baseline's chosen layer.

    Raises:
        ModelError: The chat template refuses it, or spells an attempt differently after encouragement.
    """
    plain = yield from _trace(model, baseline, run, encouraged=False)
    kind = yield from _trace(model, baseline, run, encouraged=True)
    if plain.pieces != kind.pieces:
        raise ModelError("The tokenizer spells the attempts differently after encouragement", where=run.name)
    means = np.stack([plain.means, kind.means])  # (2, attempts, emotions + controls)
    known = len(baseline.emotions)
    change = (means[1] - means[0])[1:].mean(axis=0)  # (emotions + controls,)
    order = np.arange(len(run.attempts))
    return AttemptsReading(
        name=run.name,
        layer=baseline.chosen,
        emotions=baseline.emotions,
        tokens=plain.pieces,
        attempt=plain.attempt,
        values=np.stack([plain.values, kind.values]),
        means=means[:, :, :known].astype(np.float32),
        drift=trend(order, means[0], baseline.columns),
        drift_encouraged=trend(order, means[1], baseline.columns),
        difference=judge(change, baseline.columns),
        null=np.quantile(change[baseline.controls["random"]], (0.025, 0.975)).astype(np.float32),
        cheat=_cheat(run, plain.pieces),
        cheat_words=run.cheat.strip(),
        template=plain.template,
    )


class _Trace(NamedTuple):
    """The attempts' tokens: values of the emotions, means of all directions, spelling, numbers, and the template."""

    values: FloatArray
    means: Array
    pieces: tuple[str, ...]
    attempt: tuple[int, ...]
    template: str


def _trace(model: LoadedModel, baseline: Baseline, run: AttemptRun, *, encouraged: bool) -> Job[_Trace]:
    dialogue = tokenize(model.tokenizer, run.turns(encouraged=encouraged))
    spans = [span for turn, span in zip(dialogue.turns, dialogue.spans, strict=True) if turn.role == "assistant"]
    groups = GroupMeans(span_numbers(spans, len(dialogue.encoding)), len(spans))
    at, known = baseline.layers.index(baseline.chosen), len(baseline.emotions)

    def take(_: FloatArray, values: FloatArray) -> FloatArray:
        groups.add(values[:, at])
        return values[:, at, :known].copy()

    parts = yield from read_windows(model, baseline, dialogue.encoding, take)
    chosen = [i for start, end in spans for i in range(start, end)]
    pieces = model.pieces([dialogue.encoding.ids[i] for i in chosen])
    numbers = tuple(number for number, (start, end) in enumerate(spans) for _ in range(start, end))
    values = np.concatenate(parts)[chosen]
    return _Trace(values, groups.means, tuple(pieces), numbers, dialogue.template)


def _cheat(run: AttemptRun, pieces: tuple[str, ...]) -> tuple[int, int]:
    """The tokens of the cheat's words."""
    found = places_of(run.cheat, pieces)
    if not found:
        return 0, 0
    length, end = 0, found[0]
    wanted = len(run.cheat.strip())
    while end < len(pieces) and length < wanted:
        length += len(pieces[end] if end > found[0] else pieces[end].lstrip())
        end += 1
    return found[0], end
