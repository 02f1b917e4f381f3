"""Whose job may start: how many are advanced in turn, how many of one visitor, and who is next in line.

Jobs of all models of a process share one `Turns`, because they share its processors and its memory.
"""

from __future__ import annotations

import threading
from collections.abc import Hashable, Iterator
from typing import Generic, Protocol, TypeVar


class Waiting(Protocol):
    """What the line needs to know of a job."""

    visitor: str


W = TypeVar("W", bound=Waiting)


class Turns:
    """Places for jobs that run.

    Attributes:
        changed: Notified when a place becomes free; its lock guards the places.
        max_running: Places in all; 0 for as many as there are jobs.
        visitor_running: Places of one visitor; 0 for no limit. Jobs without a visitor are not limited.
    """

    def __init__(self, max_running: int = 0, visitor_running: int = 0) -> None:
        self.changed = threading.Condition()
        self.max_running = max_running
        self.visitor_running = visitor_running
        self._holders: dict[Hashable, str] = {}

    def limit(self, max_running: int, visitor_running: int) -> None:
        """Changes the limits; jobs that run go on."""
        with self.changed:
            self.max_running, self.visitor_running = max_running, visitor_running
            self.changed.notify_all()

    def take(self, holder: Hashable, visitor: str) -> bool:
        """Takes a place where there is one; returns whether it did."""
        with self.changed:
            if self.max_running and len(self._holders) >= self.max_running:
                return False
            own = sum(one == visitor for one in self._holders.values())
            if self.visitor_running and visitor and own >= self.visitor_running:
                return False
            self._holders[holder] = visitor
            return True

    def leave(self, holder: Hashable) -> None:
        """Gives the place back; nothing happens for a job that has none."""
        with self.changed:
            if self._holders.pop(holder, None) is not None:
                self.changed.notify_all()

    @property
    def running(self) -> int:
        """Places taken."""
        return len(self._holders)


class Line(Generic[W]):
    """Jobs that wait, in the order of their turn: everybody's first one, then everybody's second one, ...

    Each job gets a round when it comes: the round that is being served, or the one after the visitor's last job,
    whichever is later (start-time fair queueing). Within a round, who comes first goes first. Not safe with threads.
    """

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, W]] = []
        self._round = 0
        self._came = 0
        self._last: dict[str, int] = {}  # rounds of visitors that lie ahead

    def add(self, job: W) -> None:
        """Puts a job into the line; jobs without a visitor are all served in the round in which they come."""
        place = self._round
        if job.visitor:
            place = max(self._round, self._last.get(job.visitor, self._round - 1) + 1)
            self._last[job.visitor] = place
        self._came += 1
        self._waiting.append((place, self._came, job))
        self._waiting.sort(key=lambda one: one[:2])

    def begin(self, job: W) -> None:
        """Takes a job out because its turn has come."""
        place = self._drop(job)
        self._round = max(self._round, place)
        self._last = {visitor: last for visitor, last in self._last.items() if last >= self._round}

    def leave(self, job: W) -> None:
        """Takes a job out that gave up."""
        self._drop(job)

    def _drop(self, job: W) -> int:
        number = next(i for i, (_, _, one) in enumerate(self._waiting) if one is job)
        return self._waiting.pop(number)[0]

    def __iter__(self) -> Iterator[W]:
        return iter([job for _, _, job in self._waiting])

    def __len__(self) -> int:
        return len(self._waiting)
