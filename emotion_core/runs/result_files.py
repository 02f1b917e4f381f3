"""Where the result files of a run lie, and which are there."""

from __future__ import annotations

import re
from pathlib import Path

from emotion_core.base.errors import RunError

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}")


def require_id(run_id: str) -> None:
    """Refuses what cannot be the id of a run; ids come from links.

    Raises:
        RunError: It has other characters, none, or too many.
    """
    if not _ID.fullmatch(run_id):
        raise RunError("This is not the id of a run", where=repr(run_id[:40]), remedy="Check the link")


def result_path(folder: Path, run_id: str, name: str) -> Path:
    """Place of a result file; nothing that could leave the folder passes.

    Raises:
        RunError: This is no id, or the name has folders in it.
    """
    require_id(run_id)
    if not _NAME.fullmatch(name):
        raise RunError("This is not the name of a result", where=repr(name[:40]))
    return folder / "results" / run_id / name


def result_names(folder: Path) -> tuple[str, ...]:
    """Names of the whole files in the folder of a run; what begins with a dot was being written at a kill."""
    names = (path.name for path in folder.iterdir()) if folder.is_dir() else iter(())
    return tuple(sorted(name for name in names if name[0] != "."))


def folder_bytes(folder: Path) -> int:
    """Size of all files in the folder of a run."""
    return sum(path.stat().st_size for path in folder.iterdir()) if folder.is_dir() else 0
