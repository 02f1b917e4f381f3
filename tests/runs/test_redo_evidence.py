"""What is tested about vectors comes back the same from its settings; uploaded contrasts are limited and not kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from redo_helpers import content

from emotion_core.errors import LimitError, RunError
from emotion_core.evaluation.confounds import built_in_confounds
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.files import read_prompt_bytes
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs.builds import load_build, start_build
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.checkups import start_confounds, start_sizes
from emotion_core.runs.heldouts import start_heldout
from emotion_core.runs.orthogonal import start_orthogonal
from emotion_core.runs.recipes import described_vectors, kept_vectors
from emotion_core.runs.redo import can_redo, redo, why_not
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.settings import Settings
from emotion_core.runs.transfers import start_transfer
from emotion_core.runs.variants import start_variants
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.settings import BuildSettings

Start = Callable[[JobRegistry, ModelOwner, EmotionVectors, ActivationCache], str]


@pytest.fixture(scope="module")
def vectors(registry: JobRegistry, owner: ModelOwner, cache: ActivationCache) -> EmotionVectors:
    run_id = start_build(registry, owner, (load_prompts("fear-calm"),), BuildSettings(folds=2), cache)
    registry.wait(run_id)
    return load_build(registry.store, run_id).vectors


def _heldout(registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache) -> str:
    return start_heldout(registry, owner, vectors, vectors.prompt_sets, cache)


def _confounds(registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache) -> str:
    return start_confounds(registry, owner, vectors, built_in_confounds()[:1], cache)


def _sizes(registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache) -> str:
    return start_sizes(registry, owner, vectors, cache)


def _variants(registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache) -> str:
    return start_variants(registry, owner, vectors, cache)


def _orthogonal(registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache) -> str:
    return start_orthogonal(registry, owner, vectors, (), built_in_confounds()[:1], cache, "fear-calm")


def _transfer(registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache) -> str:
    return start_transfer(registry, owner, vectors, load_prompts("emotions-12"), None, cache, untrained=True)


@pytest.mark.parametrize("start", [_heldout, _confounds, _sizes, _variants, _orthogonal, _transfer])
def test_an_expired_run_comes_back_the_same(
    start: Start, registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache
) -> None:
    store = registry.store
    run_id = start(registry, owner, vectors, cache)
    registry.wait(run_id)
    before = {name: content(store.read(run_id, name)) for name in store.files(run_id)}
    assert before and not can_redo(store.get(run_id))
    store.expire(run_id)
    assert can_redo(store.get(run_id)), why_not(store.get(run_id))
    assert redo(registry, owner, store.get(run_id), cache) == run_id
    registry.wait(run_id)
    assert store.get(run_id).state == "done"
    assert {name: content(store.read(run_id, name)) for name in store.files(run_id)} == before


def own_set(name: str = "mine.csv") -> PromptSet:
    rows = b"emotion,positive,negative,split\n" + b"".join(
        f"fear,he ran from dog {i} SECRET,he sat by dog {i},{'heldout' if i > 5 else 'train'}\n".encode()
        for i in range(9)
    )
    return read_prompt_bytes(name, rows)


def test_uploaded_contrasts_are_not_kept(
    registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache
) -> None:
    def onto_own(*given):
        return start_transfer(*given[:3], given[3][0], None, given[4])

    for start in (start_confounds, start_heldout, onto_own):
        run_id = start(registry, owner, vectors, (own_set(),), cache)
        registry.wait(run_id)
        registry.store.expire(run_id)
        run = registry.store.get(run_id)
        assert "SECRET" not in run.settings and "uploaded" in why_not(run, registry.store)


def test_a_run_over_uploaded_texts_comes_back_while_their_vectors_are_kept(
    registry: JobRegistry, owner: ModelOwner, cache: ActivationCache
) -> None:
    store = registry.store
    build_id = start_build(registry, owner, (own_set(),), BuildSettings(folds=2), cache)
    registry.wait(build_id)
    run_id = start_heldout(registry, owner, load_build(store, build_id).vectors, (own_set(),), cache)
    registry.wait(run_id)
    before = content(store.read(run_id, "heldout.safetensors"))
    store.expire(run_id)
    run = store.get(run_id)
    assert can_redo(run, store) and not can_redo(run), "the run alone does not know"
    assert redo(registry, owner, run, cache) == run_id
    registry.wait(run_id)
    assert content(store.read(run_id, "heldout.safetensors")) == before
    store.expire(run_id)
    store.delete(build_id)
    assert not can_redo(store.get(run_id), store)
    with pytest.raises(RunError, match="uploaded"):
        redo(registry, owner, store.get(run_id), cache)


def test_vectors_with_the_same_numbers_and_other_texts_are_not_taken(
    registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache
) -> None:
    described = {"fingerprint": owner.model.info.fingerprint, **described_vectors(vectors)}
    assert kept_vectors(registry.store, json.loads(json.dumps(described))) is not None
    described |= described_vectors(replace(vectors, prompt_sets=(own_set(),)))
    assert kept_vectors(registry.store, json.loads(json.dumps(described))) is None


@pytest.mark.parametrize("start", [start_confounds, start_heldout])
def test_a_hosted_app_limits_uploaded_contrasts(
    start: Callable[..., str], registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache
) -> None:
    few = JobRegistry(registry.store, Settings(max_texts=5), "ann")
    with pytest.raises(LimitError, match="texts"):
        start(few, owner, vectors, (own_set("few.csv"),), cache)
    short = JobRegistry(registry.store, Settings(max_tokens=5), "ann")
    run_id = start(short, owner, vectors, (own_set("short.csv"),), cache)
    with pytest.raises(LimitError, match="too long"):
        short.wait(run_id)


@pytest.mark.parametrize("start", [start_sizes, start_variants])
def test_a_hosted_app_limits_the_texts_of_uploaded_vectors(
    start: Callable[..., str], registry: JobRegistry, owner: ModelOwner, vectors: EmotionVectors, cache: ActivationCache
) -> None:
    few = JobRegistry(registry.store, Settings(max_texts=5), "ann")
    with pytest.raises(LimitError, match="texts"):
        start(few, owner, vectors, cache)
