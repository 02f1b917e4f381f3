"""One run as the store knows it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

from emotion_core.base.jobs import Progress

RunState = Literal["queued", "running", "done", "failed", "cancelled", "interrupted", "expired"]

OPEN_STATES: tuple[RunState, ...] = ("queued", "running")

# In the order of the fields of Run.
COLUMNS = "id, kind, key, settings, state, done, total, what, error, process, created, updated, visitor, used"


@dataclass(frozen=True)
class Run:
    """One row of the store.

    Attributes:
        id: Long and random; whoever has it may see the result.
        kind: Such as `build` or `sweep`.
        key: Hash of what the result depends on; empty where none was given.
        settings: JSON, everything needed to do it again.
        state: `interrupted` where the process ended before the run did; `expired` where the result was removed.
        done: Steps finished.
        total: Steps in all, 0 where unknown.
        what: What is being done.
        error: Message for the visitor; empty unless failed or interrupted.
        process: Token of the process that runs it.
        created: Seconds since 1970.
        updated: Seconds since 1970 of the last change.
        visitor: Who started it, hashed, and may delete it; empty where nobody in particular did.
        used: Seconds since 1970 when somebody last looked at it.
    """

    id: str
    kind: str
    key: str
    settings: str
    state: RunState
    done: int
    total: int
    what: str
    error: str
    process: str
    created: float
    updated: float
    visitor: str = ""
    used: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it is still waiting or working."""
        return self.state in OPEN_STATES

    @property
    def pinned(self) -> bool:
        """Whether it came with the app, and so is never removed to make room."""
        return "shipped" in json.loads(self.settings)

    @property
    def progress(self) -> Progress:
        """How far it is."""
        return Progress(self.done, self.total, self.what)
