"""How much memory this process takes, and how to give some back."""

from __future__ import annotations

import ctypes
import gc
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from emotion_core.models.owner import release_idle

# What is remembered only to answer sooner, such as results that pages have opened; each call forgets one of them.
_FORGET: list[Callable[[], object]] = []


def resident_mb() -> float:
    """Memory that the process holds, in megabytes; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, ValueError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def on_pressure(forget: Callable[[], object]) -> None:
    """Has something called when memory is short."""
    _FORGET.append(forget)


def relieve(memory_mb: int) -> bool:
    """Gives memory back where the process takes more than it should; returns whether it tried.

    Args:
        memory_mb: The budget; 0 is none.
    """
    if not memory_mb or resident_mb() <= memory_mb:
        return False
    release_idle(keep=1)
    for forget in _FORGET:
        forget()
    give_back()
    return True


def give_back() -> None:
    """Returns to the system what has been freed; the allocator would keep it for later."""
    gc.collect()
    with suppress(OSError, AttributeError):  # another system's C library
        ctypes.CDLL("libc.so.6").malloc_trim(0)
