"""How long work reports itself: a job is a generator that yields its progress and returns its result."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeVar

from emotion_core.base.activations import ModelInfo
from emotion_core.base.atomic import write_atomically
from emotion_core.base.settings import settings

T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """How far a job is.

    Attributes:
        done: Steps finished.
        total: Steps in all; 0 where not known yet.
        what: What is being done, such as "reading texts".
    """

    done: int
    total: int
    what: str

    @property
    def fraction(self) -> float:
        """Between 0 and 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


# A job yields after each batch or decoding step, which is where another job may take its turn or a cancel takes
# effect; closing the generator (`job.close()`) is the cancel.
Job = Generator[Progress, None, T]


def run_to_end(job: Job[T], on_progress: Callable[[Progress], None] | None = None) -> T:
    """Runs a job in the calling thread and returns its result."""
    while True:
        try:
            progress = next(job)
        except StopIteration as stop:
            result: T = stop.value
            return result
        if on_progress is not None:
            on_progress(progress)


# How fast this machine is with each model, from what it has computed: what estimates of time rest on.
#
# Every larger pass through a model notes its tokens and its seconds. Passes over few rows are left out: they cost their
# overhead and would make long runs look slow.

# Texts that pass as a whole, and rows that get one token each.
Pass = Literal["read", "write"]
FEWEST: dict[Pass, int] = {"read": 256, "write": 32}  # tokens of a pass that counts; the self-check writes 16 rows
_REMEMBERED = 60.0  # seconds of computing that the rate is a mean over, roughly: a busy machine is slower now
_ENOUGH = 1.0  # seconds of computing before a rate is trusted
_SAVE_EVERY = 5.0  # seconds of computing


class Pace:
    """Tokens a second, by model and kind of pass; kept in a file, so that the next process knows them too.

    Safe for several threads. A file that cannot be read or written costs the memory of it and nothing else.

    Args:
        path: The file.
        clock: Seconds.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.perf_counter) -> None:
        self._path, self._clock, self._lock, self._unsaved = path, clock, threading.Lock(), 0.0
        self._seen: dict[str, list[float]] = {}  # tokens and seconds
        with suppress(OSError, ValueError, TypeError, AttributeError):
            known = json.loads(path.read_text(encoding="utf-8"))
            self._seen = {str(key): [float(tokens), float(seconds)] for key, (tokens, seconds) in known.items()}

    @contextmanager
    def measured(self, kind: Pass, info: ModelInfo, tokens: int) -> Iterator[None]:
        """Notes what a pass takes; one that fails is not noted."""
        began = self._clock()
        yield
        if tokens >= FEWEST[kind]:
            self._note(_key(kind, info), tokens, self._clock() - began)

    def rate(self, kind: Pass, info: ModelInfo) -> float | None:
        """Tokens a second, None where this machine has not computed enough with the model."""
        with self._lock:
            tokens, seconds = self._seen.get(_key(kind, info), (0.0, 0.0))
        return tokens / seconds if seconds >= _ENOUGH else None

    def _note(self, key: str, tokens: float, seconds: float) -> None:
        with self._lock:
            kept = max(0.0, 1.0 - seconds / _REMEMBERED)
            before = self._seen.get(key, [0.0, 0.0])
            # The older half of a full memory fades as the new comes in.
            fades = kept if before[1] >= _REMEMBERED else 1.0
            self._seen[key] = [before[0] * fades + tokens, before[1] * fades + seconds]
            self._unsaved += seconds
            if self._unsaved >= _SAVE_EVERY:
                self._unsaved = 0.0
                with suppress(OSError):
                    write_atomically(self._path, json.dumps(self._seen, indent=1).encode())


def _key(kind: Pass, info: ModelInfo) -> str:
    return f"{info.fingerprint} {info.device} {info.dtype} {kind}"


def pace() -> Pace:
    """That of this process, with its file in the data folder."""
    return _of(settings().data_dir)


@lru_cache(maxsize=4)
def _of(folder: Path) -> Pace:
    return Pace(folder / "pace.json")
