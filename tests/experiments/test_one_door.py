"""Pages, command line and library give the same for the same settings, and the second asks nothing of the model."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bundled import Bundled

from emotion_core import library
from emotion_core.base import settings as settings_module
from emotion_core.base.jobs import run_to_end
from emotion_core.cli.main import main
from emotion_core.experiments.evaluation import HELDOUT, SIZES, OnOwnTexts, OnSets
from emotion_core.experiments.experiment import load, start
from emotion_core.experiments.steering import CROSSTALK, SWEEP
from emotion_core.models.load import load_model
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.builtin import load_prompts
from emotion_core.runs.builds import load_build, start_build
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import open_store
from emotion_core.steering.settings import WORDS, CrossTalkSettings, SweepSettings
from emotion_core.tracing.record import record
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors
from emotion_core.vectors.file import save_vectors

SET = "emotions-12"


@pytest.fixture(scope="module", autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMOTION_DATA_DIR", str(folder))
        settings_module.settings.cache_clear()
        yield folder


@pytest.fixture(autouse=True)
def of_this_folder(data_folder: Path) -> None:
    settings_module.settings.cache_clear()


@pytest.fixture(scope="module")
def owner() -> Iterator[ModelOwner]:
    made = ModelOwner(load_model("demo"))
    yield made
    made.close()


@pytest.fixture
def page(owner: ModelOwner, bundled: Bundled) -> Callable[..., Any]:
    """What a page does: starts a run in the background, waits, and loads the result."""

    def result(experiment: Any, vectors: EmotionVectors, settings: Any) -> Any:
        registry = JobRegistry(open_store(), settings_module.settings(), "ann")
        run_id = start(registry, owner, vectors, experiment, settings, bundled.cache)
        registry.wait(run_id)
        return load(registry.store, run_id, experiment)

    return result


@pytest.fixture
def forward_passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts forward passes of all models that are loaded from now on, and of the one that is given."""
    import torch

    seen: list[int] = []
    embed = torch.nn.functional.embedding

    def counted(*arguments: Any, **named: Any) -> Any:
        seen.append(1)
        return embed(*arguments, **named)

    monkeypatch.setattr(torch.nn.functional, "embedding", counted)
    return seen


@pytest.fixture
def file(tmp_path: Path, bundled: Bundled) -> str:
    path = tmp_path / "twelve.safetensors"
    save_vectors(bundled.twelve, path)
    return str(path)


def document(capsys: Any, *argv: str) -> Any:
    assert main([*argv, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def same(result: Any) -> Any:
    return json.loads(json.dumps(result.to_json()))


def test_held_out_scores(page: Any, file: str, bundled: Bundled, capsys: Any, forward_passes: list[int]) -> None:
    shown = page(HELDOUT, bundled.twelve, OnSets((load_prompts(SET),)))
    run_to_end(record(bundled.model, ["The count counts."], bundled.twelve.reading))
    asked = len(forward_passes)
    assert asked, "the texts themselves may have been read by another test"
    printed = document(capsys, "heldout", file, SET)
    given = library.test(bundled.model, bundled.twelve, SET)
    assert len(forward_passes) == asked
    assert same(shown) == {key: printed[key] for key in same(shown)} == same(given)


def test_a_sweep(page: Any, file: str, bundled: Bundled, capsys: Any, forward_passes: list[int]) -> None:
    small = {"samples": 1, "controls": 3, "max_new_tokens": 2}
    given = library.steer(bundled.model, bundled.twelve, "The door", [-0.2, 0.2], emotion="fear", words=WORDS, **small)
    asked = len(forward_passes)
    assert asked
    words = ["--samples", "1", "--controls", "3", "--tokens", "2"]
    printed = document(
        capsys, "sweep", file, "--emotion", "fear", "--prompt", "The door", "--strengths", "-0.2,0.2", *words
    )
    settings = SweepSettings(
        emotion="fear",
        prompts=("The door",),
        strengths=(-0.2, 0.2),
        words=WORDS,
        **small,  # type: ignore[arg-type]
    )
    shown = page(SWEEP, bundled.twelve, settings)
    assert len(forward_passes) == asked
    assert same(shown) == printed == same(given)


def test_a_matrix_of_all_emotions(
    page: Any, file: str, bundled: Bundled, capsys: Any, forward_passes: list[int]
) -> None:
    words = ["--samples", "1", "--controls", "3", "--tokens", "2", "--strength", "0.2"]
    printed = document(capsys, "crosstalk", file, "--prompt", "The door", *words)
    asked = len(forward_passes)
    small = {"samples": 1, "controls": 3, "max_new_tokens": 2}
    settings = CrossTalkSettings(
        prompts=("The door",),
        strength=0.2,
        emotions=bundled.twelve.emotions,
        **small,  # type: ignore[arg-type]
    )
    assert same(page(CROSSTALK, bundled.twelve, settings)) == printed
    assert len(forward_passes) == asked > 0


def test_a_kind_without_a_command_of_its_own_hand(
    page: Any, file: str, bundled: Bundled, capsys: Any, forward_passes: list[int]
) -> None:
    printed = document(capsys, "sizes", file)
    asked = len(forward_passes)
    shown = page(SIZES, bundled.twelve, OnOwnTexts())
    assert len(forward_passes) == asked > 0
    assert [one["n"] for one in printed["points"]] == [one.n for one in shown.points]
    assert [one["auroc"] for one in printed["points"]] == [pytest.approx(one.auroc) for one in shown.points]
    assert main(["sizes", file]) == 0
    assert "points:" in capsys.readouterr().out


def test_a_build(owner: ModelOwner, bundled: Bundled, tmp_path: Path, capsys: Any, forward_passes: list[int]) -> None:
    registry = JobRegistry(open_store(), settings_module.settings(), "ann")
    sets = (load_prompts("fear-calm"),)
    run_id = start_build(registry, owner, sets, BuildSettings(), bundled.cache)
    registry.wait(run_id)
    shown = load_build(registry.store, run_id).vectors
    load_model("demo", later=True)  # is tried when it is loaded, unless its files are known from before
    asked = len(forward_passes)
    out = tmp_path / "fear.safetensors"
    printed = document(capsys, "build", "fear-calm", "--out", str(out))
    given = library.build(bundled.model, "fear-calm")
    assert len(forward_passes) == asked
    assert printed["selected_layer"] == shown.selected_layer == given.selected_layer
    assert library.open_vectors(out).values.tobytes() == shown.values.tobytes() == given.values.tobytes()


def test_a_report_is_made_of_the_runs_that_pages_start(
    page: Any, bundled: Bundled, capsys: Any, forward_passes: list[int]
) -> None:
    first = document(capsys, "report", "fear-calm")
    asked = len(forward_passes)
    sizes = page(SIZES, bundled.vectors, OnOwnTexts())
    assert [one["n"] for one in first["sample_size"]] == [one.n for one in sizes.points]
    assert document(capsys, "report", "fear-calm") == first
    assert len(forward_passes) == asked
