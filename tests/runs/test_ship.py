"""The first page's result that lies in the repository belongs to the model that lies beside it."""

import json
from pathlib import Path

import pytest

from emotion_core.models.catalogue import DEMO_FOLDER
from emotion_core.models.owner import owner_of
from emotion_core.runs.builds import KIND as BUILD
from emotion_core.runs.builds import build_key, load_build
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.ship import SHIPPED_FOLDER, home_prompts, pack, start_home_build, start_home_sweep, unpack
from emotion_core.runs.store import RunStore
from emotion_core.runs.sweeps import load_sweep
from emotion_core.vectors.settings import BuildSettings

REMEDY = "The shipped result is out of date: run python -m emotion_core.runs.ship and commit demo_model/results"


@pytest.mark.skipif(not (DEMO_FOLDER / "config.json").exists(), reason="the bundled model is not built")
def test_the_shipped_result_is_found_without_computing(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    assert unpack(store) == 2
    assert unpack(store) == 0, "a second start adds nothing"
    owner = owner_of("demo")
    key = build_key(owner.model.info.fingerprint, home_prompts(), BuildSettings())
    assert store.find(BUILD, key) is not None, REMEDY
    registry = JobRegistry(store)
    build_id = start_home_build(registry, owner, ActivationCache(tmp_path / "a.sqlite"))
    sweep_id = start_home_sweep(registry, owner, build_id)
    assert store.get(sweep_id).state == "done", REMEDY
    assert load_sweep(store, sweep_id).model.fingerprint == owner.model.info.fingerprint
    assert load_build(store, build_id).vectors.emotions == ("fear",)


def test_what_is_packed_comes_back(tmp_path: Path) -> None:
    first, second = RunStore(tmp_path / "first"), RunStore(tmp_path / "second")
    run_id = first.create("build", '{"label": "x"}', key="k")
    first.finish(run_id, {"a.bin": b"1", "b.bin": b"2"})
    pack(first, run_id, tmp_path / "packed")
    assert unpack(second, tmp_path / "packed") == 1
    found = second.find("build", "k")
    assert found is not None
    assert second.read(found.id, "b.bin") == b"2"
    assert json.loads(found.settings)["shipped"].endswith("runs.ship")


def test_the_folder_is_part_of_the_repository() -> None:
    assert SHIPPED_FOLDER.name == "results"
    assert (SHIPPED_FOLDER / "sweep" / "run.json").is_file()
