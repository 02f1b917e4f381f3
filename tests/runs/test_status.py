"""The operator's figures, and who may see them."""

from __future__ import annotations

from pathlib import Path

import pytest

from emotion_core.base.activations import ActivationCache
from emotion_core.base.jobs import Progress
from emotion_core.base.settings import Settings
from emotion_core.runs.housekeeping import may_look, status
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore


@pytest.mark.parametrize(
    ("limits", "key", "allowed"),
    [
        (Settings(), "", True),
        (Settings(hosted=True), "", False),
        (Settings(hosted=True), "guess", False),
        (Settings(hosted=True, status_key="right"), "", False),
        (Settings(hosted=True, status_key="right"), "righ", False),
        (Settings(hosted=True, status_key="right"), "right", True),
        (Settings(hosted=True, status_key="schlüssel"), "schlüssel", True),
    ],
)
def test_who_may_look(limits: Settings, key: str, allowed: bool) -> None:
    assert may_look(limits, key) is allowed


def test_the_figures(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    registry, cache = JobRegistry(store), ActivationCache(tmp_path / "activations.sqlite")
    done, working = store.create("build", "{}"), store.create("sweep", '{"model": "demo"}')
    store.finish(done, {"a": b"x" * 2_000_000})

    class Held:
        state, place = "running", 0

        def cancel(self) -> None: ...

        def result(self) -> None: ...

    registry.start(working, (x for x in ()), lambda _: {}, lambda job, visitor: Held())  # type: ignore[arg-type]
    store.report(working, Progress(1, 4, "writing"))
    found = status(registry, cache, store.get(working).created + 7)
    assert found.runs == {"done": 1, "running": 1} and 1.99 < found.results_mb < 2.01
    job = found.jobs[0]
    assert (job.kind, job.model, job.state, job.progress, round(job.age)) == (
        "sweep",
        "demo",
        "running",
        "writing 25%",
        7,
    )
    assert job.run != working and working.startswith(job.run), "the page gives no key to a visitor's result"
    assert found.memory_mb > 10 and found.free_mb > 0 and found.cache_mb >= 0
