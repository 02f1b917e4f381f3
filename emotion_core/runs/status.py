"""What an operator wants to know at a glance: jobs, memory, disk."""

from __future__ import annotations

import hmac
import json
import shutil
from dataclasses import dataclass

from emotion_core.base.cache import ActivationCache
from emotion_core.base.settings import Settings
from emotion_core.models.owner import TURNS, loaded_models
from emotion_core.runs.housekeeping import resident_mb
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import Run


@dataclass(frozen=True)
class OpenJob:
    """A job that works or waits.

    Attributes:
        run: First characters of its id: the whole one would open the visitor's result.
        kind: Such as `build`.
        model: Its model.
        state: `queued` or `running`.
        progress: In words.
        age: Seconds since it was asked for.
    """

    run: str
    kind: str
    model: str
    state: str
    progress: str
    age: float


@dataclass(frozen=True)
class Status:
    """The state of this process and of its data folder.

    Attributes:
        jobs: Open ones of this process.
        running: Places taken.
        runs: Number of runs by state.
        models: Models in memory, and whether each is at work.
        memory_mb: Memory of the process.
        results_mb: Size of all results.
        cache_mb: Size of the activation cache.
        free_mb: Room left on the disk.
    """

    jobs: tuple[OpenJob, ...]
    running: int
    runs: dict[str, int]
    models: dict[str, bool]
    memory_mb: float
    results_mb: float
    cache_mb: float
    free_mb: float


def may_look(limits: Settings, key: str) -> bool:
    """Whether somebody may see the status: on one's own computer always, when hosted with the operator's key."""
    if not limits.hosted:
        return True
    return bool(limits.status_key) and hmac.compare_digest(key.encode(), limits.status_key.encode())


def status(registry: JobRegistry, cache: ActivationCache, now: float) -> Status:
    """Looks at everything.

    Args:
        registry: Of the live runs.
        cache: Of the activations.
        now: Seconds since 1970.
    """
    store = registry.store
    jobs = [_job(store.get(run_id), state, now) for run_id, state in registry.open_jobs().items()]
    return Status(
        jobs=tuple(jobs),
        running=TURNS.running,
        runs=store.counts(),
        models=loaded_models(),
        memory_mb=resident_mb(),
        results_mb=sum(store.n_bytes(run.id) for run in store.stored()) / 1e6,
        cache_mb=cache.n_bytes() / 1e6,
        free_mb=shutil.disk_usage(store.folder).free / 1e6,
    )


def _job(run: Run, state: str, now: float) -> OpenJob:
    model = str(json.loads(run.settings).get("model", ""))
    progress = f"{run.what} {run.progress.fraction:.0%}" if run.total else run.what
    return OpenJob(run.id[:6], run.kind, model, state, progress, max(0.0, now - run.created))
