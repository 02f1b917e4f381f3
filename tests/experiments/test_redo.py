"""Runs done again from their settings, under their old id."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emotion_core.base.activations import ActivationCache
from emotion_core.base.errors import LimitError, RunError
from emotion_core.base.settings import Settings
from emotion_core.experiments.experiment import load, start
from emotion_core.experiments.redo import can_redo, redo, why_not
from emotion_core.experiments.steering import SWEEP
from emotion_core.experiments.talk import TALK
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.files import read_prompt_bytes
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.talk import TalkSettings
from emotion_core.runs.builds import load_build, start_build
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.steering.settings import SweepSettings
from emotion_core.vectors.emotion_vectors import BuildSettings

SETTINGS = SweepSettings(
    emotion="fear", prompts=("She said",), strengths=(0.0, 0.2), controls=3, samples=1, max_new_tokens=3
)


@pytest.fixture
def registry(tmp_path: Path) -> JobRegistry:
    return JobRegistry(RunStore(tmp_path), Settings(visitor_open=1), "ann")


def built(registry: JobRegistry, owner: ModelOwner, cache: ActivationCache) -> str:
    run_id = start_build(registry, owner, (load_prompts("fear-calm"),), BuildSettings(seed=3), cache)
    registry.wait(run_id)
    return run_id


def test_an_expired_build_and_its_sweep_come_back_the_same(
    registry: JobRegistry, owner: ModelOwner, cache: ActivationCache
) -> None:
    store = registry.store
    build_id = built(registry, owner, cache)
    sweep_id = start(registry, owner, load_build(store, build_id).vectors, SWEEP, SETTINGS)
    registry.wait(sweep_id)
    files = {i: [(name, store.read(i, name)) for name in store.files(i)] for i in (build_id, sweep_id)}
    rows = load(store, sweep_id, SWEEP).rows
    for run_id in files:
        assert not can_redo(store.get(run_id))
        store.expire(run_id)
        assert can_redo(store.get(run_id))
    assert redo(registry, owner, store.get(sweep_id), cache) == sweep_id, "without the build's vectors"
    registry.wait(sweep_id)
    assert load(store, sweep_id, SWEEP).rows == rows
    assert redo(registry, owner, store.get(build_id), cache) == build_id
    registry.wait(build_id)
    assert (store.get(build_id).state, store.files(build_id)) == ("done", tuple(name for name, _ in files[build_id]))
    store.expire(sweep_id)
    assert redo(registry, owner, store.get(sweep_id), cache) == sweep_id, "with them"
    registry.wait(sweep_id)
    assert load(store, sweep_id, SWEEP).rows == rows


def test_a_finished_run_with_the_same_content_is_found_instead(
    registry: JobRegistry, owner: ModelOwner, cache: ActivationCache
) -> None:
    first = built(registry, owner, cache)
    registry.store.expire(first)
    second = built(registry, owner, cache)
    assert second != first and redo(registry, owner, registry.store.get(first), cache) == second


def test_uploaded_texts_are_not_kept_so_their_runs_begin_at_the_form(
    registry: JobRegistry, owner: ModelOwner, cache: ActivationCache
) -> None:
    rows = b"positive,negative,split\n" + b"".join(
        f"he ran from dog {i},he sat by dog {i},{'heldout' if i > 3 else 'train'}\n".encode() for i in range(6)
    )
    run_id = start_build(registry, owner, (read_prompt_bytes("fear-calm.csv", rows),), BuildSettings(folds=2), cache)
    registry.wait(run_id)
    registry.store.expire(run_id)
    run = registry.store.get(run_id)
    assert not can_redo(run)
    assert "dog" not in run.settings
    with pytest.raises(RunError, match="uploaded"):
        redo(registry, owner, run, cache)


def test_what_cannot_be_done_again_says_so(registry: JobRegistry, owner: ModelOwner, cache: ActivationCache) -> None:
    store = registry.store
    other = store.create("build", json.dumps({"model": "x", "fingerprint": "other", "prompt_sets": [], "settings": {}}))
    store.fail(other, "no")
    with pytest.raises(RunError, match="another model"):
        redo(registry, owner, store.get(other), cache)
    strange = store.create("reading", json.dumps({"fingerprint": owner.model.info.fingerprint}))
    store.cancel(strange)
    assert not can_redo(store.get(strange))


def test_settings_that_are_refused_by_now_cannot_be_done_again(
    registry: JobRegistry, owner: ModelOwner, cache: ActivationCache
) -> None:
    store = registry.store
    vectors = load_build(store, built(registry, owner, cache)).vectors
    said = TalkSettings(turns=(Turn("user", "Tea?"),), strengths=(("fear", 1.0),), max_new_tokens=1)
    run_id = start(registry, owner, vectors, TALK, said)
    registry.wait(run_id)
    store.expire(run_id)
    assert can_redo(store.get(run_id), store)
    described = json.loads(store.get(run_id).settings)
    described["asked"] |= {"chat": False, "turns": described["asked"]["turns"] * 3}
    refused = store.create(TALK.kind, json.dumps(described))
    store.fail(refused, "no")
    assert "no turns before it" in why_not(store.get(refused), store)


def test_a_refused_redo_keeps_the_run(registry: JobRegistry, owner: ModelOwner, cache: ActivationCache) -> None:
    run_id = built(registry, owner, cache)
    registry.store.expire(run_id)
    small = JobRegistry(registry.store, Settings(max_texts=5), "ann")
    with pytest.raises(LimitError):
        redo(small, owner, registry.store.get(run_id), cache)
    assert registry.store.get(run_id).state == "expired"
