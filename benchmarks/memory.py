"""Peak memory and seconds of a process of its own: of each contender of a build, of more texts, of larger models."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.floor import bare_forward, bare_model
from benchmarks.shapes import SIZES, pairs, random_gpt2
from emotion_core.base.activations import ReadingPosition
from emotion_core.base.jobs import run_to_end
from emotion_core.models.load import load_model
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.tracing.record import record
from emotion_core.vectors.build import build, neutral_texts, training_texts
from emotion_core.vectors.emotion_vectors import BuildSettings

OURS = ("model only", "floor", "build")


def contenders(folder: Path, environments: Path | None, count: int = 100) -> dict[str, dict[str, float]]:
    """Peak memory of a process that loads a model and builds once, for this project, the floor and the peers.

    Args:
        folder: The model.
        environments: Where the peers are installed, or none for without them.
        count: Pairs.

    Returns:
        {contender: {peak_mb, seconds of the build}}.
    """
    found = {name: _own_process(name, folder, count) for name in OURS}
    if environments is None:
        return found
    prompts = pairs(count)
    sides = [t.text for t in prompts.texts]
    python = peers.make_environment(environments)
    for name in peers.NAMES:
        peer = peers.Peer(python, name, folder)
        seconds = peer(list(zip(sides[::2], sides[1::2], strict=True)))
        found[name] = {"peak_mb": peer.peak_mb(), "seconds": seconds}
        peer.close()
    return found


def scaling(folder: Path, texts: Sequence[int] = (100, 1000, 10_000, 100_000)) -> dict[str, dict[str, float]]:
    """Peak memory and seconds of a build of ever more texts: {number of texts: {peak_mb, seconds, ...}}.

    The time of the neutral texts, the same whatever the number, is taken off by `seconds_without_neutral`.
    """
    nothing = _own_process("neutral", folder, 1)["seconds"]
    found = {}
    for count in texts:
        one = _own_process("build", folder, count // 2)
        one["seconds_without_neutral"] = one["seconds"] - nothing
        one["milliseconds_a_text"] = 1000 * one["seconds_without_neutral"] / count
        found[str(count)] = one
    return found


def sizes(texts: int = 20) -> dict[str, dict[str, float]]:
    """Random models of ever more parameters, which read so many texts, beside the bare forward of the same texts.

    Returns:
        {millions of parameters: {peak_mb, weights_mb, seconds, floor_seconds, milliseconds_a_text}}.
    """
    found = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            path = random_gpt2(Path(folder), size)
            weights = (path / "model.safetensors").stat().st_size / 2**20
            # Its own "neutral" texts are left out: the same number whatever the model.
            one = {**_own_process("texts", path, texts // 2), "weights_mb": weights}
            one["floor_seconds"] = _own_process("bare texts", path, texts // 2)["seconds"]
            one["milliseconds_a_text"] = 1000 * one["seconds"] / texts
            found[f"{weights * 2**20 / 4e6:.0f}"] = one
    return found


def _own_process(name: str, folder: Path, count: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.memory", name, str(folder), str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=Path(__file__).parents[1])
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _work(name: str, model: LoadedModel, prompts: PromptSet) -> None:
    if name == "texts":
        run_to_end(record(model, training_texts([prompts]), ReadingPosition()))
        return
    if name == "bare texts":
        bare_forward(model, training_texts([prompts]))
        return
    neutral = neutral_texts(model, ReadingPosition())
    if name == "floor":
        bare_forward(model, [*training_texts([prompts]), *neutral])
    elif name == "neutral":
        bare_forward(model, neutral)
    elif name == "build":
        run_to_end(build(model, [prompts], BuildSettings()))


def _peak_mb() -> float:
    """Most resident memory of this process, as Linux counts it; `ru_maxrss` would begin with that of the parent."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def main() -> int:
    """One contender: its name, the model's folder, the number of pairs; prints one line of JSON."""
    name, folder, count = sys.argv[1:4]
    model = bare_model(Path(folder)) if name in ("floor", "bare texts") else load_model(folder)
    prompts = pairs(int(count))
    start = time.perf_counter()
    _work(name, model, prompts)
    seconds = time.perf_counter() - start
    result: dict[str, Any] = {"peak_mb": _peak_mb(), "seconds": seconds}
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
