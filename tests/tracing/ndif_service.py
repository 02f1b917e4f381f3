"""The stand-in for NDIF as tests start it: a process of its own with a model of its own."""

from __future__ import annotations

import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
from httpx._transports import default
from nnsight import CONFIG
from nnsight.modeling import huggingface
from warm_python import WarmPython

KEY = "a-key-of-mine"
T = TypeVar("T")


@contextmanager
def standing_in(folder: Path, python: WarmPython) -> Iterator[int]:
    """Serves the model of a folder under the folder's name; gives the port, which nnsight then sends to."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    process = python.start(Path(__file__).with_name("fake_ndif.py"), str(folder), str(port), KEY, folder=folder)
    huggingface._ID_CACHE[str(folder)] = str(folder)  # else the hub is asked how the name is spelled
    before, CONFIG.API.HOST = CONFIG.API.HOST, f"http://127.0.0.1:{port}"
    with pytest.MonkeyPatch.context() as patch:
        # nnsight makes a client for each request, and each reads all certificates, of which none is used here.
        patch.setattr(default, "create_ssl_context", cache(default.create_ssl_context))
        try:
            for _ in range(600):
                try:
                    httpx.get(f"{CONFIG.API.HOST}/status")
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            yield port
        finally:
            CONFIG.API.HOST = before
            os.kill(process, signal.SIGKILL)


def answers(port: int) -> list[int]:
    """Bytes of every answer so far."""
    sizes: list[int] = httpx.get(f"http://127.0.0.1:{port}/replies").json()
    return sizes


def sent_for(port: int, act: Callable[[], T]) -> tuple[T, list[int]]:
    """What a function gives, and the bytes of each answer that it got."""
    before = len(answers(port))
    given = act()
    return given, answers(port)[before:]
