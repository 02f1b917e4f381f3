"""Where the result files of a run lie, and which are there."""

from __future__ import annotations

from pathlib import Path

from emotion_core.errors import RunError


def result_path(folder: Path, run_id: str, name: str) -> Path:
    """Place of a result file. Ids come from links: nothing that could leave the folder may pass.

    Raises:
        RunError: This is no id, or the name has folders in it.
    """
    if not run_id.replace("-", "").replace("_", "").isalnum() or Path(name).name != name:
        raise RunError("This is not the id of a run", where=run_id[:40], remedy="Check the link")
    return folder / "results" / run_id / name


def result_names(folder: Path) -> tuple[str, ...]:
    """Names of the whole files in the folder of a run; what begins with a dot was being written at a kill."""
    names = (path.name for path in folder.iterdir()) if folder.is_dir() else iter(())
    return tuple(sorted(name for name in names if name[0] != "."))


def folder_bytes(folder: Path) -> int:
    """Size of all files in the folder of a run."""
    return sum(path.stat().st_size for path in folder.iterdir()) if folder.is_dir() else 0
