"""Live jobs by run id: starts a job for a run, keeps the run's row up to date, cancels it.

The row in the store is what everybody looks at. The handle is kept only while the job is open, for the place in the
queue and for cancelling.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import sqlite3
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

from emotion_core.base.errors import EmotionCoreError, JobCancelled, LimitError, RunError
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.settings import Settings
from emotion_core.runs.limits import within_time
from emotion_core.runs.store import OPEN_STATES, Run, RunStore

# What an operator reads: one line a job, and never a secret in it.

_job_log = logging.getLogger("emotion_core.jobs")
# Variables whose values are secrets, and how keys of the services in question look.
_SECRET_NAMES = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)", re.IGNORECASE)
_SECRET_SHAPES = re.compile(r"\b(hf_[A-Za-z0-9]{8,}|sk-[A-Za-z0-9_-]{8,}|ndif[-_][A-Za-z0-9_-]{8,})\b", re.IGNORECASE)
_SHORTEST_SECRET = 6


class WithoutSecrets(logging.Formatter):
    """A formatter that replaces secrets wherever they turn up: in messages, arguments and tracebacks."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._extra: set[str] = set()

    def hide(self, secret: str) -> None:
        """Has one more value replaced, such as a visitor's key."""
        if len(secret) >= _SHORTEST_SECRET:
            self._extra.add(secret)

    def format(self, record: logging.LogRecord) -> str:
        """The line, with every secret replaced by three stars."""
        return self.clean(super().format(record))

    def clean(self, text: str) -> str:
        """Any text with every secret replaced, such as an error that is kept with a run."""
        values = {value for name, value in os.environ.items() if _SECRET_NAMES.search(name)} | self._extra
        for value in sorted(values, key=len, reverse=True):
            if len(value) >= _SHORTEST_SECRET:
                text = text.replace(value, "***")
        return _SECRET_SHAPES.sub("***", text)


FORMATTER = WithoutSecrets("%(asctime)s %(levelname)s %(name)s %(message)s")


def start_logging() -> None:
    """Sends the lines of this project to standard error; further calls change nothing."""
    logger = logging.getLogger("emotion_core")
    if any(handler.formatter is FORMATTER for handler in logger.handlers):
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMATTER)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False


def log_job(run: Run, outcome: str, *, seconds: float, n_bytes: int = 0) -> None:
    """Writes the line of a job that has ended.

    Args:
        run: As it stands in the store.
        outcome: Such as `done`, `failed` or `cancelled`.
        seconds: From its first step to its end.
        n_bytes: Size of its result.
    """
    described = json.loads(run.settings)
    values = {
        "run": run.id,
        "kind": run.kind,
        "model": str(described.get("model", ""))[:60],
        "what": str(described.get("label", ""))[:60],
        "steps": run.total,
        "waited_s": round(max(0.0, time.time() - run.created - seconds), 1),
        "took_s": round(seconds, 2),
        "kilobytes": round(n_bytes / 1000, 1),
        "outcome": outcome,
    }
    # Values as JSON: a line break in a file's name would otherwise begin a line of its own.
    _job_log.info(" ".join(f"{name}={json.dumps(value)}" for name, value in values.items()))


T = TypeVar("T")
Save = Callable[[T], Mapping[str, bytes]]

_REPORT_EVERY = 0.2  # seconds between two writes of the progress
_log = logging.getLogger(__name__)


def recorded(
    job: Job[T], store: RunStore, run_id: str, save: Save[T], took: Callable[[float], object] | None = None
) -> Job[T]:
    """The same job, which also notes down its progress, its result and its end in the store.

    Args:
        job: The work.
        store: Where to note it down.
        run_id: Of the run.
        save: Turns the result into files of the run.
        took: Gets the seconds from the first step to the end of a job that gave a result.
    """
    began, last = time.monotonic(), 0.0
    outcome = "failed"
    try:
        with suppress(RunError):
            store.report(run_id, Progress(0, 0, "starting"))
        while True:
            try:
                progress = next(job)
            except StopIteration as stop:
                result: T = stop.value
                break
            if time.monotonic() - last > _REPORT_EVERY:
                last = time.monotonic()
                with suppress(RunError):  # a locked database costs a line of progress, not the job
                    store.report(run_id, progress)
            yield progress
        store.finish(run_id, save(result))
        outcome = "done"
        if took is not None:
            took(time.monotonic() - began)
    except (GeneratorExit, JobCancelled):
        outcome = "cancelled"
        job.close()
        store.cancel(run_id)
        raise
    except EmotionCoreError as error:
        store.fail(run_id, FORMATTER.clean(error.message))
        raise
    except OSError as error:
        _log.exception("run %s failed", run_id)
        full = error.errno == errno.ENOSPC
        said = "The disk of this computer is full." if full else f"A file could not be written: {error}."
        store.fail(run_id, FORMATTER.clean(said))
        raise
    except Exception as error:
        _log.exception("run %s failed", run_id)
        said = f"Something unexpected happened ({type(error).__name__}: {error}). Please report it."
        store.fail(run_id, FORMATTER.clean(said))
        raise
    finally:
        _write_line(store, run_id, outcome, time.monotonic() - began)
    return result


def _write_line(store: RunStore, run_id: str, outcome: str, seconds: float) -> None:
    try:
        log_job(store.get(run_id), outcome, seconds=seconds, n_bytes=store.n_bytes(run_id))
    except (EmotionCoreError, OSError, sqlite3.Error):
        _log.info('run="%s" outcome="%s", and its row is gone', run_id, outcome)  # deleted by its owner


class Handle(Protocol):
    """What the registry needs of a job handle."""

    @property
    def state(self) -> str:
        """One of queued, running, done, failed, cancelled."""

    @property
    def place(self) -> int:
        """Jobs in front of this one."""

    def cancel(self) -> None:
        """Stops the job at its next step."""

    def result(self) -> Any:
        """Waits for the job and returns its result, or raises what it raised."""


@dataclass
class _Live:
    """What the registries of all visitors share."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    handles: dict[str, Handle] = field(default_factory=dict)
    visitors: dict[str, str] = field(default_factory=dict)
    seconds: deque[float] = field(default_factory=lambda: deque(maxlen=20))  # of the last jobs, from start to end


class JobRegistry:
    """Runs of this process that are still open, as one visitor sees them.

    Args:
        store: Where the runs are noted down.
        limits: How many jobs a visitor may have, and how long one may compute.
        visitor: Who asks; empty on the command line and where nobody in particular does.
        after: Called after each job that gave a result.
    """

    def __init__(
        self,
        store: RunStore,
        limits: Settings | None = None,
        visitor: str = "",
        after: Callable[[], object] | None = None,
    ) -> None:
        self.store = store
        self.limits = limits or Settings()
        self.visitor = visitor
        self._after = after
        self._live = _Live()

    def of(self, visitor: str) -> JobRegistry:
        """The same registry as another visitor sees it."""
        other = JobRegistry(self.store, self.limits, visitor, self._after)
        other._live = self._live
        return other

    def start(self, run_id: str, job: Job[T], save: Save[T], submit: Callable[..., Any], *, again: bool = False) -> str:
        """Hands the job of a run to whoever runs it.

        Args:
            run_id: Of a run just created in the store.
            job: The work.
            save: Turns the result into files of the run.
            submit: Such as `owner.submit`; takes the job and the visitor, and returns a `Handle`.
            again: It is an old run, so a refusal is noted down in it.

        Returns:
            The run id again.

        Raises:
            LimitError: The visitor has as many open jobs as allowed, or too many wait already; a new run is gone then.
        """
        live = self._live
        with live.lock:
            live.handles = {i: one for i, one in live.handles.items() if one.state in OPEN_STATES}
            live.visitors = {i: one for i, one in live.visitors.items() if i in live.handles}
            fault = self._refusal()
            if fault is None:
                self.store.own(run_id, self.visitor)
                work = within_time(self.limits, job)
                handle = submit(recorded(work, self.store, run_id, save, self._took), self.visitor)
                live.handles[run_id] = handle
                live.visitors[run_id] = self.visitor
        if fault is not None:
            job.close()
            if again:
                self.store.fail(run_id, fault.message)
            else:
                self.store.delete(run_id)
            raise fault
        return run_id

    def _took(self, seconds: float) -> None:
        self._live.seconds.append(seconds)
        if self._after is not None:
            self._after()

    def _refusal(self) -> LimitError | None:
        """Why the visitor may not start another job now."""
        limits, live = self.limits, self._live
        own = sum(one == self.visitor for one in live.visitors.values())
        if limits.visitor_open and self.visitor and own >= limits.visitor_open:
            return LimitError(
                "You have as many jobs as one visitor may have at a time",
                expected=f"at most {limits.visitor_open}, one of them working",
                found=f"{own} that work or wait",
                remedy="Wait for one of them or cancel it",
            )
        waiting = sum(one.state == "queued" for one in live.handles.values())
        if limits.max_waiting and waiting >= limits.max_waiting:
            return LimitError(
                "Too many people are waiting for this app",
                expected=f"at most {limits.max_waiting} jobs in line",
                found=str(waiting),
                remedy="Try again in some minutes or run the app on your own computer",
            )
        return None

    def existing(self, kind: str, key: str, *, share: bool) -> str | None:
        """Id of a finished run with the same content; with `share` also of one that is still working."""
        found = self.store.find(kind, key)
        if found is None and share:
            found = self.store.find_open(kind, key)
        return None if found is None else found.id

    def progress(self, run_id: str) -> Progress | None:
        """What the last step of an open run of this process reported; more than the store keeps of it."""
        handle = self._live.handles.get(run_id)
        return getattr(handle, "progress", None)

    def place(self, run_id: str) -> int:
        """Jobs in front of a run of this process; 0 where it is next, works already or is not known here."""
        handle = self._live.handles.get(run_id)
        return handle.place if handle is not None and handle.state == "queued" else 0

    def elsewhere(self, run_id: str) -> str:
        """What a run of this process waits for on another machine, in words; empty where that is nothing."""
        handle = self._live.handles.get(run_id)
        return str(getattr(handle, "elsewhere", ""))

    def wait_seconds(self, run_id: str) -> float | None:
        """Rough seconds until a waiting run begins, from what the last jobs took; None where nothing is known.

        Places become free one after the other, so a place in the line costs the mean time of a job over the number of
        jobs that work at the same time.
        """
        taken = list(self._live.seconds)
        if not taken:
            return None
        return (self.place(run_id) + 1) * sum(taken) / len(taken) / max(1, self.limits.max_running)

    def open_jobs(self) -> dict[str, str]:
        """State of the open runs of this process by id."""
        return {i: one.state for i, one in self._live.handles.items() if one.state in OPEN_STATES}

    def wait(self, run_id: str) -> None:
        """Waits for a run of this process and raises what it raised."""
        handle = self._live.handles.get(run_id)
        if handle is not None:
            handle.result()

    def may_change(self, run: Run) -> bool:
        """Whether this visitor may cancel or delete a run: their own, or any on their own computer."""
        return not self.limits.hosted or (bool(self.visitor) and run.visitor == self.visitor)

    def cancel(self, run_id: str) -> None:
        """Cancels a run; the job stops at its next step.

        Raises:
            RunError: There is no such run, or it is somebody else's.
        """
        if not self.may_change(self.store.get(run_id)):
            raise RunError("This run belongs to somebody else", where=run_id[:8], remedy="Start one of your own")
        handle = self._live.handles.get(run_id)
        if handle is not None:
            handle.cancel()
        # A job that never began has no step that could note this down.
        self.store.cancel(run_id)

    def delete(self, run_id: str) -> None:
        """Removes a run with its result, and stops it where it still works.

        Raises:
            RunError: There is no such run, or it is somebody else's.
        """
        self.cancel(run_id)
        self.store.delete(run_id)


P = TypeVar("P")

_LOCK = threading.Lock()
_STOPS: dict[str, threading.Event] = {}


def stop_flag(run_id: str) -> threading.Event:
    """The flag that the job of a run looks at."""
    with _LOCK:
        return _STOPS.setdefault(run_id, threading.Event())


def keeping(job: Job[P], store: RunStore, run_id: str, save: Callable[[P], Mapping[str, bytes]]) -> Job[P]:
    """The same job; a partial result, one whose `partial` says what it lacks, is stored before it ends as cancelled.

    Raises:
        JobCancelled: The result is partial.
    """
    try:
        result = yield from job
    finally:
        with _LOCK:
            _STOPS.pop(run_id, None)
    partial = str(getattr(result, "partial", ""))
    if partial:
        store.keep(run_id, save(result))
        raise JobCancelled(f"The job was {partial}", remedy="What was finished is kept; start it again")
    return result


def stop_run(registry: JobRegistry, run_id: str) -> None:
    """Stops a run: at its next step with what is finished where it can, else as `JobRegistry.cancel`.

    Asking twice cancels at once.

    Raises:
        RunError: There is no such run, or it is somebody else's.
    """
    run = registry.store.get(run_id)
    with _LOCK:
        flag = _STOPS.get(run_id)
    if flag is None or flag.is_set() or run.state != "running" or not registry.may_change(run):
        registry.cancel(run_id)
    else:
        flag.set()
