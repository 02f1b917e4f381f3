"""The self-check of a model as a run: made once a model, shown to everybody who works with it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass

from emotion_core.base.errors import ModelError
from emotion_core.base.jobs import Progress
from emotion_core.models.catalogue import ROOT
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.runs.codec import content_key, from_bytes, schema, to_bytes
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.tracing.doctor import Check, doctor
from emotion_core.tracing.small_twin import small_twin

KIND = "doctor"
_FILE = "checks.safetensors"


@dataclass(frozen=True)
class Examination:
    """What the doctor found.

    Attributes:
        checks: In the order they were made.
    """

    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if not check.passed)


def start_doctor(registry: JobRegistry, owner: ModelOwner) -> str:
    """Starts the checks of a model, joins whoever started them, or finds the finished ones; returns the run id."""
    info = owner.info
    key = content_key(KIND, schema(Examination), info.fingerprint, owner.model.layers_path, info.device)
    found = registry.existing(KIND, key, share=True)
    if found is not None:
        return found
    described = {"label": "self-check", "model": info.name, "fingerprint": info.fingerprint}
    run_id = registry.store.create(KIND, json.dumps(described), key=key)
    return registry.start(run_id, _examined(owner), lambda made: {_FILE: to_bytes(made)}, owner.submit)


def start_dry_run(registry: JobRegistry, owner: ModelOwner) -> str:
    """Starts a dry run of the traces as NDIF would get them, in a process of its own; returns the run id.

    nnsight hides modules from the whole process meanwhile, which the other threads of an app would miss. A model on
    NDIF has no weights here: a small random one of its class is tried in its place.
    """
    info = owner.info
    described = {"label": "dry run", "model": info.name, "fingerprint": info.fingerprint}
    run_id = registry.store.create(KIND, json.dumps(described))
    return registry.start(run_id, _dry_run(owner.model), lambda made: {_FILE: to_bytes(made)}, owner.submit)


def load_examination(store: RunStore, run_id: str) -> Examination:
    """Finished checks from their file.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return from_bytes(Examination, store.read(run_id, _FILE))


def _examined(owner: ModelOwner) -> Generator[Progress, None, Examination]:
    return Examination((yield from doctor(owner.model)))


def _dry_run(model: LoadedModel) -> Generator[Progress, None, Examination]:
    if model.remote is None:
        return (yield from _dry_run_of(model.info.name))
    with tempfile.TemporaryDirectory() as folder:
        yield Progress(0, 0, "making a small model of the same class")
        small_twin(model).save_pretrained(folder)  # type: ignore[operator]
        model.tokenizer.save_pretrained(folder)
        path = f"{folder}#{model.layers_path}" if "#" in model.info.name else folder
        return (yield from _dry_run_of(path))


def _dry_run_of(name: str) -> Generator[Progress, None, Examination]:
    command = [sys.executable, "-m", "emotion_core", "doctor", "--model", name, "--dry-run", "--json"]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as said:  # a pipe that nobody reads would fill up
        process = subprocess.Popen(command, cwd=ROOT, stdout=out, stderr=said)
        try:
            while process.poll() is None:
                yield Progress(0, 0, "trying the traces in a process of their own")
                time.sleep(0.05)  # little, because other jobs take their turns in this thread
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        out.seek(0)
        said.seek(0)
        if process.returncode not in (0, 1):
            last = (said.read().decode(errors="replace").strip().splitlines() or ["no message"])[-1]
            raise ModelError("The dry run stopped", where=name, found=last[:300], remedy="Try it on the command line")
        checks = json.loads(out.read())["checks"]
    return Examination(tuple(Check(**one) for one in checks if one["name"].startswith("dry run")))
