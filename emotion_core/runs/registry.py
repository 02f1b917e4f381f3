"""Live jobs by run id: starts a job for a run, keeps the run's row up to date, cancels it.

The row in the store is what everybody looks at. The handle is kept only while the job is open, for the place in the
queue and for cancelling.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from emotion_core.errors import EmotionCoreError, JobCancelled
from emotion_core.runs.progress import Job, Progress
from emotion_core.runs.store import RunStore

T = TypeVar("T")
Save = Callable[[T], Mapping[str, bytes]]

_REPORT_EVERY = 0.2  # seconds between two writes of the progress
_log = logging.getLogger(__name__)


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


class JobRegistry:
    """Runs of this process that are still open.

    Args:
        store: Where the runs are noted down.
    """

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self._handles: dict[str, Handle] = {}
        self._lock = threading.Lock()

    def start(self, run_id: str, job: Job[T], save: Save[T], submit: Callable[[Job[T]], Any]) -> str:
        """Hands the job of a run to whoever runs it.

        Args:
            run_id: Of a run just created in the store.
            job: The work.
            save: Turns the result into files of the run.
            submit: Such as `owner.submit`; returns a `Handle`.

        Returns:
            The run id again.
        """
        handle = submit(recorded(job, self.store, run_id, save))
        with self._lock:
            self._handles = {i: one for i, one in self._handles.items() if one.state in ("queued", "running")}
            self._handles[run_id] = handle
        return run_id

    def existing(self, kind: str, key: str, *, share: bool) -> str | None:
        """Id of a finished run with the same content; with `share` also of one that is still working."""
        found = self.store.find(kind, key)
        if found is None and share:
            found = self.store.find_open(kind, key)
        return None if found is None else found.id

    def place(self, run_id: str) -> int:
        """Jobs in front of a run of this process; 0 where it works already or is not known here."""
        handle = self._handles.get(run_id)
        return handle.place if handle is not None and handle.state == "queued" else 0

    def wait(self, run_id: str) -> None:
        """Waits for a run of this process and raises what it raised."""
        handle = self._handles.get(run_id)
        if handle is not None:
            handle.result()

    def cancel(self, run_id: str) -> None:
        """Cancels a run; the job stops at its next step."""
        handle = self._handles.get(run_id)
        if handle is not None:
            handle.cancel()
        # A job that never began has no step that could note this down.
        self.store.cancel(run_id)


def recorded(job: Job[T], store: RunStore, run_id: str, save: Save[T]) -> Job[T]:
    """The same job, which also notes down its progress, its result and its end in the store."""
    last = 0.0
    try:
        store.report(run_id, Progress(0, 0, "starting"))
        while True:
            try:
                progress = next(job)
            except StopIteration as stop:
                result: T = stop.value
                break
            if time.monotonic() - last > _REPORT_EVERY:
                last = time.monotonic()
                store.report(run_id, progress)
            yield progress
        store.finish(run_id, save(result))
    except (GeneratorExit, JobCancelled):
        job.close()
        store.cancel(run_id)
        raise
    except EmotionCoreError as error:
        store.fail(run_id, error.message)
        raise
    except Exception as error:
        _log.exception("run %s failed", run_id)
        store.fail(run_id, f"Something unexpected happened ({type(error).__name__}: {error}). Please report it.")
        raise
    return result
