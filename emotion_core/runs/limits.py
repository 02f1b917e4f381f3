"""What a visitor may ask for: every limit of the settings, in the place where a job is about to start.

A limit of 0 is none. The messages say how much is allowed, how much was asked for, and what to do.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from typing import TypeVar

from emotion_core.base.activations import ModelInfo
from emotion_core.base.errors import LimitError
from emotion_core.base.jobs import Job, Pass, Progress, pace
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


# What a run will cost, said before it starts: from the work, and from the pace of this machine with the model.
#
# Where this machine has not computed with a model yet, from the model's size and what other machines took.

# Measured on two CPU cores: multiply-adds a second when many tokens pass at once, and when one token a row does.
_READ_RATE = 1e11
_BUILD_RATE = 1.2e11  # in the length-sorted batches of a build: between smollm2's and a GPT-2-small's
_WRITE_RATE = 4e10
_GPU_GAIN = 60.0
_TOKENS_A_TEXT, _CHARACTERS_A_TOKEN = 25, 4.3
_NEUTRAL_TEXTS, _NEUTRAL_TOKENS = 200, 8_000  # read once a model, with its first build
_STEP_OVERHEAD = 0.004  # seconds a decoding step, whatever the model
_START = 1.5
_LIBRARIES = 0.5e9  # bytes of a process before it has a model: Python, torch, transformers, nnsight
# Said before a build; the figure stands in docs/performance.md.
INT8_CHANGES = "on smollm2 fear-calm's directions keep a cosine of at least .999 with float32's"
_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2, "int8": 1}
# While a batch is read: numbers a token and width that exist at a time, most of them inside one block.
_NUMBERS_A_TOKEN = 24
_COPIES = 2.5  # of the pooled activations: themselves, one emotion's sides, one layer at a time in double precision


def build_seconds(info: ModelInfo, n_texts: int, characters: int | None = None, *, neutral: bool = True) -> float:
    """Rough seconds to read texts that are not cached and build vectors from them.

    Args:
        info: The model.
        n_texts: How many.
        characters: In all of them; short texts where it is not known.
        neutral: Whether the neutral texts are read too, as in a model's first build.
    """
    tokens = n_texts * _TOKENS_A_TEXT if characters is None else characters / _CHARACTERS_A_TOKEN
    tokens += _NEUTRAL_TOKENS if neutral else 0
    texts = n_texts + (_NEUTRAL_TEXTS if neutral else 0)
    return 1.0 + texts * 0.001 + tokens / _rate(info, "read", _BUILD_RATE)


def transfer_seconds(info: ModelInfo, n_target: int, n_train: int, n_emotions: int, *, untrained: bool) -> float:
    """Rough seconds to score vectors, whose own texts are read, on another set; twice the reading with a twin."""
    scoring = 0.25 * n_emotions + 0.002 * n_train
    twin = build_seconds(info, n_target + n_train, neutral=False) if untrained else 0.0
    return scoring + build_seconds(info, n_target, neutral=False) + twin


def build_bytes(info: ModelInfo, n_texts: int) -> float:
    """Rough memory of the whole process at the peak of a build, weights and libraries included.

    It grows with the number of texts only by their pooled activations: one row a text and layer.
    """
    from emotion_core.tracing.record import TOKENS_PER_BATCH  # brings torch along

    size = _BYTES.get(info.dtype, 4)
    batch = TOKENS_PER_BATCH * info.width * _NUMBERS_A_TOKEN * _BYTES.get(info.computes_in, 4)
    pooled = n_texts * (1 + info.layers) * info.width * 4
    return _LIBRARIES + info.parameters * size + batch + _COPIES * pooled


def build_cost(info: ModelInfo, n_texts: int, characters: int | None = None) -> str:
    """Both estimates in words, such as `about 40 s, 2.1 GB of memory`."""
    if info.served:
        return "in the service's time"
    return f"{about(build_seconds(info, n_texts, characters))}, {build_bytes(info, n_texts) / 1e9:.1f} GB of memory"


def where_it_computes(info: ModelInfo) -> str:
    """Device and number format of a model in words."""
    if info.served:
        return f"{info.name} computes where it is served, in {info.dtype}"
    device = "the CPU" if info.device.startswith("cpu") else f"the GPU ({info.device})"
    if info.dtype == "int8":
        return f"{info.name} computes on {device} in float32 with weights in 8 bits ({INT8_CHANGES})"
    return f"{info.name} computes on {device} in {info.dtype}"


def about(seconds: float) -> str:
    """A duration as a person says it."""
    if seconds < 1:
        return "about 1 s"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    return f"about {seconds / 60:.0f} min"


def sweep_seconds(info: ModelInfo, n_texts: int, new_tokens: int) -> float:
    """Rough seconds to write texts of some length and to read them back without steering."""
    tokens = n_texts * new_tokens
    writing = tokens / _rate(info, "write", _WRITE_RATE) + (
        0.0 if _known(info, "write") else new_tokens * _STEP_OVERHEAD
    )
    return _START + writing + tokens / _rate(info, "read", _READ_RATE)


def asking_seconds(info: ModelInfo, n_questions: int, tokens: int = 25) -> float:
    """Rough seconds to score the options of so many questions."""
    return _START + n_questions * 0.003 + n_questions * tokens / _rate(info, "read", _READ_RATE)


def read_seconds(info: ModelInfo, tokens: int, written: int = 0) -> float:
    """Rough seconds to read so many tokens, and to write some one after the other in two texts at once."""
    # Two rows are far from the pace of many, so this keeps to the size of the model.
    writing = written * (_STEP_OVERHEAD + 2 / _by_size(info, _WRITE_RATE))
    return _START + writing + tokens / _rate(info, "read", _READ_RATE)


def _known(info: ModelInfo, kind: Pass) -> bool:
    return pace().rate(kind, info) is not None


def _rate(info: ModelInfo, kind: Pass, multiply_adds: float) -> float:
    """Tokens a second: this machine's own where it is known."""
    return pace().rate(kind, info) or _by_size(info, multiply_adds)


def _by_size(info: ModelInfo, multiply_adds: float) -> float:
    gain = _GPU_GAIN if info.device.startswith("cuda") else 1.0
    return multiply_adds * gain / max(info.parameters, 1)
