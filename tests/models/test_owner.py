"""The owner of a model: one step of each job in turn, and nobody harms anybody."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from emotion_core.base.errors import JobCancelled, TextTooLongError
from emotion_core.base.jobs import Progress, run_to_end
from emotion_core.models.owner import ModelOwner

PATIENCE = 30  # seconds; only a broken owner takes that long
ROOT = Path(__file__).parents[2]


@pytest.fixture
def owner(tiny):
    made = ModelOwner(tiny("gpt2"))
    yield made
    made.close()


class Script:
    """Jobs that note each step in one log, and start only when all of them are submitted."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.go = threading.Event()
        self.closed: list[str] = []

    def job(self, name: str, steps: int, fails: Exception | None = None, closing: Exception | None = None):
        self.go.wait(PATIENCE)
        try:
            for i in range(steps):
                self.log.append(name)
                if fails is not None and i == steps - 1:
                    raise fails
                yield Progress(i + 1, steps, name)
        except GeneratorExit:
            self.closed.append(name)
            if closing is not None:
                raise closing from None
            raise
        return f"result of {name}"


def test_jobs_take_turns_so_a_short_one_ends_before_a_long_one(owner):
    script = Script()
    long = owner.submit(script.job("long", 50))
    short = owner.submit(script.job("short", 3))
    script.go.set()
    assert short.result(PATIENCE) == "result of short" and long.result(PATIENCE) == "result of long"
    assert script.log[:7] == ["long", "short", "long", "short", "long", "short", "long"]
    assert script.log.count("long") == 50 and script.log.count("short") == 3


def test_everybody_gets_one_step_a_round(owner):
    script = Script()
    handles = [owner.submit(script.job(str(i), 4)) for i in range(5)]
    script.go.set()
    for handle in handles:
        handle.result(PATIENCE)
    assert script.log == list("01234") * 4


def test_progress_and_state_are_seen_from_outside(owner):
    script = Script()
    handle = owner.submit(script.job("one", 3))
    waiting = owner.submit(script.job("two", 1))
    assert waiting.state == "queued" and not handle.finished and waiting.progress.total == 0
    with pytest.raises(TimeoutError):
        handle.result(0.0)
    script.go.set()
    assert handle.wait(PATIENCE) and waiting.wait(PATIENCE)
    assert (handle.state, handle.progress, handle.place) == ("done", Progress(3, 3, "one"), 0)


def test_place_counts_the_jobs_before(owner):
    script = Script()
    busy = owner.submit(script.job("busy", 1))
    while busy.state == "queued":  # the owner's thread has taken it and waits inside
        time.sleep(0.001)
    waiting = [owner.submit(script.job(str(i), 1)) for i in range(3)]
    assert [handle.place for handle in (busy, *waiting)] == [0, 0, 1, 2]
    script.go.set()
    assert all(handle.wait(PATIENCE) for handle in waiting) and waiting[2].place == 0


def test_a_cancel_takes_effect_at_the_next_step_and_closes_the_generator(owner):
    script = Script()

    def endless():
        try:
            while True:
                script.log.append("step")
                yield Progress(len(script.log), 0, "running")
                cancelled.cancel()
        finally:
            script.closed.append("endless")

    other = owner.submit(script.job("other", 4))
    cancelled = owner.submit(endless())
    script.go.set()
    with pytest.raises(JobCancelled, match="What was read before is kept"):
        cancelled.result(PATIENCE)
    assert cancelled.state == "cancelled" and script.closed == ["endless"]
    assert script.log.count("step") == 2, "the step in which the cancel came was the last"
    assert other.result(PATIENCE) == "result of other"


def test_a_job_cancelled_while_it_waits_never_starts(owner):
    script = Script()
    first, second = owner.submit(script.job("first", 2)), owner.submit(script.job("second", 2))
    second.cancel()
    script.go.set()
    assert first.result(PATIENCE) and second.wait(PATIENCE)
    assert second.state == "cancelled" and "second" not in script.log


def test_cancelling_a_finished_job_changes_nothing(owner):
    script = Script()
    script.go.set()
    handle = owner.submit(script.job("one", 1))
    handle.result(PATIENCE)
    handle.cancel()
    assert handle.state == "done" and handle.result(PATIENCE) == "result of one"


@pytest.mark.parametrize(
    "error", [TextTooLongError("too long", found="99 tokens"), ValueError("odd"), MemoryError("full"), SystemExit(3)]
)
def test_a_job_that_raises_harms_nobody_and_its_error_keeps_its_type(owner, error):
    script = Script()
    other = owner.submit(script.job("other", 6))
    broken = owner.submit(script.job("broken", 2, fails=error))
    script.go.set()
    with pytest.raises(type(error)) as raised:
        broken.result(PATIENCE)
    assert raised.value is error and broken.state == "failed" and broken.error is error
    assert other.result(PATIENCE) == "result of other"
    assert owner.submit(script.job("later", 1)).result(PATIENCE) == "result of later"


def test_a_job_whose_clean_up_fails_is_cancelled_and_harms_nobody(owner):
    script = Script()
    broken = owner.submit(script.job("broken", 10, closing=ValueError("clean-up")))
    other = owner.submit(script.job("other", 10))
    while broken.state == "queued":
        time.sleep(0.001)
    broken.cancel()
    script.go.set()
    assert broken.wait(PATIENCE) and broken.state == "cancelled" and script.closed == ["broken"]
    assert other.result(PATIENCE) == "result of other"


def test_an_error_inside_a_trace_leaves_the_model_usable(owner):
    from tiny import TEXTS

    from emotion_core.base.activations import ReadingPosition
    from emotion_core.tracing.record import record

    good = run_to_end(record(owner.model, TEXTS, ReadingPosition()))
    hook = owner.model.module.transformer.h[2].register_forward_hook(lambda *_: 1 / 0)
    broken = owner.submit(record(owner.model, TEXTS, ReadingPosition()))
    assert broken.wait(PATIENCE) and broken.state == "failed"
    hook.remove()
    again = owner.submit(record(owner.model, TEXTS, ReadingPosition())).result(PATIENCE)
    assert (again.values == good.values).all()


def test_closing_cancels_what_runs_and_what_waits(tiny):
    owner, script = ModelOwner(tiny("gpt2")), Script()
    running, waiting = owner.submit(script.job("running", 10**6)), owner.submit(script.job("waiting", 10**6))
    while running.state == "queued":
        time.sleep(0.001)
    closer = threading.Thread(target=owner.close)
    closer.start()
    script.go.set()
    closer.join(PATIENCE)
    assert not closer.is_alive() and {running.state, waiting.state} == {"cancelled"}
    with pytest.raises(RuntimeError, match="closed"):
        owner.submit(script.job("late", 1))


def test_the_end_of_the_process_waits_for_the_step_that_is_being_done(tmp_path):
    """And begins no other: a thread that ends in the middle of one would abort the process."""
    script = """
import pathlib, sys, threading, time
from types import SimpleNamespace
from emotion_core.base.jobs import Progress
from emotion_core.models.owner import ModelOwner

log, begun = pathlib.Path(sys.argv[1]).open("a", buffering=1), threading.Event()

def job():
    for i in range(1000):
        log.write(f"begin {i}\\n")
        begun.set()
        time.sleep(0.3)
        log.write(f"end {i}\\n")
        yield Progress(i + 1, 1000, "")

ModelOwner(SimpleNamespace(info=SimpleNamespace(name="none"), remote=None)).submit(job())
begun.wait()
"""
    done = subprocess.run([sys.executable, "-c", script, str(tmp_path / "log")], cwd=ROOT, timeout=60, check=True)
    steps = (tmp_path / "log").read_text().split("\n")[:-1]
    assert done.returncode == 0 and steps[-1].startswith("end") and len(steps) <= 4
