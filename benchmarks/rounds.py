"""Interleaved timing: every contender once a round, so that a slow minute of the machine hits all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

# `time.process_time` where others share the machine: `python -m benchmarks --processor`.
CLOCK: list[Callable[[], float]] = [time.perf_counter]

Contender = Callable[[], "float | None"]


@dataclass(frozen=True)
class Times:
    """Seconds of one contender, a number a round.

    Attributes:
        seconds: In order of the rounds.
    """

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Median over the rounds."""
        return float(np.median(self.seconds))

    @property
    def spread(self) -> tuple[float, float]:
        """Fastest and slowest round."""
        return min(self.seconds), max(self.seconds)


def interleaved(contenders: Mapping[str, Contender], rounds: int, warm_up: bool = True) -> dict[str, Times]:
    """Runs all contenders in turn, `rounds` times after one round that warms up and is not counted.

    Args:
        contenders: Functions by name. One that returns a number has timed itself, in seconds; otherwise it is timed.
        rounds: Counted rounds.
        warm_up: Whether there is such a round; not needed where a contender takes minutes.
    """
    found: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(0 if warm_up else 1, rounds + 1):
        for name, run in contenders.items():
            start = CLOCK[0]()
            own = run()
            seconds = CLOCK[0]() - start if own is None else own
            if number:
                found[name].append(seconds)
    return {name: Times(tuple(seconds)) for name, seconds in found.items()}


def ratio(first: Times, second: Times) -> float:
    """Median over the rounds of the first's time over the second's in the same round."""
    return float(np.median([a / b for a, b in zip(first.seconds, second.seconds, strict=True)]))
