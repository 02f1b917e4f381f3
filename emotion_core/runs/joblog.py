"""What an operator reads: one line a job, and never a secret in it."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import time

from emotion_core.runs.store import Run

_log = logging.getLogger("emotion_core.jobs")
# Variables whose values are secrets, and how keys of the services in question look.
_SECRET_NAMES = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD)", re.IGNORECASE)
_SECRET_SHAPES = re.compile(r"\b(hf_[A-Za-z0-9]{8,}|sk-[A-Za-z0-9_-]{8,}|ndif[-_][A-Za-z0-9_-]{8,})\b", re.IGNORECASE)
_SHORTEST_SECRET = 6


class WithoutSecrets(logging.Formatter):
    """A formatter that replaces secrets wherever they turn up: in messages, arguments and tracebacks."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._extra: set[str] = set()

    def hide(self, secret: str) -> None:
        """Has one more value replaced, such as a visitor's key."""
        if len(secret) >= _SHORTEST_SECRET:
            self._extra.add(secret)

    def format(self, record: logging.LogRecord) -> str:
        """The line, with every secret replaced by three stars."""
        return self.clean(super().format(record))

    def clean(self, text: str) -> str:
        """Any text with every secret replaced, such as an error that is kept with a run."""
        values = {value for name, value in os.environ.items() if _SECRET_NAMES.search(name)} | self._extra
        for value in sorted(values, key=len, reverse=True):
            if len(value) >= _SHORTEST_SECRET:
                text = text.replace(value, "***")
        return _SECRET_SHAPES.sub("***", text)


FORMATTER = WithoutSecrets("%(asctime)s %(levelname)s %(name)s %(message)s")


def start_logging() -> None:
    """Sends the lines of this project to standard error; further calls change nothing."""
    logger = logging.getLogger("emotion_core")
    if any(handler.formatter is FORMATTER for handler in logger.handlers):
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(FORMATTER)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False


def log_job(run: Run, outcome: str, *, seconds: float, n_bytes: int = 0) -> None:
    """Writes the line of a job that has ended.

    Args:
        run: As it stands in the store.
        outcome: Such as `done`, `failed` or `cancelled`.
        seconds: From its first step to its end.
        n_bytes: Size of its result.
    """
    described = json.loads(run.settings)
    values = {
        "run": run.id,
        "kind": run.kind,
        "model": str(described.get("model", ""))[:60],
        "what": str(described.get("label", ""))[:60],
        "steps": run.total,
        "waited_s": round(max(0.0, time.time() - run.created - seconds), 1),
        "took_s": round(seconds, 2),
        "kilobytes": round(n_bytes / 1000, 1),
        "outcome": outcome,
    }
    # Values as JSON: a line break in a file's name would otherwise begin a line of its own.
    _log.info(" ".join(f"{name}={json.dumps(value)}" for name, value in values.items()))
