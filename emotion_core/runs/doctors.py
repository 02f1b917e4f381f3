"""The self-check of a model as a run: made once a model, shown to everybody who works with it."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass

from emotion_core.models.owner import ModelOwner
from emotion_core.runs.codec import from_bytes, schema, to_bytes
from emotion_core.runs.keys import content_key
from emotion_core.runs.progress import Progress
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.tracing.doctor import Check, doctor

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
    info = owner.model.info
    key = content_key(KIND, schema(Examination), info.fingerprint, owner.model.layers_path, info.device)
    found = registry.existing(KIND, key, share=True)
    if found is not None:
        return found
    described = {"label": "self-check", "model": info.name, "fingerprint": info.fingerprint}
    run_id = registry.store.create(KIND, json.dumps(described), key=key)
    return registry.start(run_id, _examined(owner), lambda made: {_FILE: to_bytes(made)}, owner.submit)


def load_examination(store: RunStore, run_id: str) -> Examination:
    """Finished checks from their file.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return from_bytes(Examination, store.read(run_id, _FILE))


def _examined(owner: ModelOwner) -> Generator[Progress, None, Examination]:
    return Examination((yield from doctor(owner.model)))
