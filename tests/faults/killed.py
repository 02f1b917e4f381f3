"""Kills a process in the middle of builds and sweeps, again and again, and looks at what it left; prints JSON.

    python tests/faults/killed.py FOLDER KILLS SEED

One process imports everything and loads the model; each worker is a fork of it that begins with the data folder as the
last one left it, works through its list, and is killed (SIGKILL) at a random moment.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

import torch

from emotion_core.base.activations import ActivationCache
from emotion_core.base.settings import Settings
from emotion_core.experiments.experiment import load, start
from emotion_core.experiments.steering import SWEEP
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs.builds import BuildResult, load_build, start_build
from emotion_core.runs.housekeeping import tidy
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.steering.settings import SweepSettings
from emotion_core.vectors.emotion_vectors import BuildSettings


def sweep_settings(seed: int) -> SweepSettings:
    """A small sweep."""
    return SweepSettings(
        emotion="fear", prompts=("She said",), strengths=(0.0, 0.2), controls=3, samples=2, max_new_tokens=8, seed=seed
    )


def work(folder: Path, model: LoadedModel, prompts: PromptSet, number: int) -> None:
    """What a worker does until it is killed: builds and sweeps of its own."""
    store, cache = RunStore(folder), ActivationCache(folder / "activations.sqlite")
    registry, owner = JobRegistry(store), ModelOwner(model)
    for step in range(1000):
        seed = 1000 * number + step
        build_id = start_build(registry, owner, (prompts,), BuildSettings(seed=seed, folds=2), cache)
        registry.wait(build_id)
        sweep_id = start(registry, owner, load_build(store, build_id).vectors, SWEEP, sweep_settings(seed))
        registry.wait(sweep_id)


def kill_one(folder: Path, model: LoadedModel, prompts: PromptSet, number: int, rng: random.Random) -> None:
    """One worker, from its start to its end."""
    before = len(RunStore(folder).ids())
    child = os.fork()
    if child == 0:
        with Path(folder, "worker.log").open("ab") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        try:
            work(folder, model, prompts, number)
        finally:
            os._exit(3)  # a worker that ends by itself has found a fault
    # In the middle of its first, second or third job; counted in jobs, because the machine may be busy.
    begun, end = before + rng.choice((1, 2, 2, 3)), time.monotonic() + 300
    while len(RunStore(folder).ids()) < begun and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(rng.uniform(0, 0.6))
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"worker {number} ended by itself: {Path(folder, 'worker.log').read_text()[-3000:]}"


def look(folder: Path) -> dict[str, Any]:
    """What a restarted app finds: every finished run opens, none is left open, both databases are sound."""
    store = RunStore(folder)
    states: dict[str, int] = {}
    for run in store.recent(limit=100_000):
        states[run.state] = states.get(run.state, 0) + 1
        if run.state == "done":
            found: Any = load_build(store, run.id) if run.kind == "build" else load(store, run.id, SWEEP)
            assert not isinstance(found, BuildResult) or found.vectors.values.ndim == 3
        else:
            assert run.state == "interrupted" and "stopped before" in run.error, run
    for name in ("runs.sqlite", "activations.sqlite"):
        with sqlite3.connect(folder / name) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",), name
    return states


def resumed(folder: Path, model: LoadedModel, prompts: PromptSet) -> bool:
    """Whether a build over the cache that the killed ones left gives what a build from nothing gives."""
    owner, values = ModelOwner(model), []
    for where in (folder, folder / "fresh"):
        registry = JobRegistry(RunStore(where))
        cache = ActivationCache(where / "activations.sqlite")
        run_id = start_build(registry, owner, (prompts,), BuildSettings(seed=10**6, folds=2), cache)
        registry.wait(run_id)
        values.append(load_build(registry.store, run_id).vectors.values)
    return bool((values[0] == values[1]).all())


def main(folder: Path, kills: int, seed: int) -> None:
    """Everything, and one line of JSON."""
    torch.set_num_threads(1)
    RunStore(folder)
    model, prompts, rng = load_model("demo"), load_prompts("fear-calm"), random.Random(seed)
    for number in range(kills):
        kill_one(folder, model, prompts, number, rng)
        look(folder)
    states = look(folder)
    for path in (folder / "results").rglob(".*"):
        os.utime(path, (0, 0))  # as if the kills had been an hour ago
    tidy(RunStore(folder), ActivationCache(folder / "activations.sqlite"), Settings())
    strays = [str(path) for path in (folder / "results").rglob(".*")]
    print(json.dumps({"states": states, "strays": strays, "resumed": resumed(folder, model, prompts)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
