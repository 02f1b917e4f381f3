"""A stopped sweep ends at the next decoding step and leaves what is finished."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from steering.handmade import random_vectors, settings, texts

from emotion_core.base.errors import JobCancelled
from emotion_core.base.jobs import run_to_end
from emotion_core.experiments.experiment import has_result, load, start
from emotion_core.experiments.steering import SWEEP
from emotion_core.models.owner import ModelOwner
from emotion_core.runs.registry import JobRegistry, stop_run
from emotion_core.runs.store import RunStore
from emotion_core.steering import generate as generator
from emotion_core.steering.crosstalk import crosstalk
from emotion_core.steering.settings import CrossTalkSettings
from emotion_core.steering.sweep import Sweep, sweep


def stopped_after(model, steps: int, monkeypatch, **more) -> tuple[Sweep, int]:
    """A sweep that is stopped once so many decoding steps are done, and the steps that it took."""
    taken: list[int] = []
    real = generator.step
    monkeypatch.setattr(generator, "step", lambda *a: taken.append(1) or real(*a))
    job = sweep(model, random_vectors(model), settings(**more), stop=lambda: len(taken) >= steps)
    return run_to_end(job), len(taken)


def own_texts(result):
    """Texts of the emotion, which are written before those of the controls."""
    return {key: text for key, text in texts(result).items() if key[1] == "emotion"}


def test_nothing_more_is_written_and_the_texts_are_those_of_a_shorter_sweep(tiny, monkeypatch):
    model = tiny("gpt2")
    short = run_to_end(sweep(model, random_vectors(model), settings(prompts=("Tea is",), max_new_tokens=3)))
    found, steps = stopped_after(model, 3, monkeypatch, prompts=("Tea is",))
    assert steps == 3 and texts(found) == own_texts(short)
    assert [one.effect for one in found.strengths] == [one.effect for one in short.strengths]
    assert found.partial.startswith("stopped at 3 of 8 tokens") and not short.partial


def test_finished_prompts_stay_whole(tiny, monkeypatch):
    model = tiny("gpt2")
    whole = run_to_end(sweep(model, random_vectors(model), settings()))
    found, steps = stopped_after(model, 8 + 2, monkeypatch)
    first = {key: text for key, text in own_texts(whole).items() if key[0] == settings().prompts[0]}
    assert steps == 10 and texts(found) == first
    assert found.partial == "stopped after 20 of 40 texts, before any text of its controls"
    assert found.test is None, "controls are written last"


def test_a_stopped_run_opens_by_its_link_and_never_passes_for_the_whole(tiny, tmp_path: Path, monkeypatch):
    model = tiny("gpt2")
    store = RunStore(tmp_path)
    registry = JobRegistry(store)
    real, seen = generator.step, []

    def stopping(*args):
        seen.append(1)
        if len(seen) == 4:
            stop_run(registry, store.recent("sweep")[0].id)
        return real(*args)

    owner = ModelOwner(model)
    monkeypatch.setattr(generator, "step", stopping)
    run_id = start(registry, owner, random_vectors(model), SWEEP, settings())
    with pytest.raises(JobCancelled, match="stopped at 4 of 8 tokens"):
        registry.wait(run_id)
    assert len(seen) == 4 and store.get(run_id).state == "cancelled" and has_result(store, run_id, SWEEP)
    assert load(store, run_id, SWEEP).partial.startswith("stopped at 4")
    monkeypatch.setattr(generator, "step", real)
    again = start(registry, owner, random_vectors(model), SWEEP, settings())
    registry.wait(again)
    assert again != run_id and not load(store, again, SWEEP).partial
    assert start(registry, owner, random_vectors(model), SWEEP, settings()) == again


def test_a_waiting_run_is_cancelled_without_a_result(tiny, tmp_path: Path):
    store = RunStore(tmp_path)
    registry = JobRegistry(store)

    class Never:
        state, place = "queued", 0

        def cancel(self) -> None:
            self.state = "cancelled"

    class Owner:
        model = tiny("gpt2")
        info = model.info

        def submit(self, job, visitor=""):
            return Never()

    run_id = start(registry, Owner(), random_vectors(Owner.model), SWEEP, settings())
    stop_run(registry, run_id)
    assert store.get(run_id).state == "cancelled" and not has_result(store, run_id, SWEEP)


def test_a_stopped_matrix_has_the_shape_of_the_whole(tiny):
    model = tiny("llama")
    chosen = CrossTalkSettings(prompts=("Tea is",), strength=0.5, controls=3, samples=2, max_new_tokens=6, layer=1)
    found = run_to_end(crosstalk(model, random_vectors(model), chosen, stop=lambda: True))
    assert found.partial.startswith("stopped at 1 of 6 tokens") and found.matrix.shape == (3, 3)
    assert np.isfinite(found.matrix).all()
