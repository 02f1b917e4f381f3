"""Runs all checks of a model, one a step."""

from __future__ import annotations

from collections.abc import Callable

from emotion_core.base.errors import EmotionCoreError, ModelError
from emotion_core.base.jobs import Job, Progress
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.doctor import facts, reading, steering
from emotion_core.tracing.doctor.check import REPORT, Check

_CHECKS: tuple[tuple[str, Callable[[LoadedModel], Check]], ...] = (
    ("layer path found", facts.layer_path),
    ("trace equals hooks", reading.trace_equals_hooks),
    ("padding changes nothing", reading.padding_changes_nothing),
    ("every row and step steered", steering.every_row_and_step_steered),
    ("decoding equals a full forward", steering.decoding_equals_a_full_forward),
    ("batch split changes nothing", steering.batch_split_changes_nothing),
    ("strength 0 is the identity", steering.strength_zero_is_identity),
    ("determinism", reading.deterministic),
    ("finite activations", reading.finite_activations),
    ("attention sinks", reading.attention_sinks),
    ("huge dimensions", reading.huge_dimensions),
    ("tokenizer round trip", facts.tokenizer_round_trip),
    ("special tokens", facts.special_tokens),
    ("chat template", facts.chat_template),
    ("context length", facts.context_length),
    ("tied embeddings", facts.tied_embeddings),
    ("memory", facts.memory),
)
# These compare numbers: where numbers are not finite each would fail too, and with a remedy for something else.
_OF_NUMBERS = (
    "layer path found",
    "trace equals hooks",
    "padding changes nothing",
    "every row and step steered",
    "decoding equals a full forward",
    "batch split changes nothing",
    "strength 0 is the identity",
    "determinism",
    "attention sinks",
    "huge dimensions",
    "context length",
)


def doctor(model: LoadedModel) -> Job[tuple[Check, ...]]:
    """Checks that a model can be read and steered as this project assumes, as a job that yields after each check.

    Takes some twenty short forward passes. A check that raises is a failed check with the error's message. Where a text
    gives numbers that are not finite, the checks that compare numbers are left out: there is one thing to mend.

    Raises:
        ModelError: The model's weights are not on this machine.
    """
    if model.remote is not None:
        raise ModelError(
            "The self-check compares traces with plain hooks, which need the model's weights here",
            where=model.info.name,
            remedy="Take the dry run, which tries the traces on a small random model of the same class",
        )
    found: list[Check] = []
    finite = _run("finite activations", reading.finite_activations, model)
    for number, (name, check) in enumerate(_CHECKS, start=1):
        if name == "finite activations":
            found.append(finite)
        elif finite.passed or name not in _OF_NUMBERS:
            found.append(_run(name, check, model))
        yield Progress(number, len(_CHECKS), "checking the model")
    return tuple(found)


def _run(name: str, check: Callable[[LoadedModel], Check], model: LoadedModel) -> Check:
    try:
        return check(model)
    except EmotionCoreError as error:
        return Check(name, False, error.message, error.remedy or REPORT)
    # A model of a class that nobody has tried raises what it likes; that is what this check was made to find.
    except Exception as error:  # noqa: BLE001
        lines = str(error).strip().splitlines() or ["no message"]
        return Check(name, False, f"The check stopped with {type(error).__name__}: {lines[-1][:300]}", REPORT)
