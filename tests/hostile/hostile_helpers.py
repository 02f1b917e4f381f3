"""What the tests of hostile input share: how many cases, and a watch over files that are written."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import HealthCheck, settings

# Several hundred here, 10,000 in `make nightly`.
CASES = int(os.environ.get("EMOTION_TEST_CASES", "400"))
MANY = settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck), database=None)
FEWER = settings(MANY, max_examples=CASES if CASES >= 10_000 else max(100, CASES // 4))

_watching: list[list[str]] = []
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "shutil.rmtree")
_RUNS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "pickle.find_class", "socket.connect")


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watching:
        return
    written = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITES
    if written or event in _CHANGES or event in _RUNS:
        _watching[-1].append(f"{event} {arguments[:1]!r}")


sys.addaudithook(_hook)


@contextmanager
def nothing_touched() -> Iterator[None]:
    """Fails where the block writes or removes a file, starts a program, opens a socket or unpickles something."""
    _watching.append([])
    try:
        yield
    finally:
        seen = _watching.pop()
    assert not seen, seen
