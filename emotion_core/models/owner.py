"""The one owner of a model: a thread that runs all its jobs, one step of each in turn.

nnsight is not safe with two threads, and Streamlit starts a new script thread on every click. So nobody else touches
a model: pages and the command line hand jobs to its owner. Jobs are generators (see `runs/progress.py`); the owner
advances them round-robin, so a short job does not wait for the end of a long one, and a cancel takes effect at the
next step. How many are advanced at a time is up to `turns.py`; the others wait in line.
"""

from __future__ import annotations

import atexit
import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, Literal, Protocol, TypeVar
from weakref import WeakSet

from emotion_core.base.activations import ModelInfo
from emotion_core.base.errors import JobCancelled, ModelError
from emotion_core.base.jobs import Job, Progress
from emotion_core.models.gguf_weights import Report, quiet
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.prepare import give_back

# A thread in the middle of torch's own code when the interpreter ends would have the process aborted. So the end waits
# for the step that is being done, and none begins after it; a run in the middle is found interrupted, as after a kill.
_AT_WORK: WeakSet[threading.Thread] = WeakSet()
_ENDING = threading.Event()
_STEP_AT_MOST = 20.0  # seconds that the end waits


@atexit.register
def _stand_still() -> None:
    _ENDING.set()
    for thread in list(_AT_WORK):
        if isinstance(thread, threading.Timer):
            thread.cancel()
        thread.join(_STEP_AT_MOST)


class Waiting(Protocol):
    """What the line needs to know of a job."""

    visitor: str


W = TypeVar("W", bound=Waiting)


class Turns:
    """Places for jobs that run.

    Attributes:
        changed: Notified when a place becomes free; its lock guards the places.
        max_running: Places in all; 0 for as many as there are jobs.
        visitor_running: Places of one visitor; 0 for no limit. Jobs without a visitor are not limited.
    """

    def __init__(self, max_running: int = 0, visitor_running: int = 0) -> None:
        self.changed = threading.Condition()
        self.max_running = max_running
        self.visitor_running = visitor_running
        self._holders: dict[Hashable, str] = {}

    def limit(self, max_running: int, visitor_running: int) -> None:
        """Changes the limits; jobs that run go on."""
        with self.changed:
            self.max_running, self.visitor_running = max_running, visitor_running
            self.changed.notify_all()

    def take(self, holder: Hashable, visitor: str) -> bool:
        """Takes a place where there is one; returns whether it did."""
        with self.changed:
            if self.max_running and len(self._holders) >= self.max_running:
                return False
            own = sum(one == visitor for one in self._holders.values())
            if self.visitor_running and visitor and own >= self.visitor_running:
                return False
            self._holders[holder] = visitor
            return True

    def leave(self, holder: Hashable) -> None:
        """Gives the place back; nothing happens for a job that has none."""
        with self.changed:
            if self._holders.pop(holder, None) is not None:
                self.changed.notify_all()

    @property
    def running(self) -> int:
        """Places taken."""
        return len(self._holders)


class Line(Generic[W]):
    """Jobs that wait, in the order of their turn: everybody's first one, then everybody's second one, ...

    Each job gets a round when it comes: the round that is being served, or the one after the visitor's last job,
    whichever is later (start-time fair queueing). Within a round, who comes first goes first. Not safe with threads.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, W]] = []
        self._round = 0
        self._came = 0
        self._last: dict[str, int] = {}  # rounds of visitors that lie ahead

    def add(self, job: W) -> None:
        """Puts a job into the line; jobs without a visitor are all served in the round in which they come."""
        place = self._round
        if job.visitor:
            place = max(self._round, self._last.get(job.visitor, self._round - 1) + 1)
            self._last[job.visitor] = place
        self._came += 1
        self._waiting.append((place, self._came, job))
        self._waiting.sort(key=lambda one: one[:2])

    def begin(self, job: W) -> None:
        """Takes a job out because its turn has come."""
        place = self._drop(job)
        self._round = max(self._round, place)
        self._last = {visitor: last for visitor, last in self._last.items() if last >= self._round}

    def leave(self, job: W) -> None:
        """Takes a job out that gave up."""
        self._drop(job)

    def _drop(self, job: W) -> int:
        number = next(i for i, (_, _, one) in enumerate(self._waiting) if one is job)
        return self._waiting.pop(number)[0]

    def __iter__(self) -> Iterator[W]:
        return iter([job for _, _, job in self._waiting])

    def __len__(self) -> int:
        return len(self._waiting)


T = TypeVar("T")
State = Literal["queued", "running", "done", "failed", "cancelled"]


class JobHandle(Generic[T]):
    """A submitted job, as the thread that submitted it sees it. All attributes may be read from any thread."""

    def __init__(self, job: Job[T], owner: ModelOwner, visitor: str) -> None:
        self.visitor = visitor
        self.state: State = "queued"
        self.progress = Progress(0, 0, "waiting")
        self.error: BaseException | None = None
        self._job = job
        self._owner = owner
        self._result: T | None = None
        self._cancelled = False
        self._stepping = False
        self._finished = threading.Event()

    @property
    def place(self) -> int:
        """Jobs in front of this one in the line; 0 for a job that is next, runs or is finished."""
        return self._owner.place_of(self)

    @property
    def elsewhere(self) -> str:
        """Where the request is that this job waits for on another machine, in words; empty where there is none."""
        remote = self._owner.model.remote
        return remote.waiting.describe() if remote and self._stepping else ""

    @property
    def finished(self) -> bool:
        """Whether the job is done, failed or cancelled."""
        return self._finished.is_set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked for its end."""
        return self._cancelled

    def cancel(self) -> None:
        """Asks for the end of the job at its next step."""
        self._cancelled = True

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until the job is finished; returns whether it is."""
        return self._finished.wait(timeout)

    def result(self, timeout: float | None = None) -> T:
        """The job's result.

        Raises:
            JobCancelled: The job was cancelled.
            TimeoutError: It is not finished in time.
            Exception: What the job raised.
        """
        if not self.wait(timeout):
            raise TimeoutError("the job is still running")
        if self.error is not None:
            raise self.error
        return self._result  # type: ignore[return-value]

    def _step(self) -> bool:
        """Advances the job by one step in the owner's thread; returns whether it goes on."""
        if self._cancelled:
            self.error = JobCancelled("The job was cancelled", remedy="What was read before is kept; start it again")
            # A job whose clean-up fails is cancelled all the same, and the owner goes on.
            with suppress(Exception):
                self._job.close()
            return self._finish("cancelled")
        self.state = "running"
        self._stepping, remote = True, self._owner.model.remote
        if remote:
            remote.waiting.cancelled = lambda: self._cancelled
        try:
            self.progress = next(self._job)
        except StopIteration as stop:
            self._result = stop.value
            return self._finish("done")
        except JobCancelled as error:  # noticed in the middle of a step
            self.error = error
            return self._finish("cancelled")
        # Whatever a job raises belongs to whoever asked for it; the owner and the other jobs go on.
        except BaseException as error:  # noqa: BLE001
            self.error = error
            return self._finish("failed")
        finally:
            self._stepping = False
        return True

    def _finish(self, state: State) -> bool:
        self.state = state
        self._finished.set()
        return False


@dataclass(frozen=True)
class Unloaded:
    """A model whose card is known before its weights are there, so that finished results of it can be shown.

    Attributes:
        info: Its card.
        load: Loads it; raises a ModelError as `load_model` does.
    """

    info: ModelInfo
    load: Callable[[], LoadedModel]


class ModelOwner:
    """Owns one model and runs its jobs in one daemon thread.

    The thread lives while there are jobs, so an owner that nobody holds any more is freed with its model.

    Args:
        model: The model, or its card and how to load it; it is then loaded when it is first needed.
        turns: In which the jobs of several owners run.

    Attributes:
        fault: Why loading it in the background failed; None where it did not.
    """

    def __init__(self, model: LoadedModel | Unloaded, turns: Turns | None = None) -> None:
        self._model = model
        self._loading = threading.Lock()
        self._asked_for = False
        self.fault: ModelError | None = None
        self._turns = turns or Turns()
        self._waiting: Line[JobHandle[Any]] = Line()
        self._running: deque[JobHandle[Any]] = deque()
        self._lock = threading.Lock()
        self._closed = False
        self._thread: threading.Thread | None = None

    @property
    def info(self) -> ModelInfo:
        """The model's card."""
        return self._model.info

    @property
    def loaded(self) -> bool:
        """Whether the weights are there."""
        return not isinstance(self._model, Unloaded)

    @property
    def model(self) -> LoadedModel:
        """The model, loaded now where it was not; nobody but its jobs works with it.

        Raises:
            ModelError: It cannot be loaded.
        """
        with self._loading:
            if isinstance(self._model, Unloaded):
                self._model = self._model.load()
                give_back()  # what turning weights from one form into another took
            return self._model

    def load_soon(self, seconds: float = 0.0) -> None:
        """Begins to load the model in a thread of its own, once, after so many seconds."""
        with self._lock:
            begin = not (self.loaded or self._asked_for)
            self._asked_for = True
        if begin:
            loading = threading.Timer(seconds, self._load)
            loading.name, loading.daemon = f"loading {self.info.name}", True
            loading.start()
            _AT_WORK.add(loading)

    def _load(self) -> None:
        try:
            _ = self.model
        except ModelError as error:
            self.fault = error

    def submit(self, job: Job[T], visitor: str = "", *, at_once: bool = False) -> JobHandle[T]:
        """Hands a job to the owner; returns at once.

        Args:
            job: The work.
            visitor: Who asked for it; the jobs of one visitor share what one visitor gets.
            at_once: Does not wait in line; for the moment's work that a page needs to be drawn.
        """
        handle = JobHandle(job, self, visitor)
        with self._lock:
            if self._closed:
                raise RuntimeError("the owner of this model is closed")
            if at_once:
                self._running.append(handle)
            else:
                self._waiting.add(handle)
            if self._thread is None:
                name = f"owner of {self.info.name}"
                self._thread = threading.Thread(target=self._work, name=name, daemon=True)
                _AT_WORK.add(self._thread)
                self._thread.start()
        return handle

    def place_of(self, handle: JobHandle[Any]) -> int:
        """Jobs in front of one that waits in line, else 0."""
        with self._lock:
            line = list(self._waiting)
            return line.index(handle) if handle in line else 0

    @property
    def busy(self) -> bool:
        """Whether there are jobs that run or wait."""
        return self._thread is not None

    def close(self) -> None:
        """Cancels all jobs and waits until they have ended."""
        with self._lock:
            self._closed = True
            for handle in (*self._waiting, *self._running):
                handle.cancel()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while not _ENDING.is_set():
            with self._lock:
                self._let_in()
                if not self._running and not self._waiting:
                    self._thread = None
                    return
                handle = self._running.popleft() if self._running else None
            if handle is None:
                with self._turns.changed:
                    self._turns.changed.wait(_LOOK_AGAIN)
            elif handle._step():
                with self._lock:
                    self._let_in()  # who came during this step goes first in the next round
                    if self._closed:
                        handle.cancel()
                    self._running.append(handle)
            else:
                self._turns.leave(handle)

    def _let_in(self) -> None:
        """Moves waiting jobs that get a place, or need none because they are cancelled, among the running ones."""
        for handle in self._waiting:
            if handle.cancelled:
                self._waiting.leave(handle)
                self._running.append(handle)
            elif self._turns.take(handle, handle.visitor):
                self._waiting.begin(handle)
                self._running.append(handle)


_LOOK_AGAIN = 0.2  # seconds between two looks for a job that was cancelled while it waited
KEPT_MODELS = 2

_LOCK = threading.Lock()
_OWNERS: OrderedDict[tuple[str, str], ModelOwner] = OrderedDict()
_LOADING: dict[tuple[str, str], threading.Lock] = {}
TURNS = Turns()  # of this process


def owner_of(name: str, dtype: str = "float32", report: Report = quiet, known: ModelInfo | None = None) -> ModelOwner:
    """The owner of a model in this process, loading it at the first call; the last two models stay loaded.

    Who asks for a model that is there does not wait for another one that loads.

    Args:
        name: Of the model.
        dtype: Number format of the weights.
        report: Told what is done while it loads.
        known: The model's card, where it is known; the model is then loaded when it is first needed.

    Raises:
        ModelError: It cannot be loaded.
    """
    key = (name, dtype)
    with _LOCK:
        loading = _LOADING.setdefault(key, threading.Lock())
    with loading:
        with _LOCK:
            if key in _OWNERS:
                _OWNERS.move_to_end(key)
                return _OWNERS[key]
        release_idle(KEPT_MODELS - 1)
        if known is None:
            owner = ModelOwner(load_model(name, dtype=dtype, report=report), TURNS)
        else:
            owner = ModelOwner(Unloaded(known, lambda: load_model(name, dtype=dtype, report=report)), TURNS)
        with _LOCK:
            _OWNERS[key] = owner
            while len(_OWNERS) > KEPT_MODELS:
                _OWNERS.popitem(last=False)
        return owner


def release_idle(keep: int) -> int:
    """Lets models go that nobody works with, the one used longest ago first; returns how many.

    Args:
        keep: Models that stay, whether they work or not.
    """
    released = 0
    with _LOCK:
        for key in list(_OWNERS):
            if len(_OWNERS) > keep and not _OWNERS[key].busy:
                del _OWNERS[key]
                released += 1
    return released


def loaded_models() -> dict[str, bool]:
    """The models in memory by name, and whether each is at work."""
    return {name: owner.busy for (name, _), owner in list(_OWNERS.items())}
