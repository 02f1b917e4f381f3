from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job, Progress, run_to_end
from emotion_core.runs.registry import JobRegistry, recorded
from emotion_core.runs.store import RunStore


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


def count(steps: int, fault: Exception | None = None) -> Job[int]:
    for done in range(steps):
        yield Progress(done, steps, "counting")
    if fault is not None:
        raise fault
    return steps


def save(result: int) -> dict[str, bytes]:
    return {"result": str(result).encode()}


@dataclass
class Held:
    """A handle whose job is driven by the test."""

    job: Generator[Progress, None, Any]
    state: str = "queued"
    place: int = 2

    def cancel(self) -> None:
        self.state = "cancelled"
        self.job.close()

    def result(self) -> Any:
        return run_to_end(self.job)


def test_the_result_is_stored_and_returned(store: RunStore) -> None:
    run_id = store.create("build", "{}")
    assert run_to_end(recorded(count(3), store, run_id, save)) == 3
    assert store.get(run_id).state == "done"
    assert store.read(run_id, "result") == b"3"


def test_our_errors_are_stored_as_messages(store: RunStore) -> None:
    run_id = store.create("build", "{}")
    with pytest.raises(SettingsError):
        run_to_end(recorded(count(1, SettingsError("No strengths", remedy="Add one")), store, run_id, save))
    run = store.get(run_id)
    assert (run.state, run.error) == ("failed", "No strengths. Add one.")


def test_unexpected_errors_end_the_run_too(store: RunStore) -> None:
    run_id = store.create("build", "{}")
    with pytest.raises(ZeroDivisionError):
        run_to_end(recorded(count(1, ZeroDivisionError("x")), store, run_id, save))
    assert store.get(run_id).state == "failed"
    assert "ZeroDivisionError" in store.get(run_id).error


def test_a_result_that_cannot_be_saved_is_a_failure(store: RunStore) -> None:
    run_id = store.create("build", "{}")
    with pytest.raises(TypeError):
        run_to_end(recorded(count(1), store, run_id, lambda result: {"x": to_text(result)}))
    assert store.get(run_id).state == "failed"


def to_text(result: int) -> bytes:
    raise TypeError(str(result))


@pytest.mark.parametrize("steps_before", [0, 1])
def test_cancel_before_and_after_the_first_step(store: RunStore, steps_before: int) -> None:
    registry = JobRegistry(store)
    handles: list[Held] = []

    def submit(job: Job[int], visitor: str) -> Held:
        handles.append(Held(job))
        return handles[0]

    run_id = registry.start(store.create("build", "{}"), count(5), save, submit)
    assert registry.place(run_id) == 2
    for _ in range(steps_before):
        next(handles[0].job)
        handles[0].state = "running"
    registry.cancel(run_id)
    assert store.get(run_id).state == "cancelled"
    assert handles[0].state == "cancelled"
    assert registry.place(run_id) == 0
