"""Tells whether the process that started a run still lives.

Each process holds a lock on a file of its own. The system drops the lock when the process ends, however it ends, so a
lock that can be taken belongs to a dead process. Process numbers would not do: they are used again.
"""

from __future__ import annotations

import os
import secrets
import threading
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows: without locks, only this process counts as alive
    fcntl = None  # type: ignore[assignment]

_lock = threading.Lock()
_held: dict[tuple[Path, int], tuple[str, IO[bytes]]] = {}


def own_token(folder: Path) -> str:
    """The token of this process in a folder; the first call takes the lock.

    A forked child gets a token of its own, because the process number is part of what is remembered here.
    """
    key = (folder.resolve(), os.getpid())
    with _lock:
        if key not in _held:
            folder.mkdir(parents=True, exist_ok=True)
            token = secrets.token_hex(8)
            stream = (folder / f"{token}.lock").open("wb")
            if fcntl is not None:
                fcntl.flock(stream, fcntl.LOCK_EX)
            _held[key] = (token, stream)
        return _held[key][0]


def is_alive(folder: Path, token: str) -> bool:
    """Whether the process with this token still runs."""
    held = _held.get((folder.resolve(), os.getpid()))
    if held is not None and held[0] == token:
        return True
    path = folder / f"{token}.lock"
    if fcntl is None or not path.exists():
        return False
    with path.open("rb") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    path.unlink(missing_ok=True)
    return False
