"""Runs that read: by token, turn, dose, situation, attempt and system prompt; monitors.

A kind is a class of settings that says what is read, what cannot be, how a command asks for it, and the job.
"""

# ruff: noqa: D102  (the methods of every kind are described once, in `ReadingSettings`)

from __future__ import annotations

import json
import shlex
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, TypeVar

from emotion_core.base.activations import ModelInfo, ReadingPosition
from emotion_core.base.ask import Layer, Seed, enforce
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.evaluation.controls import KINDS, Kind
from emotion_core.experiments.experiment import Bench, Experiment, Size, asked, asked_of, computed, how_made, load
from emotion_core.models.encode import encode
from emotion_core.prompts.library import (
    Template,
    load_conversations,
    load_implicit,
    load_system_prompts,
    load_templates,
)
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.attempts import AttemptRun, AttemptsReading, load_attempts, read_attempts
from emotion_core.reading.baseline import Baseline, Form, ZeroPoint, check_layers, read_baseline
from emotion_core.reading.conversation import (
    Continuation,
    ConversationReading,
    check_reply,
    check_turns,
    continue_conversation,
    read_conversation_turns,
    room_for_reply,
)
from emotion_core.reading.dose import DoseReading, make_template, read_dose
from emotion_core.reading.monitor import (
    Labelled,
    LabelledReading,
    Watched,
    conversation_encoding,
    read_labelled_set,
    read_threshold,
    watch,
)
from emotion_core.reading.priors import Prior, PriorsReading, check_priors, read_priors
from emotion_core.reading.settings import MonitorSettings, Writing
from emotion_core.reading.situations import SituationReading, read_situations
from emotion_core.reading.text import ANY_LENGTH, TokenReading, check_length, read_encoding, read_text
from emotion_core.runs.codec import content_key, document_of, from_bytes, vectors_digest
from emotion_core.runs.limits import read_seconds
from emotion_core.runs.store import Run, RunStore
from emotion_core.vectors.emotion_vectors import EmotionVectors

R = TypeVar("R")
Turns = tuple[Turn, ...]
Files = dict[str, bytes]

KIND = "reading"  # of all of them in the store
VECTORS = "vectors.safetensors"
# A longer text is not kept with the settings, and goes into a file beside a command: not every shell takes it.
LONGEST_TEXT = 2000
# Characters x layers x emotions that are read at all layers at once: some 300 megabytes with four characters a token.
MOST_READINGS = 150_000_000


@dataclass(frozen=True, kw_only=True)
class ReadingSettings(ABC):
    """What every kind of reading is asked.

    Attributes:
        layer: Layer read; None for the one chosen at the build.
        seed: Of random directions, resamples and permutations.
    """

    form: ClassVar[Form] = "text"
    kinds: ClassVar[Sequence[Kind]] = KINDS  # controls; a verdict needs all of them, a band the random ones

    layer: Layer = None
    seed: Seed = 0

    def __post_init__(self) -> None:
        enforce(self)

    @property
    @abstractmethod
    def texts(self) -> tuple[str, ...]:
        """What the model reads, as often as it does."""

    @property
    def written(self) -> int:
        """Tokens that the model writes, one after the other."""
        return 0

    @property
    def own(self) -> bool:
        """Whether something of it was uploaded, or is too long to be kept."""
        return False

    @abstractmethod
    def check(self, vectors: EmotionVectors) -> None:
        """Refuses what cannot be read before the model is asked, besides a layer that does not exist."""

    @abstractmethod
    def options(self, files: Files) -> list[str]:
        """Its own options of the command `read`; what they name as a file is added to `files`."""

    @abstractmethod
    def read(self, bench: Bench) -> Job[Any]:
        """The reading, as a job."""

    def layers(self, vectors: EmotionVectors) -> list[int] | None:
        """The layers that are read; None for the one chosen at the build."""
        return None if self.layer is None else [self.layer]

    def baseline(self, bench: Bench) -> Job[Baseline]:
        """Neutral texts at the layers and in the form of this reading, as a job."""
        return known_baseline(bench, self.zero_point(bench.vectors))

    def zero_point(self, vectors: EmotionVectors) -> ZeroPointSettings:
        """The reading of neutral texts that this one builds on."""
        layers = self.layers(vectors)
        place = getattr(self, "place", None)
        return ZeroPointSettings(
            None if layers is None else tuple(layers), self.form, self.seed, place=place, kinds=tuple(self.kinds)
        )


@dataclass(frozen=True)
class TextSettings(ReadingSettings):
    """A text, token by token.

    Attributes:
        text: The text.
        all_layers: Read every layer in the same pass.
    """

    kinds: ClassVar[Sequence[Kind]] = ("random",)

    text: str
    all_layers: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.text,)

    @property
    def own(self) -> bool:
        return len(self.text) > LONGEST_TEXT

    def layers(self, vectors: EmotionVectors) -> list[int] | None:
        return list(range(vectors.n_layers)) if self.all_layers else super().layers(vectors)

    def check(self, vectors: EmotionVectors) -> None:
        if self.all_layers:
            check_room(vectors, len(self.text))
        check_length(self.text)

    def options(self, files: Files) -> list[str]:
        return [_text_option(self.text, files), *["--all-layers"] * self.all_layers]

    def read(self, bench: Bench) -> Job[TokenReading]:
        baseline = yield from self.baseline(bench)
        return (yield from read_text(bench.model, baseline, self.text, chat=bench.vectors.reading.chat))


@dataclass(frozen=True)
class ConversationSettings(ReadingSettings):
    """A conversation, turn by turn.

    Attributes:
        turns: The conversation.
        all_layers: Read every layer in the same pass; the verdict is about the one chosen at the build.
    """

    form: ClassVar[Form] = "conversation"

    turns: Turns
    all_layers: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        return _said(self.turns)

    @property
    def own(self) -> bool:
        return not _built_in(self.turns)

    def layers(self, vectors: EmotionVectors) -> list[int] | None:
        return list(range(vectors.n_layers)) if self.all_layers else super().layers(vectors)

    def check(self, vectors: EmotionVectors) -> None:
        if self.all_layers:
            check_room(vectors, sum(map(len, self.texts)))
        check_turns(self.turns)

    def options(self, files: Files) -> list[str]:
        return [_conversation_option(self.turns, files), *["--all-layers"] * self.all_layers]

    def read(self, bench: Bench) -> Job[ConversationReading]:
        # A verdict is about one layer, and a baseline of all of them has no room for its controls.
        one = replace(self, layer=bench.vectors.selected_layer, all_layers=False) if self.all_layers else self
        baseline = yield from one.baseline(bench)
        found = yield from read_conversation_turns(bench.model, baseline, self.turns)
        if self.all_layers:
            every = yield from self.baseline(bench)
            tokens = yield from read_encoding(bench.model, every, found.dialogue.encoding)
            found = replace(found, tokens=tokens)
        return found


@dataclass(frozen=True)
class ReplySettings(ReadingSettings):
    """A conversation that the model continues before it is read.

    Attributes:
        turns: The conversation; the last turn is not the assistant's.
        writing: How it is continued.
    """

    form: ClassVar[Form] = "conversation"

    turns: Turns
    writing: Writing

    @property
    def texts(self) -> tuple[str, ...]:
        return _said(self.turns)

    @property
    def written(self) -> int:
        return self.writing.tokens

    @property
    def own(self) -> bool:
        return not _built_in(self.turns)

    def check(self, vectors: EmotionVectors) -> None:
        check_reply(self.turns)
        vectors.index(self.writing.emotion)

    def options(self, files: Files) -> list[str]:
        one = self.writing
        return [
            _conversation_option(self.turns, files),
            *(f"--continue={one.tokens}", f"--emotion={one.emotion}", f"--strength={one.strength:g}"),
            f"--temperature={one.temperature:g}",
        ]

    def read(self, bench: Bench) -> Job[Continuation]:
        room_for_reply(bench.model, self.turns)  # a fault should not cost the reading of the neutral texts
        baseline = yield from self.baseline(bench)
        job = continue_conversation(bench.model, bench.vectors, baseline, self.turns, self.writing)
        return (yield from job)


@dataclass(frozen=True)
class DoseSettings(ReadingSettings):
    """A text with a number in it, read at many numbers.

    Attributes:
        text: With `{x}` in the place of the number.
        values: The numbers.
        rise: Emotions that should rise with them.
        fall: Emotions that should fall.
        place: Where each text is read; None for where the texts of the vectors were.
    """

    text: str
    values: tuple[float, ...]
    rise: tuple[str, ...] = ()
    fall: tuple[str, ...] = ()
    place: ReadingPosition | None = None

    @property
    def template(self) -> Template:
        """The template with its values and expectations.

        Raises:
            SettingsError: It has no `{x}`, or too few values.
        """
        return make_template(self.text, self.values).model_copy(update={"rise": self.rise, "fall": self.fall})

    @property
    def texts(self) -> tuple[str, ...]:
        return self.template.texts

    @property
    def own(self) -> bool:
        return len(self.text) > LONGEST_TEXT

    def check(self, vectors: EmotionVectors) -> None:
        _ = self.template

    def options(self, files: Files) -> list[str]:
        values = ",".join(repr(int(x) if float(x).is_integer() else x) for x in self.values)
        known = {(one.template, one.rise, one.fall): one.name for one in load_templates()}
        text = known.get((self.text, self.rise, self.fall), self.text)
        return [f"--template={text}", f"--values={values}", *_place_options(self.place)]

    def read(self, bench: Bench) -> Job[DoseReading]:
        baseline = yield from self.baseline(bench)
        return (yield from read_dose(bench.model, baseline, self.template, bench.cache, self.seed))


@dataclass(frozen=True)
class SituationsSettings(ReadingSettings):
    """The built-in messages that imply an emotion.

    Attributes:
        place: Where each is read; None for where the texts of the vectors were.
    """

    kinds: ClassVar[Sequence[Kind]] = ("random",)

    place: ReadingPosition | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(one.text for one in load_implicit())

    def check(self, vectors: EmotionVectors) -> None:
        pass

    def options(self, files: Files) -> list[str]:
        return ["--situations", *_place_options(self.place)]

    def read(self, bench: Bench) -> Job[SituationReading]:
        baseline = yield from self.baseline(bench)
        return (yield from read_situations(bench.model, baseline, load_implicit(), bench.cache, self.seed))


@dataclass(frozen=True)
class AttemptsSettings(ReadingSettings):
    """A run of failing attempts, read with and without encouragement.

    Attributes:
        run: The run, without its author's note.
    """

    form: ClassVar[Form] = "conversation"

    run: AttemptRun

    def __post_init__(self) -> None:
        object.__setattr__(self, "run", self.run.model_copy(update={"note": ""}))

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(text for told in (False, True) for text in _said(self.run.turns(encouraged=told)))

    @property
    def own(self) -> bool:
        return self._known is None

    @property
    def _known(self) -> str | None:
        return next((one.name for one in load_attempts() if AttemptsSettings(one).run == self.run), None)

    def check(self, vectors: EmotionVectors) -> None:
        pass

    def options(self, files: Files) -> list[str]:
        name = self._known
        if name is None:
            name = "attempts.json"
            files[name] = self.run.model_dump_json().encode()
        return [f"--attempts={name}"]

    def read(self, bench: Bench) -> Job[AttemptsReading]:
        baseline = yield from self.baseline(bench)
        return (yield from read_attempts(bench.model, baseline, self.run))


@dataclass(frozen=True)
class PriorsSettings(ReadingSettings):
    """The same conversations under several system prompts.

    Attributes:
        priors: System prompts; the first one is what the others are compared with.
        conversations: What is said under each of them.
    """

    form: ClassVar[Form] = "conversation"

    priors: tuple[Prior, ...]
    conversations: tuple[Turns, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(text for prior in self.priors for one in self.conversations for text in (prior.text, *_said(one)))

    @property
    def own(self) -> bool:
        return not all(map(_built_in, self.conversations))

    def check(self, vectors: EmotionVectors) -> None:
        check_priors(self.priors, self.conversations)

    def options(self, files: Files) -> list[str]:
        known = {one.text: one.name for one in load_system_prompts()}
        talks = [
            _conversation_option(one, files, f"conversation-{i}") for i, one in enumerate(self.conversations, start=1)
        ]
        systems = [known.get(one.text, one.text.strip() or "none") for one in self.priors]
        return [*talks, *[f"--system={one}" for one in systems]]

    def read(self, bench: Bench) -> Job[PriorsReading]:
        baseline = yield from self.baseline(bench)
        return (yield from read_priors(bench.model, baseline, self.priors, self.conversations))


@dataclass(frozen=True)
class WatchSettings(ReadingSettings):
    """A text or a conversation under a monitor.

    Attributes:
        monitor: The emotion and its threshold.
        turns: A conversation.
        text: A text, where there is no conversation.
        phrase: What the monitor should fire before.
    """

    monitor: MonitorSettings
    turns: Turns = ()
    text: str = ""
    phrase: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        return _said(self.turns) or (self.text,)

    @property
    def own(self) -> bool:
        return not _built_in(self.turns) if self.turns else len(self.text) > LONGEST_TEXT

    def check(self, vectors: EmotionVectors) -> None:
        if self.turns:
            check_turns(self.turns)
        else:
            check_length(self.text)
        vectors.index(self.monitor.emotion)

    def zero_point(self, vectors: EmotionVectors) -> ZeroPointSettings:
        return replace(super().zero_point(vectors), form="conversation" if self.turns else "text")

    def options(self, files: Files) -> list[str]:
        text = _conversation_option(self.turns, files) if self.turns else _text_option(self.text, files)
        return [text, *_monitor_options(self.monitor), *([f"--phrase={self.phrase}"] if self.phrase else [])]

    def read(self, bench: Bench) -> Job[Watched]:
        model, vectors = bench.model, bench.vectors
        baseline = yield from self.baseline(bench)
        threshold = yield from read_threshold(model, vectors, baseline, self.monitor, self.seed)
        if self.turns:
            encoding = conversation_encoding(model, self.turns)
        else:
            encoding = encode(model.tokenizer, self.text, ANY_LENGTH, chat=vectors.reading.chat)
        return (yield from watch(model, baseline, threshold, encoding, self.phrase))


@dataclass(frozen=True)
class LabelledSettings(ReadingSettings):
    """Labelled conversations under a monitor.

    Attributes:
        monitor: The emotion and its threshold.
        labelled: The conversations.
    """

    form: ClassVar[Form] = "conversation"

    monitor: MonitorSettings
    labelled: tuple[Labelled, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(text for one in self.labelled for text in _said(one.turns))

    @property
    def own(self) -> bool:
        return True

    def check(self, vectors: EmotionVectors) -> None:
        vectors.index(self.monitor.emotion)

    def options(self, files: Files) -> list[str]:
        documents = [{"name": one.name, "label": one.label, "messages": _messages(one.turns)} for one in self.labelled]
        files["labelled.json"] = _json(documents)
        return ["--labelled=labelled.json", *_monitor_options(self.monitor)]

    def read(self, bench: Bench) -> Job[LabelledReading]:
        baseline = yield from self.baseline(bench)
        threshold = yield from read_threshold(bench.model, bench.vectors, baseline, self.monitor, self.seed)
        return (yield from read_labelled_set(bench.model, baseline, threshold, self.labelled))


def check_room(vectors: EmotionVectors, characters: int) -> None:
    """Refuses a text that is too long to be read at all layers at once.

    Raises:
        SettingsError: It is.
    """
    most = MOST_READINGS // (vectors.n_layers * len(vectors.emotions))
    if characters > most:
        raise SettingsError(
            "The text is too long to be read at all layers at once",
            expected=f"at most {most:,} characters with {len(vectors.emotions)} emotions and {vectors.n_layers} layers",
            found=f"{characters:,}",
            remedy="Read a part of it, or one layer",
        )


@dataclass(frozen=True)
class ZeroPointSettings:
    """What neutral texts read on the emotions and on control directions, which other readings build on.

    Attributes:
        layers: Layers read; None for the one chosen at the build.
        form: Of the longer neutral texts.
        seed: Of the directions.
        each: How many directions; see `read_baseline`.
        place: Where whole texts are read; None for where the texts of the vectors were.
        kinds: Of control directions.
    """

    layers: tuple[int, ...] | None = None
    form: Form = "text"
    seed: Seed = 0
    each: int | None = None
    place: ReadingPosition | None = None
    kinds: tuple[Kind, ...] = ("random",)

    def read(self, bench: Bench) -> Job[ZeroPoint]:
        """The reading, as a job."""
        found = yield from self.baseline(bench)
        return ZeroPoint(found.tokens, found.texts, found.n_texts)

    def baseline(self, bench: Bench, known: ZeroPoint | None = None) -> Job[Baseline]:
        """The same with its directions, as a job; nothing is read where it is known."""
        return read_baseline(
            *(bench.model, bench.vectors, self.layers, self.seed, self.form),
            cache=bench.cache,
            kinds=self.kinds,
            each=self.each,
            place=self.place,
            known=known,
        )


_REMEMBERED = 8
_baselines: dict[str, Baseline] = {}
_LOCK = threading.Lock()  # every model has a thread of its own


def known_baseline(bench: Bench, wanted: ZeroPointSettings) -> Job[Baseline]:
    """The neutral baseline of vectors, as a job.

    What the neutral texts read is a run of its own, so that the next reading finds it; the last few baselines of one
    layer are remembered whole.

    Args:
        bench: The model and the vectors.
        wanted: Which one.
    """
    key = content_key(vectors_digest(bench.vectors), how_made(bench.vectors), wanted)
    with _LOCK:
        found = _baselines.get(key)
    if found is None:
        zero = yield from computed(bench, ZERO_POINT, wanted)
        found = yield from wanted.baseline(bench, zero)
        if len(found.layers) > 1:
            return found  # tens of megabytes with many emotions
        with _LOCK:
            _baselines[key] = found
            while len(_baselines) > _REMEMBERED:
                del _baselines[next(iter(_baselines))]
    return found


# Some 200 neutral texts and eight thousand tokens of longer ones, for the zero point; known after the first reading.
_NEUTRAL_TOKENS = 13_000
_CHARACTERS_A_TOKEN = 4
_WINDOWS = 1.3  # the windows of a long text overlap


def reading_seconds(info: ModelInfo, settings: ReadingSettings, *, known: bool = False) -> float:
    """Rough seconds of a reading, the neutral texts of its zero point with it unless they are known."""
    tokens = _WINDOWS * sum(map(len, settings.texts)) / _CHARACTERS_A_TOKEN + (0 if known else _NEUTRAL_TOKENS)
    return read_seconds(info, int(tokens), settings.written)


def command(settings: ReadingSettings) -> tuple[str, Files]:
    """The command line that redoes a reading, and its files by name; the vector file is not among them.

    Example:
        >>> command(DoseSettings("I fell {x} m.", (1, 2, 3.5)))[0].split("--values")[0]
        "python -m emotion_core read vectors.safetensors '--template=I fell {x} m.' "
    """
    files: Files = {}
    options = settings.options(files)
    options += [] if settings.layer is None else [f"--layer={settings.layer}"]
    options += [f"--seed={settings.seed}"] if settings.seed else []
    return shlex.join(["python", "-m", "emotion_core", "read", VECTORS, *options, "--json"]), files


def _said(turns: Sequence[Turn]) -> tuple[str, ...]:
    return tuple(turn.content for turn in turns)


def _built_in(turns: Turns) -> bool:
    """Whether they are a conversation of the library, or its beginning."""
    return any(one.turns[: len(turns)] == turns for one in load_conversations())


def _text_option(text: str, files: Files) -> str:
    if len(text) <= LONGEST_TEXT:
        return f"--text={text}"
    files["text.txt"] = text.encode()
    return "--text-file=text.txt"


def _conversation_option(turns: Turns, files: Files, name: str = "conversation") -> str:
    known = next((one.name for one in load_conversations() if one.turns == turns), None)
    if known is None:
        known = f"{name}.json"
        files[known] = _json(_messages(turns))
    return f"--conversation={known}"


def _place_options(place: ReadingPosition | None) -> list[str]:
    if place is None:
        return ["--reading=built"]
    chat = ["--chat"] if place.chat and not place.reply else []
    return [f"--reading={place.pooling}", f"--from-token={place.start}", *chat]


def _monitor_options(one: MonitorSettings) -> list[str]:
    return [f"--monitor={one.emotion}", f"--false-alarms={one.false_alarms:g}", f"--window={one.window}"]


def _messages(turns: Sequence[Turn]) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.content} for turn in turns]


def _json(document: object) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


_BEFORE = f"{KIND}.safetensors"  # the file in which version 0.1 kept every kind, with what it was asked


def _reading(name: str, asks: type[Any], gives: type[R], before: str, version: int = 0) -> Experiment[Any, R]:
    """One kind of reading.

    Args:
        name: Of the kind.
        asks: Its settings.
        gives: Its result.
        before: The field of the one result class of version 0.1 that had it.
        version: As in `Experiment`.
    """

    def check(settings: ReadingSettings, vectors: EmotionVectors) -> None:
        check_layers(vectors, settings.layers(vectors))
        settings.check(vectors)

    def earlier(document: Any) -> Any:
        """Settings of version 0.1, where one class had the fields of every kind and said `what` it was."""
        if "what" not in document:
            return document
        kept = {one.name: document[one.name] for one in fields(asks) if one.name in document}
        return {**kept, "run": json.loads(kept["run"])} if "run" in kept else kept

    def open_(store: RunStore, run_id: str) -> R:
        old = _BEFORE in store.files(run_id)
        data = store.read(run_id, _BEFORE if old else f"read-{name}.safetensors")
        return from_bytes(gives, data, before if old else "")

    return Experiment(
        kind=f"read-{name}",
        asks=asks,
        gives=gives,
        job=lambda bench, settings: settings.read(bench),
        label=lambda settings, vectors: f"reading: {name}",
        size=lambda settings, vectors: Size(texts=settings.texts),
        check=check,
        keeps=lambda settings: not settings.own,
        stored_as=KIND,
        load=open_,
        earlier=earlier,
        version=version,
    )


ZERO_POINT = Experiment(
    kind="zero-point",
    asks=ZeroPointSettings,
    gives=ZeroPoint,
    job=lambda bench, settings: settings.read(bench),
    label=lambda settings, vectors: "neutral texts",
)
TEXT = _reading("text", TextSettings, TokenReading, "text")
CONVERSATION = _reading("conversation", ConversationSettings, ConversationReading, "conversation")
REPLY = _reading("reply", ReplySettings, Continuation, "continuation")
DOSE = _reading("dose", DoseSettings, DoseReading, "dose")
SITUATIONS = _reading("situations", SituationsSettings, SituationReading, "situations", version=1)
ATTEMPTS = _reading("attempts", AttemptsSettings, AttemptsReading, "attempts")
PRIORS = _reading("priors", PriorsSettings, PriorsReading, "priors")
WATCH = _reading("monitor", WatchSettings, Watched, "watched")
LABELLED = _reading("labelled", LabelledSettings, LabelledReading, "labelled")
READINGS: tuple[Experiment[Any, Any], ...] = (
    *(TEXT, CONVERSATION, REPLY, DOSE, SITUATIONS),
    *(ATTEMPTS, PRIORS, WATCH, LABELLED),
)


def reading_of(settings: ReadingSettings) -> Experiment[Any, Any]:
    """The kind of run that has these settings."""
    return next(one for one in READINGS if one.asks is type(settings))


def kind_before(described: Mapping[str, Any]) -> str:
    """Kind of a reading that version 0.1 stored, from its settings in the store."""
    request = described.get("asked") or {}
    if request.get("writing"):
        return REPLY.kind
    label = str(described.get("label", "")).removeprefix("reading: ")
    return f"read-{request.get('what') or described.get('what') or label}"


def open_reading(store: RunStore, run: Run) -> tuple[Experiment[Any, Any], Any, ReadingSettings]:
    """The kind of a finished reading, its result, and what it was asked.

    Raises:
        RunError: The files are missing, or were written by an incompatible version.
    """
    kinds = {one.kind: one for one in READINGS}
    if _BEFORE in store.files(run.id):
        request = document_of(store.read(run.id, _BEFORE))["request"]
        experiment = kinds[kind_before({"asked": request})]
        return experiment, load(store, run.id, experiment), asked(experiment, {"asked": request})
    experiment = kinds[json.loads(run.settings)["experiment"]]
    return experiment, load(store, run.id, experiment), asked_of(store, run, experiment)
