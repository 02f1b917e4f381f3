"""Where a command writes its file."""

from __future__ import annotations

from pathlib import Path

from emotion_core.base.errors import SettingsError


def writable(text: str) -> Path:
    """Refuses a place that cannot be written to before anything is computed."""
    path = Path(text)
    if path.is_dir() or not path.resolve().parent.is_dir():
        raise SettingsError(
            "The file cannot be written there",
            where=text,
            expected="a file in a folder that exists",
            found="a folder" if path.is_dir() else f"no folder {path.parent}",
        )
    return path
