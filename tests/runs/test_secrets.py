"""A visitor's key turns up nowhere: not in the rows or files of a run, not in a line of the log, not in a link."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from emotion_core.base.errors import ModelError
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.settings import Settings
from emotion_core.runs.registry import FORMATTER, JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.tracing.envoy import Remote

KEY = "visitors-own-7f3c"


class Handle:
    """A job that is run to its end at once."""

    state, place = "done", 0

    def __init__(self, job: Job[Any], visitor: str) -> None:
        try:
            while True:
                next(job)
        except StopIteration:
            pass
        except (ModelError, RuntimeError, OSError):
            self.state = "failed"

    def cancel(self) -> None:
        """It has ended."""

    def result(self) -> None:
        """It has none."""


def raising(error: Exception) -> Job[None]:
    yield Progress(1, 2, "sent to NDIF")
    raise error


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(f"401 for wss://api.ndif.us?key={KEY}"),
        ModelError("The trace could not be run", found=f"header ndif-api-key: {KEY}"),
        OSError(5, f"no answer to {KEY}"),
    ],
)
def test_an_error_with_the_key_is_kept_without_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    FORMATTER.hide(KEY)
    monkeypatch.setattr(logging.getLogger("emotion_core"), "propagate", True)
    registry = JobRegistry(RunStore(tmp_path), Settings(), "ann")
    run_id = registry.store.create("reading", "{}")
    with caplog.at_level(logging.INFO):
        registry.start(run_id, raising(error), lambda result: {}, Handle)
    run = registry.store.get(run_id)
    assert run.state == "failed" and "***" in run.error and KEY not in repr(run)
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or KEY.encode() not in path.read_bytes(), path
    assert caplog.records
    assert all(KEY not in FORMATTER.format(record) for record in caplog.records)


def test_a_connection_does_not_show_its_key() -> None:
    assert KEY not in repr(Remote("ndif", KEY))
