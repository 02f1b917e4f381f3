"""Scripts in interpreters of their own, without paying for the import of torch in each.

One process imports torch, transformers and nnsight and then forks for every script: the script starts with nothing but
these libraries, in its own folder and environment, and ends like a program. What it must not have, such as this
project, is not imported here either.
"""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

# Of transformers and nnsight also what they only import once a model is loaded: the most of what a script waits for.
_LIBRARIES = (
    "torch",
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.tokenization_auto",
    "transformers.models.gpt2.modeling_gpt2",
    "transformers.pipelines",
    "nnsight.modeling.transformers",
    "safetensors.torch",
    "sklearn.linear_model",
    "scipy.stats",
    "pandas",
    "altair",
)


class WarmPython:
    """Runs scripts in forks of one interpreter."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        environment.update(OMP_NUM_THREADS="1", HF_HUB_OFFLINE="1")
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__],
            cwd=tempfile.gettempdir(),
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self, folder: Path, *argv: str, environment: Mapping[str, str] | None = None, path: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Runs a script as `python SCRIPT ARGUMENTS` would.

        Args:
            folder: Where it runs.
            argv: Script, seen from there, and its arguments.
            environment: Added to its environment.
            path: A folder that it can import from, besides its own.
        """
        assert self._process.stdin is not None and self._process.stdout is not None
        with tempfile.TemporaryDirectory() as outputs:
            job = {
                "folder": str(folder),
                "argv": argv,
                "environment": dict(environment or {}),
                "path": [] if path is None else [str(path)],
                "outputs": outputs,
            }
            print(json.dumps(job), file=self._process.stdin, flush=True)
            status = int(self._process.stdout.readline())
            out, err = (Path(outputs, name).read_text() for name in ("out", "err"))
        return subprocess.CompletedProcess(argv, status, out, err)

    def start(self, script: Path, *argv: str, folder: Path) -> int:
        """Starts a script as `python -I SCRIPT ARGUMENTS &` would, and gives its process, which the caller ends."""
        assert self._process.stdin is not None and self._process.stdout is not None
        job = {"folder": str(folder), "argv": [str(script), *argv], "environment": {}, "path": None, "outputs": None}
        print(json.dumps(job), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """Ends the interpreter."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


def _serve() -> None:
    for name in _LIBRARIES:
        __import__(name)
    for line in sys.stdin:
        job = json.loads(line)
        child = os.fork()
        if not child:
            _script(job)
        if job["outputs"] is None:
            print(child, flush=True)
            continue
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _script(job: dict) -> None:
    """Becomes the script: its folder, environment, arguments and outputs, and an end that reports how it ended."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    for number, name in ((1, "out"), (2, "err")) if job["outputs"] else ():
        file = os.open(os.path.join(job["outputs"], name), os.O_WRONLY | os.O_CREAT)  # noqa: PTH118
        os.dup2(file, number)
    if not job["outputs"]:
        os.dup2(nowhere, 1)  # else its lines would be read as answers of the loop below
    os.chdir(job["folder"])
    os.environ.update(job["environment"])
    script = os.path.abspath(job["argv"][0])  # noqa: PTH100
    sys.argv = list(job["argv"])
    if job["path"] is not None:
        sys.path[:0] = [os.path.dirname(script), *job["path"]]  # noqa: PTH120
    # The end of the program belongs to whoever reads its status: no exception may come back into the loop above.
    try:
        runpy.run_path(script, run_name="__main__")
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 0 if ended.code is None else 1
        if isinstance(ended.code, str):
            print(ended.code, file=sys.stderr)
    except BaseException:  # noqa: BLE001 - as the interpreter does
        sys.excepthook(*sys.exc_info())
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    _serve()
    os._exit(0)  # to take apart all that was imported would take seconds
