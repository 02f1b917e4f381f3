"""How fast this is, beside the floor of the hardware and beside the peers: `python -m benchmarks [--json]`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from benchmarks import asking, building, evidence_time, memory, number_format, peers, sweeping, visits, where
from benchmarks.floor import bare_model
from benchmarks.rounds import CLOCK, Times
from benchmarks.shapes import pairs, random_gpt2
from benchmarks.table import markdown
from emotion_core.base.jobs import run_to_end
from emotion_core.models.catalogue import DEMO_FOLDER
from emotion_core.models.gguf_weights import SMOLLM2
from emotion_core.models.load import load_model
from emotion_core.models.prepare import source_of
from emotion_core.vectors.build import build, library_versions
from emotion_core.vectors.emotion_vectors import BuildSettings

PARTS = ("build", "sweep", "preferences", "evidence", "pages", "memory", "peaks", "scaling", "sizes", "dtype", "waits")


def main() -> int:
    """Runs the parts that are asked for and prints one document."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON document instead of tables")
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds of every comparison")
    parser.add_argument("--parts", default=",".join(PARTS), help=f"of {', '.join(PARTS)}")
    parser.add_argument("--shapes", default="demo,gpt2-small", help="of demo, gpt2-small and smollm2")
    parser.add_argument("--pairs", default="100,1000", help="numbers of pairs to build from")
    parser.add_argument("--no-peers", action="store_true", help="without repeng and steering-vectors")
    parser.add_argument("--environments", type=Path, default=Path(".bench"), help="where the peers are installed")
    parser.add_argument("--only", default="", help="of the contenders of a build, such as floor,build")
    parser.add_argument(
        "--processor",
        action="store_true",
        help="processor time of one thread, for a shared machine; no peers",
    )
    parser.add_argument("--profile", action="store_true", help="only where the time of a build goes, in one thread")
    chosen = parser.parse_args()
    if chosen.profile:
        return profile(chosen)
    if chosen.processor:  # peers time themselves, by the clock on the wall
        torch.set_num_threads(1)
        CLOCK[0], chosen.no_peers = time.process_time, True
    document = run(chosen)
    print(json.dumps(document, indent=2, default=_plain) if chosen.json else markdown(document))
    return 0


def profile(chosen: argparse.Namespace) -> int:
    """Prints where the time of a build on the demo model goes."""
    torch.set_num_threads(1)
    found = where.measure(load_model("demo"), bare_model(DEMO_FOLDER), int(chosen.pairs.split(",")[0]), chosen.rounds)
    print(json.dumps({"about": about(), **found}, indent=2) if chosen.json else where.markdown(found))
    return 0


def run(chosen: argparse.Namespace) -> dict[str, Any]:
    """The document of the chosen parts; the keys of the whole are those of the GPT-2-small shape where it is run."""
    parts, shapes = chosen.parts.split(","), chosen.shapes.split(",")
    document: dict[str, Any] = {"about": about()}
    with tempfile.TemporaryDirectory() as folder:
        for shape in shapes:
            path = random_gpt2(Path(folder)) if shape == "gpt2-small" else Path(source_of(shape))
            document[shape] = _shape(path, shape, parts, chosen)
    for shape in shapes:  # the last one stands for the whole
        for key, value in document[shape].items():
            document.update(value if key == "evidence" else {})
            if key in ("build", "sweep"):
                first = value[0] if key == "build" else value
                document.update({k: v for k, v in first.items() if isinstance(v, float)})
    for key in ("times",):
        document.pop(key, None)
    if "waits" in parts:
        document["waits"] = {shape: visits.waits(shape) for shape in shapes if shape != "gpt2-small"}
    if "memory" in parts:
        document.update(visits.idle_memory_mb())
    if "pages" in parts:
        with tempfile.TemporaryDirectory() as data:
            os.environ["EMOTION_DATA_DIR"] = data
            document["page_ms"] = visits.page_times()
    return document


def _shape(path: Path, shape: str, parts: list[str], chosen: argparse.Namespace) -> dict[str, Any]:
    model, bare = load_model(str(path)), bare_model(path)
    found: dict[str, Any] = {}
    if "build" in parts:
        started: dict[str, peers.Peer] = {} if chosen.no_peers else peers.start(chosen.environments / "peers", path)
        only = [name for name in chosen.only.split(",") if name]
        counts = [int(one) for one in chosen.pairs.split(",")]
        timed: dict[str, Callable[[list[tuple[str, str]]], float]] = dict(started)
        found["build"] = [
            building.measure(
                model, bare, count, chosen.rounds if count <= 100 else max(1, chosen.rounds // 2), timed, only
            )
            for count in counts
        ]
        for peer in started.values():
            peer.close()
    if "sweep" in parts:
        vectors = run_to_end(build(model, [pairs(40)], BuildSettings()))
        found["sweep"] = sweeping.measure(model, bare, vectors, chosen.rounds)
    if "preferences" in parts:
        found["preferences"] = asking.measure(model, bare, chosen.rounds)
    if "evidence" in parts and shape in ("demo", SMOLLM2):
        found["evidence"] = evidence_time.measure(model, max(1, chosen.rounds // 2))
    if "dtype" in parts:
        found["dtype"] = number_format.measure(
            SMOLLM2 if shape == SMOLLM2 else str(path),
            chosen.rounds,
            ("fear-calm",) if shape == SMOLLM2 else number_format.SETS,
        )
    if "peaks" in parts:
        found["peaks"] = memory.contenders(path, None if chosen.no_peers else chosen.environments / "peers")
    if "scaling" in parts and shape == "demo":
        found["scaling"] = memory.scaling(path)
    if "sizes" in parts and shape == "demo":
        found["sizes"] = memory.sizes()
    return found


def about() -> dict[str, Any]:
    """Machine, versions and date."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "threads": torch.get_num_threads(),
        "versions": library_versions(),
    }


def _plain(value: object) -> object:
    if isinstance(value, Times):
        return {"median": value.median, "fastest": value.spread[0], "slowest": value.spread[1]}
    raise TypeError(type(value).__name__)


if __name__ == "__main__":
    sys.exit(main())
