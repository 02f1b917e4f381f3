"""Files that are either whole or not there, and databases that several programs open."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from pathlib import Path

LOCK_SECONDS = 30.0  # that a call waits for another program that writes


def write_atomically(path: Path, data: bytes) -> None:
    """Writes a file under a temporary name beside its place and renames it, so no reader ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).chmod(0o644)  # mkstemp makes files that only their owner may read
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_ahead(database: sqlite3.Connection) -> None:
    """Lets programs read while one writes. Of two that switch at the same moment SQLite refuses one without waiting."""
    end = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            database.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if time.monotonic() > end:
                raise
            time.sleep(0.01)
