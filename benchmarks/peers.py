"""Other tools on the same texts, in an environment of their own that the first call makes."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

PEERS = ("repeng==0.4.0", "steering-vectors==0.12.2", "torch==2.13.0")
NAMES = ("repeng", "steering_vectors", "steering_vectors_32")
_WORKER = Path(__file__).with_name("peer_worker.py")


def make_environment(folder: Path) -> Path:
    """Python of the peers' environment; made where it is not there.

    Raises:
        CalledProcessError: A package could not be installed.
    """
    python = folder / "bin" / "python"
    done = folder / "installed"
    if not done.exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "torch==2.13.0"], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEERS], check=True)
        done.touch()
    return python


class Peer:
    """One tool, in a process that stays, with the model loaded once; it times itself."""

    def __init__(self, python: Path, name: str, model: Path) -> None:
        self._process = subprocess.Popen(
            [str(python), str(_WORKER), name, str(model)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._answer()

    def __call__(self, pairs: list[tuple[str, str]]) -> float:
        """Seconds of one training of vectors at all layers."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(pairs) + "\n")
        self._process.stdin.flush()
        return float(self._answer())

    def peak_mb(self) -> float:
        """Most memory that the process has held so far."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps("peak") + "\n")
        self._process.stdin.flush()
        return float(self._answer())

    def close(self) -> None:
        """Ends the process."""
        self._process.kill()
        self._process.wait()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"The peer stopped: {self._process.args}")
        return line


def start(folder: Path, model: Path) -> dict[str, Peer]:
    """All peers on a model folder, by the names of the results' keys."""
    python = make_environment(folder)
    return {name: Peer(python, name, model) for name in NAMES}


Timed = Callable[[list[tuple[str, str]]], float]

if __name__ == "__main__":
    print(make_environment(Path(sys.argv[1])))
