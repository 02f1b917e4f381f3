"""The operator's log: one line a job, whatever its end, and no secret."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from emotion_core.base.jobs import Job, Progress, run_to_end
from emotion_core.runs.registry import FORMATTER, recorded, start_logging
from emotion_core.runs.store import RunStore


def job(fault: Exception | None = None) -> Job[int]:
    yield Progress(1, 2, "x")
    if fault is not None:
        raise fault
    return 1


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> pytest.LogCaptureFixture:
    monkeypatch.setattr(logging.getLogger("emotion_core"), "propagate", True)
    caplog.set_level(logging.INFO, "emotion_core")
    return caplog


def values(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name == "emotion_core.jobs"]


def test_every_end_of_a_job_gives_one_line(tmp_path: Path, lines: pytest.LogCaptureFixture) -> None:
    store = RunStore(tmp_path)
    described = json.dumps({"model": "demo", "label": "my\nfile.csv ERROR root forged"})
    ids = [store.create("build", described) for _ in range(3)]
    run_to_end(recorded(job(), store, ids[0], lambda _: {"a": b"x" * 5000}))
    with pytest.raises(ZeroDivisionError):
        run_to_end(recorded(job(ZeroDivisionError("x")), store, ids[1], lambda _: {}))
    stopped = recorded(job(), store, ids[2], lambda _: {})
    next(stopped)
    stopped.close()
    found = values(lines)
    assert len(found) == 3
    for line, run_id, outcome in zip(found, ids, ("done", "failed", "cancelled"), strict=True):
        assert f'run="{run_id}"' in line and f'outcome="{outcome}"' in line and 'kind="build" model="demo"' in line
        assert "\n" not in line, "a file's name cannot begin a line of its own"
    assert "kilobytes=5.0" in found[0]


def test_a_run_that_its_owner_deleted_still_ends_well(tmp_path: Path, lines: pytest.LogCaptureFixture) -> None:
    store = RunStore(tmp_path)
    run_id = store.create("build", "{}")
    work = recorded(job(), store, run_id, lambda _: {})
    next(work)
    store.delete(run_id)
    work.close()
    assert any("row is gone" in one.getMessage() for one in lines.records)


def test_no_secret_reaches_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NDIF_API_KEY", "0123-visitors-key")
    FORMATTER.hide("typed-in-session")
    try:
        raise RuntimeError("401 for 0123-visitors-key and hf_abcdefgh12345678")
    except RuntimeError as error:
        info = (type(error), error, error.__traceback__)
    record = logging.LogRecord("emotion_core", 20, "x", 1, "key %s", ("typed-in-session",), info)
    line = FORMATTER.format(record)
    assert "***" in line
    for secret in ("0123-visitors-key", "hf_abcdefgh12345678", "typed-in-session"):
        assert secret not in line


def test_logging_is_set_up_once() -> None:
    logger = logging.getLogger("emotion_core")
    before = list(logger.handlers)
    try:
        start_logging()
        start_logging()
        assert sum(one.formatter is FORMATTER for one in logger.handlers) == 1
    finally:
        logger.handlers = before
        logger.propagate = True
