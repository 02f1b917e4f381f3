"""Readings as runs: what is read, the neutral baseline it needs, and the result."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from emotion_core.evaluation.controls import KINDS, Kind
from emotion_core.models.encode import encode
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.library import load_implicit
from emotion_core.reading.attempts import AttemptsReading, read_attempts
from emotion_core.reading.baseline import Baseline, read_baseline
from emotion_core.reading.continuation import Continuation, continue_conversation, room_for_reply
from emotion_core.reading.conversation import ConversationReading, read_conversation_turns
from emotion_core.reading.dose import DoseReading, read_dose
from emotion_core.reading.monitor import MonitorSettings
from emotion_core.reading.neutral_form import Form
from emotion_core.reading.priors import read_priors
from emotion_core.reading.priors_result import PriorsReading
from emotion_core.reading.roc import LabelledReading, read_labelled_set
from emotion_core.reading.situations import SituationReading, read_situations
from emotion_core.reading.text import ANY_LENGTH, TokenReading, read_encoding, read_text
from emotion_core.reading.watched import Watched, conversation_encoding, read_threshold, watch
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import from_bytes, schema, to_bytes
from emotion_core.runs.keys import content_key, vectors_digest
from emotion_core.runs.limits import strings_in, within_tokens
from emotion_core.runs.progress import Job
from emotion_core.runs.reading_request import ReadingRequest, check, turns_of
from emotion_core.runs.recipes import described_vectors
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.requests import asked_reading
from emotion_core.runs.run import Run
from emotion_core.runs.store import RunStore
from emotion_core.vectors.emotion_vectors import EmotionVectors

KIND = "reading"
_FILE = "reading.safetensors"
_REMEMBERED = 8
_baselines: dict[str, Baseline] = {}
_LOCK = threading.Lock()  # every model has a thread of its own


@dataclass(frozen=True)
class Reading:
    """A finished reading; one of the parts is there.

    Attributes:
        request: What was asked for.
        text: Token by token.
        conversation: Turn by turn.
        dose: By the number in a template.
        situations: Implied emotions by rank.
        watched: A text or conversation under a monitor.
        labelled: A monitor's ROC.
        attempts: A run of attempts, plain and encouraged.
        priors: Conversations under several system prompts.
        continuation: A conversation that the model continued.
    """

    request: ReadingRequest
    text: TokenReading | None = None
    conversation: ConversationReading | None = None
    dose: DoseReading | None = None
    situations: SituationReading | None = None
    watched: Watched | None = None
    labelled: LabelledReading | None = None
    attempts: AttemptsReading | None = None
    priors: PriorsReading | None = None
    continuation: Continuation | None = None

    def claims(self) -> dict[str, bool]:
        """Everything that the view marks as evidence or not, by what it is about.

        Readings without a verdict (a text, implied emotions) have none. Whoever wants to know how often a view calls
        nothing something reads vectors without a meaning and counts these.
        """
        if self.dose is not None:
            return {name: self.dose.evidence(name) for name in self.dose.emotions}
        if self.conversation is not None:
            return {name: self.conversation.evidence(name) for name in self.conversation.tokens.emotions}
        if self.attempts is not None:
            drift = {name: self.attempts.evidence(name) for name in self.attempts.emotions}
            kind = {f"{name}, encouraged": self.attempts.encouraged(name).evidence for name in self.attempts.emotions}
            return {**drift, **kind}
        if self.priors is not None:
            pairs = [(s, name) for s in range(1, len(self.priors.names)) for name in self.priors.emotions]
            return {f"{self.priors.names[s]}: {name}": self.priors.lasting(s, name).lasts for s, name in pairs}
        if self.watched is not None:
            return {f"{self.watched.phrase} at token {one.token}": one.evidence for one in self.watched.flagged}
        if self.labelled is not None:
            return {self.labelled.threshold.settings.emotion: self.labelled.evidence}
        return {}


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
    described = {
        "label": f"reading: {request.what}",
        "what": request.what,
        "model": info.name,
        "fingerprint": info.fingerprint,
        **described_vectors(vectors),
        "asked": asked_reading(request),
    }
    run_id = registry.store.create(KIND, json.dumps(described), key=key)
    texts = strings_in(request)
    job = within_tokens(registry.limits, owner.model, texts, read(owner.model, vectors, request, cache))
    return registry.start(run_id, job, save_reading, owner.submit)


def read(model: LoadedModel, vectors: EmotionVectors, request: ReadingRequest, cache: ActivationCache) -> Job[Reading]:
    """The neutral baseline and the reading, as one job."""
    if request.writing is not None:
        room_for_reply(model, turns_of(request.turns))  # a fault should not cost the reading of the neutral texts
    form: Form = "conversation" if request.conversational else "text"
    judged = request.what not in ("text", "situations")
    # A verdict is about one layer, and a baseline of all of them has no room for its controls.
    layers = [vectors.selected_layer] if request.all_layers and judged else request.layers(vectors)
    kinds: Sequence[Kind] = KINDS if judged else ("random",)
    baseline = yield from known_baseline(model, vectors, layers, form, request.seed, cache=cache, kinds=kinds)
    if request.what == "text":
        text = yield from read_text(model, baseline, request.text, chat=vectors.reading.chat)
        return Reading(request, text=text)
    if request.writing is not None:
        turns, writing = turns_of(request.turns), request.writing
        continuation = yield from continue_conversation(model, vectors, baseline, turns, writing)
        return Reading(request, continuation=continuation)
    if request.what == "conversation":
        conversation = yield from read_conversation_turns(model, baseline, turns_of(request.turns))
        if request.all_layers:
            every = yield from known_baseline(model, vectors, request.layers(vectors), form, request.seed)
            tokens = yield from read_encoding(model, every, conversation.dialogue.encoding)
            conversation = replace(conversation, tokens=tokens)
        return Reading(request, conversation=conversation)
    if request.what == "dose":
        dose = yield from read_dose(model, baseline, request.template(), cache, request.seed)
        return Reading(request, dose=dose)
    if request.what == "situations":
        situations = yield from read_situations(model, baseline, load_implicit(), cache, request.seed)
        return Reading(request, situations=situations)
    if request.what == "attempts":
        attempts = yield from read_attempts(model, baseline, request.attempts())
        return Reading(request, attempts=attempts)
    if request.what == "priors":
        conversations = [turns_of(one) for one in request.conversations]
        priors = yield from read_priors(model, baseline, request.priors, conversations)
        return Reading(request, priors=priors)
    found = yield from _monitored(model, vectors, baseline, request)
    return found


def _monitored(
    model: LoadedModel, vectors: EmotionVectors, baseline: Baseline, request: ReadingRequest
) -> Job[Reading]:
    settings = request.monitor or MonitorSettings(vectors.emotions[0])
    threshold = yield from read_threshold(model, vectors, baseline, settings, request.seed)
    if request.what == "labelled":
        labelled = yield from read_labelled_set(model, baseline, threshold, request.labelled)
        return Reading(request, labelled=labelled)
    encoding = (
        conversation_encoding(model, turns_of(request.turns))
        if request.turns
        else encode(model.tokenizer, request.text, ANY_LENGTH, chat=vectors.reading.chat)
    )
    watched = yield from watch(model, baseline, threshold, encoding, request.phrase)
    return Reading(request, watched=watched)


def known_baseline(
    model: LoadedModel,
    vectors: EmotionVectors,
    layers: list[int] | None,
    form: Form = "text",
    seed: int = 0,
    *,
    cache: ActivationCache | None = None,
    kinds: Sequence[Kind] = KINDS,
    each: int | None = None,
) -> Job[Baseline]:
    """The neutral baseline of vectors at layers, as a job; the last few of one layer are remembered.

    Args:
        model: The model.
        vectors: The vectors.
        layers: Layers; by default the one chosen at the build.
        form: Of the neutral texts.
        seed: Of the controls.
        cache: Activations read before.
        kinds: Kinds of controls.
        each: Controls of a kind; see `read_baseline`.
    """
    key = content_key(vectors_digest(vectors), layers, form, seed, tuple(kinds), each)
    with _LOCK:
        found = _baselines.get(key)
    if found is None:
        found = yield from read_baseline(model, vectors, layers, seed, form, cache=cache, kinds=kinds, each=each)
        if len(found.layers) > 1:
            return found  # tens of megabytes with many emotions
        with _LOCK:
            _baselines[key] = found
            while len(_baselines) > _REMEMBERED:
                del _baselines[next(iter(_baselines))]
    return found


def what_of(run: Run) -> str:
    """The kind of reading a run is, empty for a run of another kind."""
    return str(json.loads(run.settings).get("what", "")) if run.kind == KIND else ""


def read_with(run: Run, vectors: EmotionVectors) -> bool:
    """Whether a reading was made with these vectors."""
    return bool(json.loads(run.settings).get("vectors") == vectors_digest(vectors))


def save_reading(result: Reading) -> dict[str, bytes]:
    """The files of a finished reading."""
    return {_FILE: to_bytes(result)}


def load_reading(store: RunStore, run_id: str) -> Reading:
    """A finished reading from its file.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return from_bytes(Reading, store.read(run_id, _FILE))
