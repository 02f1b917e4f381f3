"""Thirty visitors at once: build, explore and sweep over real WebSocket sessions with a hosted app.

    python -m benchmarks.load [--visitors 30] [--lone 5]
    python -m benchmarks.load --talk --model smollm2 --visitors 10 --lone 2

Prints waiting times, memory before, during and after, faults, and whether every result is, to the last bit, what a lone
visitor gets from an app of its own. Bounded: every visitor makes one build and one sweep, or with `--talk` sends one
message of its own and reads other pages while it is answered.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.streamlit_visitor import Visitor
from emotion_core.experiments.experiment import load
from emotion_core.experiments.steering import SWEEP
from emotion_core.experiments.talk import TALK
from emotion_core.runs.builds import load_build
from emotion_core.runs.codec import vectors_digest
from emotion_core.runs.store import RunStore

Steps = Callable[["Server", Visitor, "Seen"], Coroutine[Any, Any, None]]
ROOT = Path(__file__).parents[1]
_LOOK = 0.5  # seconds between two looks at a run
_READS = 10.0  # seconds that a visitor reads a page
_PATIENCE = 1500.0


@dataclass
class Seen:
    """What a visitor went through; seconds."""

    number: int
    pages: list[float] = field(default_factory=list)
    build: float = 0.0
    sweep: float = 0.0
    reply: float = 0.0
    results: tuple[str, str] = ("", "")
    faults: list[str] = field(default_factory=list)


class Server:
    """A hosted app in a process of its own."""

    def __init__(self, folder: Path, model: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.store = RunStore(folder / "data")
        environment = {
            **os.environ,
            "EMOTION_HOSTED": "1",
            "EMOTION_MODELS": model,
            "EMOTION_DATA_DIR": str(folder / "data"),
            "HF_HUB_OFFLINE": "1",
        }
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"]
        command += [
            f"--server.port={self.port}",
            "--server.address=127.0.0.1",
            "--server.scriptHealthCheckEnabled=true",
        ]
        self.log = (folder / "log").open("wb")
        began = time.perf_counter()
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=self.log, stderr=self.log)
        self._until_up()
        self.start_seconds = time.perf_counter() - began

    def _until_up(self) -> None:
        end = time.monotonic() + 300
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_stcore/health", timeout=2):
                    return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError("the app does not start")

    def memory_mb(self) -> float:
        """What its process holds."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def cpu_seconds(self) -> float:
        """Processor time that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def server(model: str) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        made = Server(Path(folder), model)
        try:
            yield made
        finally:
            made.process.terminate()
            made.process.wait(60)


async def until_done(app: Server, run_id: str) -> None:
    end = time.monotonic() + _PATIENCE
    while app.store.get(run_id).is_open:
        if time.monotonic() > end:
            raise TimeoutError(run_id)
        await asyncio.sleep(_LOOK)


async def visited(app: Server, number: int, steps: Steps) -> Seen:
    """One visitor in a session of its own; its fault is counted, and the others go on."""
    seen, visitor = Seen(number), Visitor(app.port)
    await visitor.connect()
    try:
        await steps(app, visitor, seen)
    except Exception as error:  # noqa: BLE001
        visitor.faults.append(f"{type(error).__name__}: {error}")
    finally:
        await visitor.close()
    seen.faults = visitor.faults
    return seen


async def build_and_sweep(app: Server, visitor: Visitor, seen: Seen) -> None:
    """Build with a seed of one's own, look at it, sweep a prompt of one's own."""
    seen.pages.append(await visitor.open("Build_vectors"))
    visitor.choose("build_seed", 100 + seen.number)
    began = time.perf_counter()
    seen.pages.append(await visitor.click("build"))
    build_id = visitor.run_id
    await until_done(app, build_id)
    seen.build = time.perf_counter() - began
    seen.pages.append(await visitor.rerun())
    seen.pages.append(await visitor.open("Explore_emotions", f"vectors={build_id}"))
    seen.pages.append(await visitor.open("Steer", f"vectors={build_id}"))
    visitor.choose("prompts", f"Visitor {seen.number} opened the door and")
    visitor.choose("strengths", "-0.2,0,0.2")
    visitor.choose("samples", 1)
    visitor.choose("controls", 3)
    seen.pages.append(await visitor.rerun())
    began = time.perf_counter()
    seen.pages.append(await visitor.click("run_sweep"))
    sweep_id = visitor.run_id
    await until_done(app, sweep_id)
    seen.sweep = time.perf_counter() - began
    seen.pages.append(await visitor.rerun())
    states = [app.store.get(one).state for one in (build_id, sweep_id)]
    if states != ["done", "done"]:
        visitor.faults.append(f"runs ended as {states}")
    seen.results = (build_id, sweep_id)


async def talk(app: Server, visitor: Visitor, seen: Seen) -> None:
    """One message of one's own; until it is answered, other pages."""
    seen.pages.append(await visitor.open("Talk"))
    end = time.monotonic() + _PATIENCE
    while not any("talk-message" in one for one in visitor.widgets) and time.monotonic() < end:
        await asyncio.sleep(_LOOK)
        seen.pages.append(await visitor.rerun())
    began = time.perf_counter()
    message = f"I am visitor number {seen.number}. What should I read?"
    seen.pages.append(await visitor.say("talk-message", message))
    run_id = visitor.run_id
    while app.store.get(run_id).is_open and time.perf_counter() - began < _PATIENCE:
        seen.pages.append(await visitor.open("Glossary"))
        seen.pages.append(await visitor.open("Read"))
        for _ in range(int(_READS / _LOOK)):
            if app.store.get(run_id).is_open:
                await asyncio.sleep(_LOOK)
    seen.reply = time.perf_counter() - began
    seen.pages.append(await visitor.open("Talk", f"run={run_id}"))
    if app.store.get(run_id).state != "done":
        visitor.faults.append(f"the reply ended as {app.store.get(run_id).state}")
    seen.results = (run_id, "")


async def watch(app: Server, peak: list[float]) -> None:
    while True:
        peak[0] = max(peak[0], app.memory_mb())
        await asyncio.sleep(0.5)


async def crowd(app: Server, count: int, steps: Steps) -> tuple[list[Seen], float]:
    peak = [0.0]
    watcher = asyncio.create_task(watch(app, peak))
    visits = await asyncio.gather(*(visited(app, number, steps) for number in range(count)))
    watcher.cancel()
    return list(visits), peak[0]


def digest(store: RunStore, seen: Seen) -> tuple[str, str]:
    """The results of a visitor, for comparing."""
    build_id, sweep_id = seen.results
    if not sweep_id:
        return "", repr([(one.ids, one.surprise.tolist()) for one in load(store, build_id, TALK).replies])
    return vectors_digest(load_build(store, build_id).vectors), repr(load(store, sweep_id, SWEEP).rows)


def quantiles(values: Sequence[float]) -> str:
    low, middle, high = np.quantile(np.array(values), [0.05, 0.5, 0.95])
    return f"median {middle:.1f} s, 5 to 95 %: {low:.1f} to {high:.1f} s"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--lone", type=int, default=5, help="visitors whose results are made again alone")
    parser.add_argument("--talk", action="store_true", help="a message each in place of a build and a sweep")
    parser.add_argument("--model", default="demo")
    arguments = parser.parse_args(argv)
    steps: Steps = talk if arguments.talk else build_and_sweep
    with server(arguments.model) as app:
        first = asyncio.run(visited(app, 10_000, steps))  # loads the model and fills the cache
        before, cpu = app.memory_mb(), app.cpu_seconds()
        print(f"start {app.start_seconds:.1f} s; first visitor: first page {first.pages[0]:.1f} s; {before:.0f} MB")
        began = time.perf_counter()
        visits, peak = asyncio.run(crowd(app, arguments.visitors, steps))
        took, used = time.perf_counter() - began, app.cpu_seconds() - cpu
        time.sleep(10)
        again = asyncio.run(crowd(app, 0, steps))  # a loop of its own, so that nothing is left open
        del again
        after = app.memory_mb()
        good = [one for one in visits if not one.faults]
        print(f"{len(visits)} visitors in {took:.0f} s, {used:.0f} s of processor time; {len(good)} without a fault")
        for one in visits:
            for fault in one.faults[:2]:
                print(f"  visitor {one.number}: {fault}")
        waits = ("reply",) if arguments.talk else ("build", "sweep")
        for name in waits:
            print(f"{name}, click to result:", quantiles([getattr(one, name) for one in good]))
        print("pages:", quantiles([seconds for one in good for seconds in one.pages]))
        print(f"memory: {before:.0f} MB before, {peak:.0f} MB at most, {after:.0f} MB ten seconds after")
        found = {one.number: digest(app.store, one) for one in good}
    with server(arguments.model) as alone:
        lone = [asyncio.run(visited(alone, one.number, steps)) for one in good[: arguments.lone]]
        same = sum(digest(alone.store, one) == found[one.number] for one in lone if not one.faults)
        for name in waits:
            print(f"lone visitor's {name}:", quantiles([getattr(one, name) for one in lone]))
        print(f"identical to a lone visitor's: {same} of {len(lone)}")
    return 0 if len(good) == len(visits) and same == len(lone) else 1


if __name__ == "__main__":
    sys.exit(main())
