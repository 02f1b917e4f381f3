"""A job that keeps the row of its run up to date: progress, result, end."""

from __future__ import annotations

import errno
import logging
import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TypeVar

from emotion_core.base.errors import EmotionCoreError, JobCancelled, RunError
from emotion_core.base.jobs import Job, Progress
from emotion_core.runs.joblog import FORMATTER, log_job
from emotion_core.runs.store import RunStore

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
