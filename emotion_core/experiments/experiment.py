"""A kind of run, described once: what it is asked, what it gives, its job, and what it reads and writes.

From the description follow the content key, the start and its limits, storing and loading, stopping with a part, doing
it again under its old link, and running it in the calling thread with the finished result found. A new kind is one
`Experiment` in one of the modules beside this one, and a view.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, TypeVar

from emotion_core.base.activations import RECORDER_VERSION, ActivationCache, ModelInfo
from emotion_core.base.errors import RunError
from emotion_core.base.jobs import Job, Progress, run_to_end
from emotion_core.base.settings import Settings
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.builtin import built_in_confounds, load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs.codec import as_plain, content_key, from_bytes, from_plain, schema, to_bytes, vectors_digest
from emotion_core.runs.limits import (
    require_prompts,
    require_sweep,
    require_texts,
    texts_of,
    within_asked,
    within_tokens,
)
from emotion_core.runs.recipes import described_vectors, named_sets
from emotion_core.runs.registry import JobRegistry, keeping, stop_flag
from emotion_core.runs.store import Run, RunStore
from emotion_core.vectors.build import NEUTRAL_SET
from emotion_core.vectors.emotion_vectors import EmotionVectors

S = TypeVar("S")
R = TypeVar("R")


def never() -> bool:
    """Nobody asks for a stop."""
    return False


@dataclass(frozen=True)
class Bench:
    """What the job of a run works with.

    Attributes:
        model: The model of the vectors.
        vectors: The vectors.
        cache: Activations read before.
        stopped: Asked between steps by jobs that leave a part.
        store: Where results that it builds on are found and kept; None computes them anew.
    """

    model: LoadedModel
    vectors: EmotionVectors
    cache: ActivationCache | None = None
    stopped: Callable[[], bool] = never
    store: RunStore | None = None


@dataclass(frozen=True)
class Size:
    """What a run reads and writes; the limits of a hosted app are held against it.

    Attributes:
        sets: Prompt sets that are read whole.
        texts: Further texts that are read, as often as they are.
        prompts: Texts that are continued, and kept with the settings.
        written: Texts that are written.
        new_tokens: Length of each in tokens.
        parts: Parts of questions that are asked, each with how often it stands in one question on average.
        questions: How many are asked.
    """

    sets: tuple[PromptSet, ...] = ()
    texts: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    written: int = 0
    new_tokens: int = 0
    parts: tuple[tuple[str, float], ...] = ()
    questions: int = 0


@dataclass(frozen=True)
class Experiment(Generic[S, R]):
    """One kind of run over vectors.

    Attributes:
        kind: Its name in the store, in links and on the shelf.
        asks: Class of its settings: a frozen dataclass of plain values, items and prompt sets.
        gives: Class of its result, stored by its annotations.
        job: The work.
        label: How a run is called, from its settings and vectors.
        size: What it reads and writes.
        check: Refuses, before anything is started, what cannot be done.
        keeps: Whether its settings may be kept beyond the result, to do it again; uploads and long texts may not, and
            lie beside the result for as long as it is there.
        earlier: Settings as an earlier version kept them, in the form of today's.
        partial: A stopped run leaves a part; the result then has a `partial` that says what it lacks.
        version: Raised when the same settings give other numbers.
        revised: The same for some settings alone, added to it; results of all others stay what they are.
        stored_as: Kind in the store where it opens like another kind; the same by default.
        save: Files of a result; by default one, by its annotations.
        load: A result from the store; by default from that one file.
    """

    kind: str
    asks: type[S]
    gives: type[R]
    job: Callable[[Bench, S], Job[R]]
    label: Callable[[S, EmotionVectors], str]
    size: Callable[[S, EmotionVectors], Size] = lambda settings, vectors: Size()
    check: Callable[[S, EmotionVectors], object] = lambda settings, vectors: None
    keeps: Callable[[S], bool] = lambda settings: True
    earlier: Callable[[Any], Any] = lambda document: document
    partial: bool = False
    version: int = 0
    revised: Callable[[S], int] = lambda settings: 0
    stored_as: str = ""
    save: Callable[[R], Mapping[str, bytes]] | None = field(default=None)
    load: Callable[[RunStore, str], R] | None = field(default=None)

    @property
    def stored(self) -> str:
        """Kind of its runs in the store."""
        return self.stored_as or self.kind

    @property
    def file(self) -> str:
        """Name of the result's file."""
        return f"{self.kind}.safetensors"


_ASKED_FILE = "asked.json"
NOT_KEPT = "What this run was asked to do was uploaded or long, and is not kept beyond its result"


def how_made(vectors: EmotionVectors) -> list[object]:
    """What controls depend on beside the numbers: equal vectors with and without their texts have other controls."""
    return [
        [one.sha256 for one in vectors.prompt_sets],
        [vectors.estimator, vectors.neutral_projection, vectors.seed],
    ]


def key_of(experiment: Experiment[S, R], vectors: EmotionVectors, settings: S) -> str:
    """Content key of a run: the same key, the same result."""
    version = experiment.version + experiment.revised(settings)
    return content_key(
        experiment.kind,
        [schema(experiment.gives), version, RECORDER_VERSION, _built_in_texts()],
        vectors_digest(vectors),
        how_made(vectors),
        as_plain(settings, _refer),
    )


def start(
    registry: JobRegistry,
    owner: ModelOwner,
    vectors: EmotionVectors,
    experiment: Experiment[S, R],
    settings: S,
    cache: ActivationCache | None = None,
    *,
    share: bool = False,
) -> str:
    """Starts a run, or finds the finished one with the same content, and returns its id.

    Args:
        registry: Of the live runs.
        owner: Of the model.
        vectors: What it is about.
        experiment: The kind of run.
        settings: What is asked.
        cache: Activations read before.
        share: Join an unfinished run with the same content instead of starting a second one.

    Raises:
        SettingsError: It cannot be done.
        VectorFileError: There is no vector for an emotion.
        LimitError: It reads or writes more, or the visitor has more open jobs, than the limits of the registry allow.
    """
    experiment.check(settings, vectors)
    size = experiment.size(settings, vectors)
    require_size(registry.limits, size)
    key = key_of(experiment, vectors, settings)
    finished = registry.existing(experiment.stored, key, share=share)
    if finished is not None:
        return finished
    described = _described(experiment, owner.info, vectors, settings)
    run_id = registry.store.create(experiment.stored, described, key=key)
    stopped = stop_flag(run_id).is_set if experiment.partial else never
    bench = Bench(owner.model, vectors, cache, stopped, registry.store)
    return launch(registry, owner, experiment, settings, work(registry.limits, experiment, bench, settings), run_id)


def launch(
    registry: JobRegistry,
    owner: ModelOwner,
    experiment: Experiment[S, R],
    settings: S,
    job: Job[R],
    run_id: str,
    *,
    again: bool = False,
) -> str:
    """Hands the job of a run to the model's owner; see `JobRegistry.start`."""

    def save(result: R) -> Mapping[str, bytes]:
        return files_of(experiment, settings, result)

    kept = keeping(job, registry.store, run_id, save) if experiment.partial else job
    return registry.start(run_id, kept, save, owner.submit, again=again)


def work(limits: Settings, experiment: Experiment[S, R], bench: Bench, settings: S) -> Job[R]:
    """The job of a run within the limits of what it may read."""
    size = experiment.size(settings, bench.vectors)
    texts = [*texts_of(size.sets), *size.texts, *size.prompts]
    parts, weights = [text for text, _ in size.parts], [weight for _, weight in size.parts]
    job = within_asked(limits, bench.model, parts, weights, size.questions, experiment.job(bench, settings))
    return within_tokens(limits, bench.model, texts, job)


def require_size(limits: Settings, size: Size) -> None:
    """Refuses what is larger than a hosted app allows.

    Raises:
        LimitError: It is.
    """
    if size.sets:
        require_texts(limits, size.sets)
    require_prompts(limits, size.prompts)
    if size.written:
        require_sweep(limits, size.written, size.new_tokens, "run")


def files_of(experiment: Experiment[S, R], settings: S, result: R) -> Mapping[str, bytes]:
    """The files of a result by name; with what was asked where that is not kept beyond it."""
    files = experiment.save(result) if experiment.save is not None else {experiment.file: to_bytes(result)}
    if experiment.keeps(settings):
        return files
    return {**files, _ASKED_FILE: json.dumps(as_plain(settings, _refer), ensure_ascii=False).encode()}


def load(store: RunStore, run_id: str, experiment: Experiment[Any, R]) -> R:
    """A finished result from its file, or what a stopped run left.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    if experiment.load is not None:
        return experiment.load(store, run_id)
    return from_bytes(experiment.gives, store.read(run_id, experiment.file))


def has_result(store: RunStore, run_id: str, experiment: Experiment[Any, Any]) -> bool:
    """Whether a run has something to show: a finished result, or a part of one that was stopped."""
    return experiment.file in store.files(run_id)


def find(store: RunStore, vectors: EmotionVectors, experiment: Experiment[S, R], settings: S) -> str | None:
    """Id of the finished run with this content, where there is one."""
    run = store.find(experiment.stored, key_of(experiment, vectors, settings))
    return None if run is None else run.id


def result_of(
    store: RunStore,
    model: Callable[[], LoadedModel],
    vectors: EmotionVectors,
    experiment: Experiment[S, R],
    settings: S,
    cache: ActivationCache | None = None,
    watch: Callable[[Progress], None] | None = None,
) -> R:
    """The result in the calling thread: found where it was computed before, else computed and kept.

    Args:
        store: Of finished runs.
        model: Loads the model, and is not called where the result is found.
        vectors: What it is about.
        experiment: The kind of run.
        settings: What is asked.
        cache: Activations read before.
        watch: Told the progress.

    Raises:
        SettingsError: It cannot be done.
        VectorFileError: There is no vector for an emotion, or the model is another one.
    """
    experiment.check(settings, vectors)
    run_id = find(store, vectors, experiment, settings)
    if run_id is not None:
        return load(store, run_id, experiment)
    return run_to_end(computed(Bench(model(), vectors, cache, store=store), experiment, settings), watch)


def computed(bench: Bench, experiment: Experiment[S, R], settings: S) -> Job[R]:
    """A result that another one builds on, as a job: found where it was computed before, else computed and kept.

    Args:
        bench: Of the run that needs it, with the vectors that it is about.
        experiment: The kind of run.
        settings: What is asked.
    """
    store = bench.store
    run_id = None if store is None else find(store, bench.vectors, experiment, settings)
    if store is not None and run_id is not None:
        return load(store, run_id, experiment)
    result = yield from experiment.job(bench, settings)
    if store is not None:
        described = _described(experiment, bench.model.info, bench.vectors, settings)
        run_id = store.create(experiment.stored, described, key=key_of(experiment, bench.vectors, settings))
        store.finish(run_id, files_of(experiment, settings, result))
    return result


def asked(experiment: Experiment[S, Any], described: Mapping[str, Any], vectors: EmotionVectors | None = None) -> S:
    """What a run was asked to do, from what the store keeps of it.

    Args:
        experiment: Its kind.
        described: Its settings in the store.
        vectors: Whose prompt sets may be referred to; built-in ones always may.

    Raises:
        RunError: It was not kept, or was kept by an incompatible version.
    """
    document = described.get("asked", _before(described))
    if document is None:
        raise RunError(NOT_KEPT, remedy="Start again from the form")

    def resolve(kind: Any, value: Any) -> Any:
        return named_sets([value], vectors)[0] if kind is PromptSet else None

    return from_plain(experiment.asks, experiment.earlier(document), resolve)


def asked_of(store: RunStore, run: Run, experiment: Experiment[S, Any], vectors: EmotionVectors | None = None) -> S:
    """What a finished run was asked to do, also where that is not kept beyond its result.

    Raises:
        RunError: It is gone, or was kept by an incompatible version.
    """
    described = json.loads(run.settings)
    if _ASKED_FILE in store.files(run.id):
        described["asked"] = json.loads(store.read(run.id, _ASKED_FILE))
    return asked(experiment, described, vectors)


def _described(experiment: Experiment[S, Any], info: ModelInfo, vectors: EmotionVectors, settings: S) -> str:
    """What the store keeps of a run, as JSON."""
    return json.dumps(
        {
            "label": experiment.label(settings, vectors),
            "model": info.name,
            "fingerprint": info.fingerprint,
            **described_vectors(vectors),
            "experiment": experiment.kind,
            "asked": as_plain(settings, _refer) if experiment.keeps(settings) else None,
        }
    )


def _before(described: Mapping[str, Any]) -> Any:
    """What runs of version 0.1 kept: settings, sets, or what was taken out, each under a name of its own."""
    if "without" in described:
        return described["without"]
    if "settings" in described:
        return described["settings"]
    return {"sets": described["sets"]} if "sets" in described else {}


def _refer(value: object) -> Any:
    return {"name": value.name, "sha256": value.sha256} if isinstance(value, PromptSet) else None


@lru_cache(maxsize=1)
def _built_in_texts() -> tuple[str, ...]:
    """The built-in texts that any run may read: neutral ones and confounds."""
    return tuple(one.sha256 for one in (load_prompts(NEUTRAL_SET), *built_in_confounds()))
