"""Corrections of a run's texts: per visitor, whole, and never part of the result."""

from pathlib import Path

import pytest

from emotion_core.base.errors import RunError
from emotion_core.base.settings import Settings
from emotion_core.runs.corrections import MOST_READERS, load_corrections, save_corrections
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import Run, RunStore


@pytest.fixture
def ann(tmp_path: Path) -> JobRegistry:
    return JobRegistry(RunStore(tmp_path), Settings(hosted=True), "ann")


@pytest.fixture
def run(ann: JobRegistry) -> Run:
    run_id = ann.store.create("behaviors", "{}")
    ann.store.own(run_id, "ann")
    ann.store.finish(run_id, {"result": b"1"})
    return ann.store.get(run_id)


def test_decisions_are_there_for_a_later_session_and_can_be_taken_back(ann: JobRegistry, run: Run) -> None:
    assert load_corrections(ann, run) == {}
    save_corrections(ann, run, {3: True, 1: False})
    later = JobRegistry(RunStore(ann.store.folder), Settings(hosted=True), "ann")
    assert load_corrections(later, run) == {1: False, 3: True}
    assert save_corrections(later, run, {3: None, 2: True}) == {1: False, 2: True}
    assert load_corrections(ann, run) == {1: False, 2: True}
    assert ann.store.read(run.id, "result") == b"1"


def test_a_reader_sees_the_owners_decisions_and_keeps_others_apart(ann: JobRegistry, run: Run) -> None:
    save_corrections(ann, run, {0: True})
    bob = ann.of("bob")
    assert load_corrections(bob, run) == {0: True}
    save_corrections(bob, run, {0: False})
    assert (load_corrections(bob, run), load_corrections(ann, run)) == ({0: False}, {0: True})
    assert not any("bob" in name for name in ann.store.files(run.id))


def test_strangers_cannot_fill_the_disk(ann: JobRegistry, run: Run) -> None:
    for number in range(MOST_READERS):
        save_corrections(ann.of(f"reader {number}"), run, {0: True})
    with pytest.raises(RunError, match="Too many readers"):
        save_corrections(ann.of("one more"), run, {0: True})
    save_corrections(ann.of("reader 3"), run, {0: False})
    save_corrections(ann, run, {0: False})


def test_damaged_corrections_and_a_lost_result_are_said(ann: JobRegistry, run: Run) -> None:
    ann.store.keep(run.id, {"corrections.json": b"[1"})
    with pytest.raises(RunError, match="cannot be read"):
        load_corrections(ann, run)
    assert save_corrections(ann, run, {2: True}) == load_corrections(ann, run) == {2: True}
    ann.store.expire(run.id)
    with pytest.raises(RunError, match="no result any more"):
        save_corrections(ann, run, {0: True})
