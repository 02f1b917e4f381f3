"""The settings of one process, read once from environment variables."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from emotion_core.base.errors import SettingsError

_YES = {"1", "true", "yes", "on"}
_NO = {"", "0", "false", "no", "off"}
DTYPES = ("float32", "bfloat16", "float16")


@dataclass(frozen=True)
class Settings:
    """Where things lie and how much a visitor may ask for.

    Each field is set by the environment variable `EMOTION_` + its name in capitals, such as `EMOTION_DATA_DIR`. A limit
    of 0 is none. The defaults below are those of one's own computer; a hosted app has those of `HOSTED`.

    Attributes:
        hosted: The app is open to strangers: only the models listed, no folders, no hub ids, and narrower limits.
        data_dir: Folder of the caches and of the run store; may be deleted at any time.
        threads: Threads of the numerical libraries; 0 leaves the choice to them.
        model: Name of the model that is chosen when the app opens; where `models` is given, by default its first.
        dtype: Number format of the weights of every model but the bundled one: `float32`, `bfloat16` or `float16`.
        models: Catalogue names offered when hosted; empty for the whole catalogue.
        upload_mb: Largest prompt or vector file, in megabytes.
        max_texts: Most texts in one build.
        max_tokens: Most tokens in the texts of one build or reading.
        max_sweep_texts: Most texts written in one sweep.
        max_sweep_tokens: Most tokens written in one sweep: prompts x strengths x samples x directions x new tokens.
        max_asked_tokens: Most tokens in the questions of one run: questions x their length.
        max_job_seconds: Longest time of its own that one job may compute; waiting does not count.
        max_running: Jobs that are advanced in turn; further ones wait in line.
        visitor_running: Jobs of one visitor that are advanced at the same time.
        visitor_open: Jobs of one visitor that run or wait.
        max_waiting: Jobs of all visitors that wait in line.
        keep_runs: Number of finished runs kept in the store; older ones are removed.
        expire_hours: Results that nobody opened for so long are removed; their settings stay.
        disk_mb: Megabytes that results and caches may take; what was not used for longest goes first.
        memory_mb: Megabytes of memory above which idle models and remembered results are let go.
        offload_mb: Megabytes that a model's weights may take; what is beyond stays on disk. 0 keeps all in memory.
        status_key: Password of the operator's status page; empty closes the page when hosted.
    """

    hosted: bool = False
    data_dir: Path = Path(".data")
    threads: int = 0
    model: str = "smollm2"
    dtype: str = "float32"
    models: tuple[str, ...] = ()
    upload_mb: int = 20
    max_texts: int = 20_000
    max_tokens: int = 0
    max_sweep_texts: int = 0
    max_sweep_tokens: int = 0
    max_asked_tokens: int = 0
    max_job_seconds: int = 0
    max_running: int = 0
    visitor_running: int = 0
    visitor_open: int = 0
    max_waiting: int = 0
    keep_runs: int = 500
    expire_hours: int = 0
    disk_mb: int = 0
    memory_mb: int = 0
    offload_mb: int = 0
    status_key: str = field(default="", repr=False)


# For thirty visitors on two cores with 2.7 GB, the smallest machine that the app is meant for.
HOSTED = Settings(
    hosted=True,
    threads=1,
    upload_mb=5,
    max_texts=2_000,
    max_tokens=150_000,
    max_sweep_texts=1_000,
    max_sweep_tokens=40_000,
    max_asked_tokens=1_500_000,
    max_job_seconds=600,
    max_running=4,
    visitor_running=1,
    visitor_open=3,
    max_waiting=90,
    keep_runs=2_000,
    expire_hours=168,
    disk_mb=1_000,
    memory_mb=2_000,
)


def settings_from(environ: Mapping[str, str]) -> Settings:
    """Reads the settings from a mapping of environment variables.

    Raises:
        SettingsError: A variable has a value that cannot be understood.
    """
    values: dict[str, Any] = {}
    for one in fields(Settings):
        variable = f"EMOTION_{one.name.upper()}"
        if variable in environ:
            values[one.name] = _parse(variable, environ[variable].strip(), one.default)
    if values.get("dtype", DTYPES[0]) not in DTYPES:
        raise _bad("EMOTION_DTYPE", " or ".join(DTYPES), values["dtype"])
    if values.get("models"):
        values.setdefault("model", values["models"][0])
    return replace(HOSTED if values.get("hosted") else Settings(), **values)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return settings_from(os.environ)


def _parse(variable: str, text: str, default: object) -> Any:
    if isinstance(default, bool):
        if text.lower() not in _YES | _NO:
            raise _bad(variable, "1 or 0", text)
        return text.lower() in _YES
    if isinstance(default, int):
        if not text.isdecimal():
            raise _bad(variable, "a whole number, 0 or more", text)
        return int(text)
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if not text and default:
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
