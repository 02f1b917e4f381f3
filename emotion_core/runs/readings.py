"""Readings as runs: what is read, the neutral baseline it needs, and the result."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import Literal

from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.library import load_implicit
from emotion_core.prompts.library_items import Template, Turn
from emotion_core.reading.baseline import Baseline, check_layers, read_baseline
from emotion_core.reading.conversation import ConversationReading, check_turns, read_conversation_turns
from emotion_core.reading.dialogue import Said
from emotion_core.reading.dose import DoseReading, make_template, read_dose
from emotion_core.reading.neutral_form import Form
from emotion_core.reading.situations import SituationReading, read_situations
from emotion_core.reading.text import TokenReading, check_length, read_text
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import from_bytes, schema, to_bytes
from emotion_core.runs.keys import content_key, vectors_digest
from emotion_core.runs.progress import Job
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.vectors.emotion_vectors import EmotionVectors

KIND = "reading"
_FILE = "reading.safetensors"
_REMEMBERED = 16
_baselines: dict[str, Baseline] = {}
_LOCK = threading.Lock()  # every model has a thread of its own
What = Literal["text", "conversation", "dose", "situations"]


@dataclass(frozen=True)
class ReadingRequest:
    """What to read.

    Attributes:
        what: Which of the parts below counts.
        text: A text, or a template with `{x}`.
        turns: A conversation.
        values: For the template.
        rise: Emotions that should rise with the value.
        fall: Emotions that should fall.
        layer: Layer read; None for the one chosen at the build.
    """

    what: What
    text: str = ""
    turns: tuple[Said, ...] = ()
    values: tuple[float, ...] = ()
    rise: tuple[str, ...] = ()
    fall: tuple[str, ...] = ()
    layer: int | None = None


@dataclass(frozen=True)
class Reading:
    """A finished reading; one of the parts is there.

    Attributes:
        request: What was asked for.
        text: Token by token.
        conversation: Turn by turn.
        dose: By the number in a template.
        situations: Implied emotions by rank.
    """

    request: ReadingRequest
    text: TokenReading | None = None
    conversation: ConversationReading | None = None
    dose: DoseReading | None = None
    situations: SituationReading | None = None


def start_reading(
    registry: JobRegistry,
    owner: ModelOwner,
    vectors: EmotionVectors,
    request: ReadingRequest,
    cache: ActivationCache,
) -> str:
    """Starts a reading, or finds the finished one with the same content, and returns its run id.

    Raises:
        SettingsError: What is asked for cannot be read; nothing is started.
    """
    check(vectors, request)
    info = owner.model.info
    key = content_key(KIND, schema(Reading), info.fingerprint, vectors_digest(vectors), request)
    found = registry.existing(KIND, key, share=False)
    if found is not None:
        return found
    described = {"label": f"reading of a {request.what}", "model": info.name, "fingerprint": info.fingerprint}
    run_id = registry.store.create(KIND, json.dumps(described), key=key)
    job = read(owner.model, vectors, request, cache)
    return registry.start(run_id, job, lambda result: {_FILE: to_bytes(result)}, owner.submit)


def check(vectors: EmotionVectors, request: ReadingRequest) -> None:
    """Refuses what cannot be read before the model is asked.

    Raises:
        SettingsError: An empty or too long text, no turns, a template without `{x}`, values that do not do.
    """
    check_layers(vectors, None if request.layer is None else [request.layer])
    if request.what == "text":
        check_length(request.text)
    elif request.what == "conversation":
        check_turns(_turns(request))
    elif request.what == "dose":
        _template(request)


def read(model: LoadedModel, vectors: EmotionVectors, request: ReadingRequest, cache: ActivationCache) -> Job[Reading]:
    """The neutral baseline and the reading, as one job."""
    form: Form = "conversation" if request.what == "conversation" else "text"
    baseline = yield from known_baseline(model, vectors, request.layer, form)
    if request.what == "text":
        text = yield from read_text(model, baseline, request.text, chat=vectors.reading.chat)
        return Reading(request, text=text)
    if request.what == "conversation":
        conversation = yield from read_conversation_turns(model, baseline, _turns(request))
        return Reading(request, conversation=conversation)
    if request.what == "dose":
        dose = yield from read_dose(model, vectors, baseline, _template(request), cache)
        return Reading(request, dose=dose)
    situations = yield from read_situations(model, vectors, baseline, load_implicit(), cache)
    return Reading(request, situations=situations)


def known_baseline(
    model: LoadedModel, vectors: EmotionVectors, layer: int | None, form: Form = "text"
) -> Job[Baseline]:
    """The neutral baseline of vectors at a layer, as a job; the last few are remembered."""
    key = content_key(vectors_digest(vectors), layer, form)
    with _LOCK:
        found = _baselines.get(key)
    if found is None:
        found = yield from read_baseline(model, vectors, None if layer is None else [layer], form=form)
        with _LOCK:
            _baselines[key] = found
            while len(_baselines) > _REMEMBERED:
                del _baselines[next(iter(_baselines))]
    return found


def load_reading(store: RunStore, run_id: str) -> Reading:
    """A finished reading from its file.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return from_bytes(Reading, store.read(run_id, _FILE))


def _turns(request: ReadingRequest) -> tuple[Turn, ...]:
    return tuple(Turn.model_validate({"role": one.role, "content": one.content}) for one in request.turns)


def _template(request: ReadingRequest) -> Template:
    plain = make_template(request.text, request.values)
    return plain.model_copy(update={"rise": request.rise, "fall": request.fall})
