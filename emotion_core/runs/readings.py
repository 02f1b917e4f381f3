"""Readings as runs: what is read, the neutral baseline it needs, and the result."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from emotion_core.base.cache import ActivationCache
from emotion_core.base.jobs import Job
from emotion_core.evaluation.controls import KINDS, Kind
from emotion_core.models.encode import encode
from emotion_core.models.loaded import LoadedModel
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
from emotion_core.runs.keys import content_key, vectors_digest
from emotion_core.runs.reading_request import ReadingRequest, turns_of
from emotion_core.runs.run import Run
from emotion_core.vectors.emotion_vectors import EmotionVectors

KIND = "reading"
_LABEL = "reading: "
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


def label_of(request: ReadingRequest) -> str:
    """How a reading is called."""
    return f"{_LABEL}{request.what}"


def read(
    model: LoadedModel, vectors: EmotionVectors, request: ReadingRequest, cache: ActivationCache | None = None
) -> Job[Reading]:
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
    if run.kind != KIND:
        return ""
    described = json.loads(run.settings)
    return str(described.get("what") or str(described.get("label", "")).removeprefix(_LABEL))


def read_with(run: Run, vectors: EmotionVectors) -> bool:
    """Whether a reading was made with these vectors."""
    return bool(json.loads(run.settings).get("vectors") == vectors_digest(vectors))
