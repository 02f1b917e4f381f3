"""The line in front of a model: few at a time, everybody's first job before anybody's second."""

from __future__ import annotations

import threading
import time

import pytest

from emotion_core.base.jobs import Progress
from emotion_core.models.owner import ModelOwner, Turns

PATIENCE = 30


class Gate:
    """Jobs that note when they begin and go on when they are let."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.open: dict[str, threading.Event] = {}

    def job(self, name: str):
        self.open[name] = threading.Event()

        def work():
            self.begun.append(name)
            while not self.open[name].is_set():
                time.sleep(0.001)
                yield Progress(0, 0, name)
            return name

        return work()

    def wait_for(self, n_begun: int) -> None:
        end = time.monotonic() + PATIENCE
        while len(self.begun) < n_begun:
            assert time.monotonic() < end, self.begun
            time.sleep(0.002)


@pytest.fixture
def gate():
    return Gate()


def made(tiny, max_running: int, visitor_running: int) -> ModelOwner:
    return ModelOwner(tiny("gpt2"), Turns(max_running, visitor_running))


def test_only_so_many_run_and_the_next_one_follows(tiny, gate):
    owner = made(tiny, 2, 0)
    handles = [owner.submit(gate.job(name), name) for name in "abc"]
    gate.wait_for(2)
    assert gate.begun == ["a", "b"] and handles[2].state == "queued" and handles[2].place == 0
    gate.open["b"].set()
    gate.wait_for(3)
    for name in "ac":
        gate.open[name].set()
    assert [handle.result(PATIENCE) for handle in handles] == list("abc")


def test_one_of_a_visitor_and_everybodys_first_before_anybodys_second(tiny, gate):
    owner = made(tiny, 1, 1)
    names = [("a1", "a"), ("a2", "a"), ("a3", "a"), ("b1", "b"), ("b2", "b"), ("c1", "c")]
    handles = {}
    handles["a1"] = owner.submit(gate.job("a1"), "a")
    gate.wait_for(1)
    for name, visitor in names[1:]:
        handles[name] = owner.submit(gate.job(name), visitor)
    assert {name: handle.place for name, handle in handles.items()} == {
        "a1": 0, "b1": 0, "c1": 1, "a2": 2, "b2": 3, "a3": 4,
    }  # fmt: skip
    for n_begun in range(1, 7):
        gate.wait_for(n_begun)
        gate.open[gate.begun[-1]].set()
    assert gate.begun == ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert all(handle.wait(PATIENCE) for handle in handles.values())


def test_a_visitor_leaves_places_to_others(tiny, gate):
    owner = made(tiny, 4, 1)
    handles = [owner.submit(gate.job(name), name[0]) for name in ("a1", "a2", "b1")]
    gate.wait_for(2)
    assert gate.begun == ["a1", "b1"]
    for event in gate.open.values():
        event.set()
    assert all(handle.wait(PATIENCE) for handle in handles)


def test_a_job_cancelled_in_line_ends_before_its_turn_and_one_for_the_moment_needs_no_turn(tiny, gate):
    owner = made(tiny, 1, 1)
    first = owner.submit(gate.job("first"), "a")
    gate.wait_for(1)
    second = owner.submit(gate.job("second"), "b")
    second.cancel()
    assert second.wait(PATIENCE) and second.state == "cancelled" and not first.finished
    now = owner.submit(gate.job("now"), "c", at_once=True)
    gate.open["now"].set()
    assert now.result(PATIENCE) == "now" and not first.finished
    gate.open["first"].set()
    assert first.result(PATIENCE) == "first"


def test_models_share_the_places(tiny, gate):
    turns = Turns(1, 1)
    owners = [ModelOwner(tiny(family), turns) for family in ("gpt2", "llama")]
    first = owners[0].submit(gate.job("first"), "a")
    gate.wait_for(1)
    second = owners[1].submit(gate.job("second"), "b")
    time.sleep(0.05)
    assert gate.begun == ["first"] and turns.running == 1
    gate.open["first"].set()
    gate.open["second"].set()
    assert first.result(PATIENCE) == "first" and second.result(PATIENCE) == "second"


def test_a_job_that_fails_gives_its_place_back(tiny, gate):
    owner = made(tiny, 1, 1)

    def broken():
        yield Progress(0, 0, "x")
        raise ZeroDivisionError

    bad = owner.submit(broken(), "a")
    good = owner.submit(gate.job("good"), "a")
    gate.open["good"].set()
    assert good.result(PATIENCE) == "good" and bad.state == "failed"
