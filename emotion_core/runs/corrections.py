"""What a person decided about the texts of a run, kept beside its result: by whoever started it, and by each reader.

A correction never changes the result. Whoever may change the run keeps the corrections that everybody with the link
sees; somebody else's are kept under their own name, and begin as a copy of those.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping

from emotion_core.base.errors import RunError
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import Run

_NAME = "corrections"
# Corrections of strangers that one run keeps; a shared link must not fill the disk.
MOST_READERS = 64
_LOCK = threading.Lock()  # two tabs of one visitor


def load_corrections(registry: JobRegistry, run: Run) -> dict[int, bool]:
    """What this visitor decided, by the number of the text in the result; else what the run's owner did.

    Raises:
        RunError: The stored corrections cannot be read.
    """
    own = _name(registry, run)
    names = registry.store.files(run.id)
    return _read(registry, run, next((one for one in (own, _shared()) if one in names), ""))


def save_corrections(registry: JobRegistry, run: Run, changed: Mapping[int, bool | None]) -> dict[int, bool]:
    """Keeps decisions, each file whole or not there, and returns all of this visitor's.

    Args:
        registry: As the visitor sees it.
        run: A finished run.
        changed: Number of a text in the result to the decision; None takes one back.

    Raises:
        RunError: The run is no longer there, or too many readers have left corrections.
    """
    with _LOCK:
        if registry.store.get(run.id).state != "done":
            raise RunError("The run has no result any more", remedy="Do it again from its settings")
        name = _name(registry, run)
        names = registry.store.files(run.id)
        strangers = sum(one.startswith(f"{_NAME}-") for one in names)
        if name not in (_shared(), *names) and strangers >= MOST_READERS:
            raise RunError(
                "Too many readers of this run have left corrections",
                expected=f"at most {MOST_READERS}",
                remedy="Measure it again yourself, with another seed",
            )
        try:
            found = load_corrections(registry, run)
        except RunError:
            found = {}  # whoever looked at them was told
        for number, decision in changed.items():
            if decision is None:
                found.pop(number, None)
            else:
                found[number] = decision
        document = {str(number): found[number] for number in sorted(found)}
        registry.store.keep(run.id, {name: json.dumps(document).encode()})
        return found


def _shared() -> str:
    return f"{_NAME}.json"


def _name(registry: JobRegistry, run: Run) -> str:
    """The file of this visitor; hashed, so that the name does not say who it is."""
    if registry.may_change(run):
        return _shared()
    return f"{_NAME}-{hashlib.sha256(registry.visitor.encode()).hexdigest()[:16]}.json"


def _read(registry: JobRegistry, run: Run, name: str) -> dict[int, bool]:
    if not name:
        return {}
    try:
        document = json.loads(registry.store.read(run.id, name))
        return {int(number): bool(decision) for number, decision in document.items()}
    except (ValueError, AttributeError) as error:
        raise RunError(
            "The corrections of this run cannot be read",
            found=str(error)[:100],
            remedy="Decide anew: the result itself is whole",
        ) from error
