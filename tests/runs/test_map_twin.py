"""The untrained twin's vectors as a run: made once, found again, and different from the model's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from emotion_core.errors import SettingsError
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.builtin import load_prompts
from emotion_core.runs.map_twin import find_twin, load_twin, read_twin, start_twin
from emotion_core.runs.progress import run_to_end
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.vectors.build import build
from emotion_core.vectors.settings import BuildSettings


def test_the_twin_is_read_once_and_found_again(bundled, tmp_path):
    prompts = load_prompts("emotions-12")
    prompts = replace(prompts, texts=tuple(t for e in prompts.emotions[:3] for t in prompts.of(e)[:6]))
    vectors = run_to_end(build(bundled.model, [prompts], BuildSettings(), bundled.cache))
    store, owner = RunStore(tmp_path), ModelOwner(bundled.model)
    registry = JobRegistry(store)
    assert find_twin(store, vectors) is None
    run_id = start_twin(registry, owner, vectors, bundled.cache)
    registry.wait(run_id)
    assert find_twin(store, vectors) == run_id == start_twin(registry, owner, vectors, bundled.cache)
    twin = load_twin(store, run_id)
    assert twin.model == "untrained:demo" and twin.fingerprint != bundled.model.info.fingerprint
    assert twin.values.shape == vectors.values.shape and not np.allclose(twin.values, vectors.values, atol=0.01)
    other = replace(vectors, neutral_projection=True)
    assert find_twin(store, other) is None, "another build has another twin"


def test_texts_that_are_not_known_cannot_be_read(bundled):
    with pytest.raises(SettingsError, match="not known"):
        run_to_end(read_twin(bundled.model, replace(bundled.vectors, prompt_sets=())))
