"""The first page's result that lies in the repository belongs to the model that lies beside it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bundled import Bundled
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save

from emotion_core.base.activations import ActivationCache
from emotion_core.evaluation.transfer import author_note
from emotion_core.experiments.experiment import find, load
from emotion_core.experiments.geometry import MAP_CHECKS, MapSettings
from emotion_core.experiments.ship import (
    MAP_CLUSTERS,
    MAP_SET,
    PLANTED_SET,
    SHIPPED_FOLDER,
    SMOLLM2_TRANSFER,
    Example,
    examples,
    home_prompts,
    pack,
    prompts_of,
    round_run,
    settings_of,
    shipped_card,
    shipped_transfer,
    start_home_build,
    start_home_sweep,
    unpack,
)
from emotion_core.experiments.steering import SWEEP
from emotion_core.models.catalogue import DEMO_FOLDER
from emotion_core.models.gguf_weights import SMOLLM2
from emotion_core.models.owner import owner_of
from emotion_core.runs.builds import KIND as BUILD
from emotion_core.runs.builds import build_key, load_build
from emotion_core.runs.codec import compressed, rounded
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors

REMEDY = "The shipped result is out of date: run python -m emotion_core.experiments.ship and commit demo_model/results"


@pytest.mark.skipif(not (DEMO_FOLDER / "config.json").exists(), reason="the bundled model is not built")
def test_the_shipped_result_is_found_without_computing(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    runs = [path.parent.name for path in SHIPPED_FOLDER.glob("*/run.json") if path.parent != SMOLLM2_TRANSFER]
    assert unpack(store) == len(runs) >= 2
    assert unpack(store) == 0, "a second start adds nothing"
    owner = owner_of("demo")
    key = build_key(owner.model.info.fingerprint, home_prompts(), BuildSettings())
    assert store.find(BUILD, key) is not None, REMEDY
    registry = JobRegistry(store)
    build_id = start_home_build(registry, owner, ActivationCache(tmp_path / "a.sqlite"))
    sweep_id = start_home_sweep(registry, owner, build_id)
    assert store.get(sweep_id).state == "done", REMEDY
    assert load(store, sweep_id, SWEEP).model.fingerprint == owner.model.info.fingerprint
    assert load_build(store, build_id).vectors.emotions == ("fear",)


@pytest.mark.skipif(not (SHIPPED_FOLDER / "build-emotions-171").exists(), reason="the map is not shipped yet")
def test_the_shipped_map_is_found_without_computing(tmp_path: Path, bundled: Bundled) -> None:
    store = bundled.store(tmp_path)
    build = store.find(BUILD, build_key(owner_of("demo").model.info.fingerprint, prompts_of(MAP_SET), BuildSettings()))
    assert build is not None, REMEDY
    vectors = load_build(store, build.id).vectors
    assert len(vectors.emotions) == 171
    planted = prompts_of(PLANTED_SET)
    assert store.find(BUILD, build_key(owner_of("demo").info.fingerprint, planted, BuildSettings())) is not None, REMEDY
    checks = find(store, vectors, MAP_CHECKS, MapSettings(MAP_CLUSTERS))
    assert checks is not None, REMEDY
    assert load(store, checks, MAP_CHECKS).emotions == vectors.emotions


def shipped_vectors(store: RunStore, name: str) -> EmotionVectors:
    """The vectors of a built-in set that came with the repository, for smollm2."""
    card = shipped_card(SMOLLM2)
    assert card is not None, REMEDY
    build = store.find(BUILD, build_key(card.fingerprint, prompts_of(name), settings_of(name)))
    assert build is not None, f"{name}: {REMEDY}"
    return load_build(store, build.id).vectors


SHIPPED = [one for one in examples() if (SHIPPED_FOLDER / f"{SMOLLM2}-{one.name}").is_dir()]


@pytest.mark.parametrize("example", SHIPPED, ids=lambda one: one.name)
def test_what_the_pages_open_with_is_found_without_computing(
    example: Example, tmp_path: Path, bundled: Bundled
) -> None:
    store = bundled.store(tmp_path)
    vectors = shipped_vectors(store, example.vectors)
    example.experiment.check(example.asked, vectors)
    found = find(store, vectors, example.experiment, example.asked)
    assert found is not None, REMEDY
    assert store.get(found).pinned, "what came with the app is never removed to make room"
    assert isinstance(load(store, found, example.experiment), example.experiment.gives)


def test_what_comes_with_the_repository_stays_small() -> None:
    sizes = dict.fromkeys(("smollm2", "demo"), 0)
    for path in SHIPPED_FOLDER.rglob("*"):
        if path.is_file():
            sizes["smollm2" if path.parent.name.startswith("smollm2-") else "demo"] += path.stat().st_size
    assert sizes["smollm2"] < 12_000_000 and sizes["demo"] < 12_000_000


@pytest.mark.parametrize("bits", [4, 8, 11])
def test_fewer_bits_turn_a_direction_by_next_to_nothing(bits: int) -> None:
    values = np.random.default_rng(0).normal(size=(20, 576)).astype(np.float32)
    short = load_tensors(rounded(save({"v": values}), bits))["v"]
    cosines = (values * short).sum(1) / np.linalg.norm(values, axis=1) / np.linalg.norm(short, axis=1)
    assert cosines.min() > 1 - 4.0 ** -(bits - 1)
    np.testing.assert_allclose(short, values, rtol=2.0**-bits)


@pytest.mark.parametrize("small", [False, True])
def test_what_is_packed_comes_back(tmp_path: Path, small: bool) -> None:
    first, second = RunStore(tmp_path / "first"), RunStore(tmp_path / "second")
    run_id = first.create("build", '{"label": "x"}', key="k")
    first.finish(run_id, {"a.bin": b"1", "b.bin": b"2"})
    pack(first, run_id, tmp_path / "packed", "any", small=small)
    assert unpack(second, tmp_path / "packed") == 1
    found = second.find("build", "k")
    assert found is not None
    assert second.read(found.id, "b.bin") == b"2"
    assert json.loads(found.settings)["shipped"].endswith("experiments.ship")


def test_the_folder_is_part_of_the_repository() -> None:
    assert SHIPPED_FOLDER.name == "results"
    assert (SHIPPED_FOLDER / "sweep" / "run.json").is_file()


def test_a_rounded_run_takes_the_place_of_the_first_and_keeps_three_digits(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    run_id = store.create("build", '{"label": "x"}', key="k")
    values = np.random.default_rng(0).normal(size=(40, 30)).astype(np.float32)
    values[0, 0], values[0, 1] = np.nan, 1e-30
    whole = np.arange(5)
    store.finish(run_id, {"a.safetensors": save({"v": values, "n": whole}, metadata={"m": "x"}), "b.txt": b"2"})
    again = round_run(store, run_id)
    found = store.find("build", "k")
    assert found is not None and found.id == again
    data = store.read(again, "a.safetensors")
    tensors = load_tensors(data)
    np.testing.assert_allclose(tensors["v"], values, rtol=1 / 2000)
    assert (tensors["v"] != values).mean() > 0.9 and tensors["v"].dtype == np.float32
    assert tensors["n"].tolist() == whole.tolist() and b'"m":"x"' in data[:200]
    assert store.read(again, "b.txt") == b"2"
    assert len(compressed(data)) < 0.75 * len(compressed(store.read(run_id, "a.safetensors")))


def test_the_first_page_says_who_wrote_both_sets() -> None:
    shipped = shipped_transfer()
    assert shipped is not None, REMEDY
    assert "written for this project" in author_note(shipped)
    assert "written for this project" not in author_note(replace(shipped, target="someone-elses.csv"))
