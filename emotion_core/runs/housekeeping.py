"""Keeps the data folder within its budget: idle results expire, and what was used longest ago makes room."""

from __future__ import annotations

import hmac
import json
import logging
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from emotion_core.base.activations import ActivationCache
from emotion_core.base.errors import RunError
from emotion_core.base.settings import Settings
from emotion_core.models.owner import TURNS, loaded_models, release_idle
from emotion_core.models.prepare import give_back
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import Run, RunStore

# What is remembered only to answer sooner, such as results that pages have opened; each call forgets one of them.
_FORGET: list[Callable[[], object]] = []


def resident_mb() -> float:
    """Memory that the process holds, in megabytes; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def on_pressure(forget: Callable[[], object]) -> None:
    """Has something called when memory is short."""
    _FORGET.append(forget)


def relieve(memory_mb: int) -> bool:
    """Gives memory back where the process takes more than it should; returns whether it tried.

    Args:
        memory_mb: The budget; 0 is none.
    """
    if not memory_mb or resident_mb() <= memory_mb:
        return False
    release_idle(keep=1)
    for forget in _FORGET:
        forget()
    give_back()
    return True


_GROWN = 64.0  # megabytes that jobs may leave behind before memory is given back
_EVERY = 60.0  # seconds between two rounds when no job ends
_CACHE_SHARE = 0.4  # of the disk budget, for activations; results are worth more
_STRAY_SECONDS = 600.0
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tidied:
    """What a round removed.

    Attributes:
        idle: Runs that nobody had opened for too long.
        room: Runs that made room.
    """

    idle: tuple[str, ...] = ()
    room: tuple[str, ...] = ()


def tidy(store: RunStore, cache: ActivationCache, limits: Settings) -> Tidied:
    """One round. Runs that came with the app stay; of the others the settings stay, see `RunStore.expire`."""
    _remove_strays(store)
    now = time.time()
    idle, room = [], []
    runs = [run for run in store.stored() if not run.pinned]
    for run in runs:
        # After a clock was set back, a time may lie ahead of us: then the run counts as just used.
        if limits.expire_hours and min(run.used, now) < now - 3600 * limits.expire_hours:
            store.expire(run.id)
            idle.append(run.id)
    if limits.disk_mb:
        budget = limits.disk_mb * 1_000_000
        cache.trim(int(_CACHE_SHARE * budget))
        sizes = {run.id: store.n_bytes(run.id) for run in runs if run.id not in idle}
        left = budget - cache.n_bytes() - sum(sizes.values())
        for run_id, size in sizes.items():  # used longest ago first
            if left >= 0:
                break
            store.expire(run_id)
            room.append(run_id)
            left += size
    return Tidied(tuple(idle), tuple(room))


def _remove_strays(store: RunStore) -> None:
    """Removes what a kill leaves behind: result folders without a run, and files that were half written."""
    folder = store.folder / "results"
    there = list(folder.iterdir()) if folder.is_dir() else []
    known = store.ids()  # asked for afterwards: a run is noted down before its folder is made
    for path in there:
        if path.name not in known:
            shutil.rmtree(path, ignore_errors=True)
            continue
        for half in path.glob(".*"):
            # A file that is being written now is younger than that.
            if half.is_file() and not 0 <= time.time() - half.stat().st_mtime < _STRAY_SECONDS:
                half.unlink(missing_ok=True)


class Housekeeper:
    """A thread that tidies once a minute, and after each job.

    Args:
        store: Of the runs.
        cache: Of the activations.
        limits: The budgets.
    """

    def __init__(self, store: RunStore, cache: ActivationCache, limits: Settings) -> None:
        self._parts = (store, cache, limits)
        self._wake = threading.Event()
        threading.Thread(target=self._work, name="housekeeper", daemon=True).start()

    def wake(self) -> None:
        """Has it look at once."""
        self._wake.set()

    def _work(self) -> None:
        store, cache, limits = self._parts
        kept = resident_mb()
        while store.folder.is_dir():
            try:
                found = tidy(store, cache, limits)
                if found.idle or found.room:
                    _log.info("expired %d idle runs and %d for room", len(found.idle), len(found.room))
                idle = not any(loaded_models().values())
                # Looking through all objects holds up every page, so not after each small job.
                if not relieve(limits.memory_mb) and idle and resident_mb() > kept + _GROWN:
                    give_back()
                    kept = resident_mb()
                kept = min(kept, resident_mb())
            except (OSError, sqlite3.Error, RunError):
                # A full disk or a locked database: the next round tries again.
                _log.exception("tidying failed")
            self._wake.wait(_EVERY)
            self._wake.clear()


# What an operator wants to know at a glance: jobs, memory, disk.


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
