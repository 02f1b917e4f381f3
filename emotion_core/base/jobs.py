"""How long work reports itself: a job is a generator that yields its progress and returns its result."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

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
