"""Estimates of time follow what this machine has computed: a clock of our own, and a model that takes known seconds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from tiny import tiny_model

from emotion_core.base import jobs as pacing
from emotion_core.base.activations import ReadingPosition
from emotion_core.base.jobs import Pace, run_to_end
from emotion_core.models.loaded import LoadedModel, Remembered, UnreadModel
from emotion_core.runs.limits import build_seconds, sweep_seconds
from emotion_core.tracing.decode import step
from emotion_core.tracing.record import record

CHARACTERS_A_TOKEN = 4.3


class Clock:
    """Seconds that only a model lets pass."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def slow_model(clock: Clock, seconds_a_token: float) -> LoadedModel:
    """A tiny model that takes so long for each token that passes through its first block."""
    model = tiny_model("gpt2")

    def passing(_: object, given: tuple[torch.Tensor, ...]) -> None:
        clock.now += seconds_a_token * given[0].shape[0] * given[0].shape[1]

    model.module.get_submodule(f"{model.layers_path}.0").register_forward_pre_hook(passing)
    return model


@pytest.fixture
def clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clock:
    fake = Clock()
    own = Pace(tmp_path / "pace.json", fake)
    monkeypatch.setattr(pacing, "_of", lambda folder: own)
    return fake


def texts(n: int, first: int = 0) -> list[str]:
    return [f"{'the door is open and ' * 4}{first + i}" for i in range(n)]


@pytest.mark.parametrize("seconds_a_token", [0.002, 0.05])
def test_a_build_takes_what_was_said_once_something_was_read(clock: Clock, seconds_a_token: float) -> None:
    model = slow_model(clock, seconds_a_token)
    before = build_seconds(model.info, 0, 10_000, neutral=False)
    run_to_end(record(model, texts(60), ReadingPosition()))
    began, new = clock.now, texts(80, first=60)
    tokens = sum(len(model.encode(text)) for text in new)
    said = build_seconds(model.info, len(new), round(tokens * CHARACTERS_A_TOKEN), neutral=False)
    run_to_end(record(model, new, ReadingPosition()))
    took = clock.now - began
    assert took / 1.5 < said < 1.5 * took
    assert build_seconds(model.info, 0, 10_000, neutral=False) > before, "a tiny model was thought to be quick"


def test_writing_has_a_pace_of_its_own(clock: Clock) -> None:
    model = slow_model(clock, 0.01)
    run_to_end(record(model, texts(30), ReadingPosition()))
    cache = None
    for _ in range(30):
        cache, _ = step(model, torch.ones(32, dtype=torch.int64), cache)
    assert pacing.pace().rate("write", model.info) == pytest.approx(100, rel=0.05)
    assert sweep_seconds(model.info, 64, 20) == pytest.approx(2 * 64 * 20 * 0.01, rel=0.5)


def test_small_passes_and_passes_that_fail_do_not_count(clock: Clock) -> None:
    model = slow_model(clock, 1.0)
    run_to_end(record(model, ["the door"], ReadingPosition()))
    with pytest.raises(ValueError), pacing.pace().measured("read", model.info, 1000):
        clock.now += 100
        raise ValueError
    assert pacing.pace().rate("read", model.info) is None


@pytest.mark.parametrize("kind", ["read", "write"])
def test_weights_that_are_read_at_the_first_pass_are_not_of_it(clock: Clock, kind: pacing.Pass) -> None:
    whole = slow_model(clock, 0.01)

    def read() -> LoadedModel:
        clock.now += 1000
        return whole

    known = Remembered(whole.info, whole.layers_path, whole.embedded)
    model = UnreadModel.of(known, lambda: whole.tokenizer, read)
    if kind == "read":
        run_to_end(record(model, texts(60), ReadingPosition()))
    else:
        cache = None
        for _ in range(30):
            cache, _ = step(model, torch.ones(32, dtype=torch.int64), cache)
    assert clock.now > 1000 and pacing.pace().rate(kind, model.info) == pytest.approx(100, rel=0.05)


@pytest.mark.parametrize(("rows", "counts"), [(16, False), (32, True)])
def test_a_step_of_few_rows_does_not_make_sweeps_look_slow(clock: Clock, rows: int, counts: bool) -> None:
    model = slow_model(clock, 0.01)  # 16 rows are what the self-check writes, at its overhead
    cache = None
    for _ in range(30):
        cache, _ = step(model, torch.ones(rows, dtype=torch.int64), cache)
    assert (pacing.pace().rate("write", model.info) is not None) is counts


def test_a_machine_that_became_slower_is_noticed_and_remembered(tmp_path: Path, tiny) -> None:
    fake, info = Clock(), tiny("gpt2").info
    own = Pace(tmp_path / "pace.json", fake)
    for seconds_a_token, passes in ((0.001, 200), (0.01, 60)):
        for _ in range(passes):
            with own.measured("read", info, 300):
                fake.now += 300 * seconds_a_token
    rate = own.rate("read", info)
    assert rate is not None and 100 <= rate < 200
    assert Pace(tmp_path / "pace.json").rate("read", info) == pytest.approx(rate, rel=0.1)


@pytest.mark.parametrize("content", ["", "[1]", '{"x": 1}', json.dumps({"x": ["a", 1]})])
def test_a_damaged_file_is_begun_anew(tmp_path: Path, tiny, content: str) -> None:
    (tmp_path / "pace.json").write_text(content)
    assert Pace(tmp_path / "pace.json").rate("read", tiny("gpt2").info) is None
