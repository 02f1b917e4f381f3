"""Files that are either whole or not there, and databases that several programs open."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import time
from pathlib import Path

from emotion_core.base.errors import SettingsError

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


def write_named(path: Path | str, data: bytes) -> None:
    """Writes a file that a person named, whole or not at all.

    Raises:
        SettingsError: It cannot be written there.
    """
    try:
        _refuse_other_kinds(Path(path))
        write_atomically(Path(path), data)
    except (OSError, ValueError) as error:
        raise _unwritten(Path(path), error) from error


def require_writable(path: Path | str) -> Path:
    """Refuses a place where `write_named` would fail, before anything is computed: a file is begun there and removed.

    Raises:
        SettingsError: Its folder is missing or takes no file, or something else than a file has the name.
    """
    path = Path(path)
    try:
        _refuse_other_kinds(path)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
        Path(temporary).unlink()
    except (OSError, ValueError) as error:
        raise _unwritten(path, error) from error
    return path


def _refuse_other_kinds(path: Path) -> None:
    """A folder cannot be replaced by a file, and a device must not be."""
    if path.exists() and not path.is_file():
        raise _refused(path, "a folder" if path.is_dir() else "no plain file")


def _unwritten(path: Path, error: OSError | ValueError) -> SettingsError:
    said = getattr(error, "strerror", None) or str(error)
    return _refused(path, said if path.parent.is_dir() else f"no folder {path.parent}")


def _refused(path: Path, found: str) -> SettingsError:
    return SettingsError(
        "The file cannot be written there",
        where=str(path),
        expected="a file in a folder that exists and can be written to",
        found=found,
    )


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
