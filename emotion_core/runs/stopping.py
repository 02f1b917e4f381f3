"""Stopping a run so that what is finished stays: the job ends by itself at its next step and keeps its result.

A plain cancel throws a job away between two steps. A sweep has more to lose: it is asked to write no further token,
reads what is written, and leaves a partial result under the same link. The run is `cancelled` all the same, so that
nobody who asks for the whole sweep is given a part of it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TypeVar

from emotion_core.base.errors import JobCancelled
from emotion_core.base.jobs import Job
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore

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
