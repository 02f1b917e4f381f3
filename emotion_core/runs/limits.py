"""What a visitor may ask for: every limit of the settings, in the place where a job is about to start.

A limit of 0 is none. The messages say how much is allowed, how much was asked for, and what to do.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from typing import TypeVar

from emotion_core.base.errors import LimitError
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.settings import Settings
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.prompt_set import PromptSet

T = TypeVar("T")
_TEXTS_A_STEP = 200


def require_texts(limits: Settings, prompt_sets: Sequence[PromptSet]) -> None:
    """Refuses a build of too many texts.

    Raises:
        LimitError: There are more than `max_texts`.
    """
    n_texts = sum(len(one.texts) for one in prompt_sets)
    _at_most(
        limits, limits.max_texts, n_texts, "texts", "This build is too large", "Leave out some prompt sets or rows"
    )


def require_sweep(limits: Settings, n_texts: int, new_tokens: int, what: str = "sweep") -> None:
    """Refuses a sweep, or another run that writes texts, that writes too much.

    Args:
        limits: Of this process.
        n_texts: Texts that it writes, with controls and unsteered ones.
        new_tokens: Length of each in tokens.
        what: How the run is called.

    Raises:
        LimitError: There are more than `max_sweep_texts`, or more than `max_sweep_tokens` tokens in them.
    """
    what, remedy = f"This {what} is too large", "Take fewer prompts, strengths, samples or controls"
    _at_most(limits, limits.max_sweep_texts, n_texts, "texts", what, remedy)
    remedy = "Take fewer new tokens, prompts, strengths, samples or controls"
    _at_most(limits, limits.max_sweep_tokens, n_texts * new_tokens, "tokens", what, remedy)


def require_prompts(limits: Settings, prompts: Sequence[str]) -> None:
    """Refuses prompts that are too long to be kept with the settings of a run.

    Raises:
        LimitError: They have more characters than four times `max_sweep_tokens`.
    """
    most, found = 4 * limits.max_sweep_tokens, sum(map(len, prompts))
    _at_most(limits, most, found, "characters", "These prompts are too long", "Shorten them or take fewer")


def texts_of(prompt_sets: Sequence[PromptSet]) -> list[str]:
    """Every text of some sets, for `within_tokens`."""
    return [text.text for one in prompt_sets for text in one.texts]


def within_tokens(limits: Settings, model: LoadedModel, texts: Sequence[str], job: Job[T]) -> Job[T]:
    """The same job after its texts have been counted in tokens.

    Raises:
        LimitError: They have more than `max_tokens`; the job has not begun then.
    """
    if not limits.max_tokens:
        return (yield from job)
    counted = 0
    for start in range(0, len(texts), _TEXTS_A_STEP):
        part = list(texts[start : start + _TEXTS_A_STEP])
        counted += sum(map(len, model.tokenizer(part, truncation=False, verbose=False)["input_ids"]))
        _at_most(limits, limits.max_tokens, counted, "tokens", "The texts are too long", "Shorten them or take fewer")
        yield Progress(min(start + _TEXTS_A_STEP, len(texts)), len(texts), "counting tokens")
    return (yield from job)


def within_asked(
    limits: Settings,
    model: LoadedModel,
    texts: Sequence[str],
    weights: Sequence[float],
    questions: int,
    job: Job[T],
) -> Job[T]:
    """The same job after the tokens of all its questions have been counted, however often a text is read in them.

    Args:
        limits: Of this process.
        model: Whose tokens are counted.
        texts: Parts of the questions.
        weights: How many times each stands in one question, on average.
        questions: How many are asked.
        job: The job that asks them.

    Raises:
        LimitError: They have more than `max_asked_tokens`; the job has not begun then.
    """
    if limits.max_asked_tokens and texts:
        coded = model.tokenizer(list(texts), truncation=False, verbose=False)["input_ids"]
        tokens = questions * sum(weight * len(ids) for weight, ids in zip(weights, coded, strict=True))
        what = f"These {questions:,} questions are too long together"
        remedy = "Take fewer activities, scenarios, opponents or control directions, or shorten them"
        _at_most(limits, limits.max_asked_tokens, int(tokens), "tokens", what, remedy)
    return (yield from job)


def strings_in(value: object) -> list[str]:
    """Every text in a request, however deep: what its reader will make tokens of.

    Example:
        >>> strings_in(("a", {"b": ["c"]}, 1))
        ['a', 'c']
    """
    if isinstance(value, str):
        return [value]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = [getattr(value, one.name) for one in dataclasses.fields(value)]
    elif isinstance(value, Mapping):
        value = list(value.values())
    return [text for one in value for text in strings_in(one)] if isinstance(value, tuple | list) else []


def within_time(limits: Settings, job: Job[T]) -> Job[T]:
    """The same job, ended when it has computed for too long; the time in which others had their turn is not counted.

    Raises:
        LimitError: It computed for more than `max_job_seconds`.
    """
    if not limits.max_job_seconds:
        return (yield from job)
    used = 0.0
    while True:
        began = time.monotonic()
        try:
            progress = next(job)
        except StopIteration as stop:
            result: T = stop.value
            return result
        used += time.monotonic() - began
        if used > limits.max_job_seconds:
            job.close()
            remedy = "Ask for less at a time; what was read before is kept"
            _at_most(limits, limits.max_job_seconds, int(used) + 1, "seconds", "The job took too long", remedy)
        try:
            yield progress
        except GeneratorExit:
            job.close()
            raise


def _at_most(limits: Settings, limit: int, found: int, unit: str, what: str, remedy: str) -> None:
    if limit and found > limit:
        raise LimitError(
            f"{what} for the shared demo" if limits.hosted else what,
            expected=f"at most {limit:,} {unit}",
            found=f"{found:,} {unit}",
            remedy=f"{remedy}, or run the app on your own computer" if limits.hosted else remedy,
        )
