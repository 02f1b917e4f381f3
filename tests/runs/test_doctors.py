"""The self-check as a run: made once for a model, and readable afterwards."""

from __future__ import annotations

import time

from emotion_core.models.load import load_model
from emotion_core.models.owner import ModelOwner
from emotion_core.runs.doctors import load_examination, start_doctor, start_dry_run
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore


def test_it_is_made_once_a_model(tiny, tmp_path):
    store = RunStore(tmp_path)
    registry, owner = JobRegistry(store), ModelOwner(tiny("gpt2"))
    run_id = start_doctor(registry, owner)
    assert start_doctor(registry, owner) == run_id
    while store.get(run_id).is_open:
        time.sleep(0.02)
    found = load_examination(store, run_id)
    assert len(found.checks) >= 16 and found.failed == ()
    assert start_doctor(registry, owner) == run_id
    other = ModelOwner(tiny("llama"))
    assert start_doctor(registry, other) != run_id
    other.close()
    owner.close()


def test_the_dry_run_has_a_process_of_its_own(tmp_path):
    store = RunStore(tmp_path)
    registry, owner = JobRegistry(store), ModelOwner(load_model("demo"))
    run_id = start_dry_run(registry, owner)
    while store.get(run_id).is_open:
        time.sleep(0.2)
    found = load_examination(store, run_id)
    assert [check.name for check in found.checks] == [f"dry run: {one}" for one in ("build", "read", "sweep", "behave")]
    assert found.failed == ()
    owner.close()
