"""CONTRIBUTING.md, "Add a kind of run", followed word for word: what a description and a line give."""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bundled import Bundled

from emotion_core.base import settings as settings_module
from emotion_core.base.errors import LimitError, SettingsError
from emotion_core.base.settings import Settings
from emotion_core.cli.main import main
from emotion_core.experiments.experiment import find, key_of, load, start
from emotion_core.experiments.kinds import EXPERIMENTS, KINDS, experiment_of
from emotion_core.experiments.redo import can_redo, redo
from emotion_core.models.load import load_model
from emotion_core.models.owner import ModelOwner
from emotion_core.runs.builds import start_build
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import open_store
from emotion_core.vectors.emotion_vectors import BuildSettings
from emotion_core.vectors.file import save_vectors

TOY = '''
"""How long each vector is at a layer, so many times over."""

from dataclasses import dataclass
from typing import Annotated

from emotion_core.base.ask import Ask, Layer, Seed, enforce
from emotion_core.base.jobs import Progress
from emotion_core.experiments.experiment import Experiment, Size
from emotion_core.tracing.record import record


@dataclass(frozen=True)
class ToySettings:
    times: Annotated[int, Ask("Times over", "How often it is counted. More is longer.", least=1, most=9)] = 2
    words: Annotated[tuple[str, ...], Ask("Words", "Texts to read.", option="--word")] = ("dog",)
    layer: Layer = None
    seed: Seed = 0

    def __post_init__(self) -> None:
        enforce(self)


@dataclass(frozen=True)
class Toy:
    lengths: dict[str, float]
    layer: int


def _job(bench, settings):
    layer = bench.vectors.selected_layer if settings.layer is None else settings.layer
    read = yield from record(bench.model, list(settings.words), bench.vectors.reading, bench.cache)
    lengths = (bench.vectors.values[:, layer] ** 2).sum(-1) ** 0.5 * settings.times * len(read.texts)
    return Toy({name: float(one) for name, one in zip(bench.vectors.emotions, lengths)}, layer)


TOY = Experiment(
    kind="toy",
    asks=ToySettings,
    gives=Toy,
    job=_job,
    label=lambda settings, vectors: f"{settings.times} times",
    size=lambda settings, vectors: Size(texts=settings.words),
)
'''


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module of the recipe, and its line in `KINDS`."""
    (tmp_path / "toy_of_the_recipe.py").write_text(TOY, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(KINDS, "toy", ("toy_of_the_recipe:TOY", "how long the vectors are"))
    monkeypatch.setenv("EMOTION_DATA_DIR", str(tmp_path / "data"))
    settings_module.settings.cache_clear()
    yield EXPERIMENTS["toy"]
    sys.modules.pop("toy_of_the_recipe", None)


@pytest.fixture
def owner() -> Iterator[ModelOwner]:
    made = ModelOwner(load_model("demo"))
    yield made
    made.close()


def test_a_description_and_a_line_give_all_of_it(
    toy: Any, owner: ModelOwner, bundled: Bundled, tmp_path: Path, capsys: Any
) -> None:
    vectors, asks = bundled.vectors, toy.asks
    registry = JobRegistry(open_store(), Settings(), "ann")
    registry.wait(start_build(registry, owner, vectors.prompt_sets, BuildSettings(), bundled.cache))

    # Key, start, finding again, storing.
    assert key_of(toy, vectors, asks()) == key_of(toy, vectors, asks(2)) != key_of(toy, vectors, asks(3))
    three = replace(toy, revised=lambda settings: settings.times == 3)
    assert key_of(three, vectors, asks(2)) == key_of(toy, vectors, asks(2)), "others stay what they were"
    assert key_of(three, vectors, asks(3)) != key_of(toy, vectors, asks(3))
    run_id = start(registry, owner, vectors, toy, asks(3), bundled.cache)
    registry.wait(run_id)
    shown = load(registry.store, run_id, toy)
    assert find(registry.store, vectors, toy, asks(3)) == run_id

    # Ranges and limits.
    with pytest.raises(SettingsError, match=r"'times over'.*1 to 9.*Found: 10"):
        asks(10)
    tight = JobRegistry(registry.store, Settings(max_tokens=1), "bob")
    refused = start(tight, owner, vectors, toy, asks(words=("a dog", "a cat")), bundled.cache)
    with pytest.raises(LimitError, match="too long"):
        tight.wait(refused)

    # The command: options with their ranges, and the result that the page computed.
    file = str(tmp_path / "fear.safetensors")
    save_vectors(vectors, tmp_path / "fear.safetensors")
    assert main(["toy", file, "--times", "3", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"lengths": shown.lengths, "layer": shown.layer}
    assert main(["toy", file, "--times", "3"]) == 0
    assert f"layer: {shown.layer}" in capsys.readouterr().out
    assert main(["toy", file, "--times", "10"]) == 2
    assert "1 to 9" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["toy", "--help"])
    help_text = " ".join(capsys.readouterr().out.split())
    assert "--times N how often it is counted (1 to 9; default 2)" in help_text and "--word WORDS" in help_text
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "how long the vectors are" in capsys.readouterr().out

    # The link: the kind is known, and an expired run comes back the same.
    run = registry.store.get(run_id)
    assert experiment_of(run.kind, json.loads(run.settings)) is toy
    registry.store.expire(run_id)
    assert can_redo(registry.store.get(run_id), registry.store)
    assert redo(registry, owner, registry.store.get(run_id), bundled.cache) == run_id
    registry.wait(run_id)
    assert load(registry.store, run_id, toy) == shown
