"""Asks the C library to keep freed memory for the next batch."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from functools import cache

# By default glibc maps large blocks anew and gives the top of the heap back at every free. A forward pass frees and
# takes blocks of some megabytes all the time, and every page of them is then cleared again by the system.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # numbers of the two settings in malloc.h
_MAPPED_FROM = 32 * 2**20  # bytes of a block, the most that glibc takes
_KEPT = 256 * 2**20  # bytes; `runs/memory.py` gives them back when no job works


@cache
def keep_freed_memory() -> bool:
    """Sets both thresholds, once a process; returns whether the C library took them."""
    with suppress(OSError, AttributeError):  # another system's C library
        library = ctypes.CDLL("libc.so.6")
        return bool(library.mallopt(_MMAP_THRESHOLD, _MAPPED_FROM) and library.mallopt(_TRIM_THRESHOLD, _KEPT))
    return False
