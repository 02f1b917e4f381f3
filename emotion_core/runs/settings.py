"""The settings of one process, read once from environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

from emotion_core.errors import SettingsError

_YES = {"1", "true", "yes", "on"}
_NO = {"", "0", "false", "no", "off"}


@dataclass(frozen=True)
class Settings:
    """Where things lie and how much a visitor may ask for.

    Each field is set by the environment variable `EMOTION_` + its name in capitals, such as `EMOTION_DATA_DIR`.

    Attributes:
        hosted: The app is open to strangers: only models of the catalogue, and the limits below are enforced.
        data_dir: Folder of the caches and of the run store; may be deleted at any time.
        threads: Threads of the numerical libraries; 0 leaves the choice to them.
        model: Name of the model that is chosen when the app opens.
        upload_mb: Largest prompt or vector file, in megabytes.
        max_texts: Most texts in one build.
        max_sweep_texts: Most texts in one sweep when hosted.
        keep_runs: Number of finished runs kept in the store; older ones are removed.
    """

    hosted: bool = False
    data_dir: Path = Path(".data")
    threads: int = 0
    model: str = "demo"
    upload_mb: int = 20
    max_texts: int = 20_000
    max_sweep_texts: int = 1000
    keep_runs: int = 500


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Reads the settings from a mapping of environment variables.

    Raises:
        SettingsError: A variable has a value that cannot be understood.
    """
    values: dict[str, bool | int | str | Path] = {}
    for one in fields(Settings):
        variable = f"EMOTION_{one.name.upper()}"
        if variable in environ:
            values[one.name] = _parse(variable, environ[variable].strip(), one.default)
    return Settings(**values)  # type: ignore[arg-type]


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return settings_from(os.environ)


def _parse(variable: str, text: str, default: object) -> bool | int | str | Path:
    if isinstance(default, bool):
        if text.lower() not in _YES | _NO:
            raise _bad(variable, "1 or 0", text)
        return text.lower() in _YES
    if isinstance(default, int):
        if not text.isdecimal():
            raise _bad(variable, "a whole number, 0 or more", text)
        return int(text)
    if not text:
        raise _bad(variable, "some text", "nothing")
    return Path(text) if isinstance(default, Path) else text


def _bad(variable: str, expected: str, found: str) -> SettingsError:
    return SettingsError(
        "An environment variable has an unusable value",
        where=variable,
        expected=expected,
        found=found,
        remedy="Change or unset it and start again",
    )
