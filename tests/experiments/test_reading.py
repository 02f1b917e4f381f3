"""Readings: what they cost, the command that redoes them, what is kept of them, and those of version 0.1."""

from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from bundled import Bundled

from emotion_core import library
from emotion_core.base.activations import ReadingPosition
from emotion_core.cli.main import make_parser
from emotion_core.cli.reading import make_request
from emotion_core.evaluation.controls import KINDS
from emotion_core.experiments.experiment import Bench, asked, find
from emotion_core.experiments.kinds import experiment_of
from emotion_core.experiments.reading import (
    LONGEST_TEXT,
    ZERO_POINT,
    AttemptsSettings,
    ConversationSettings,
    DoseSettings,
    LabelledSettings,
    PriorsSettings,
    ReadingSettings,
    ReplySettings,
    SituationsSettings,
    TextSettings,
    WatchSettings,
    ZeroPointSettings,
    _baselines,
    command,
    known_baseline,
    open_reading,
    reading_of,
    reading_seconds,
)
from emotion_core.models.load import load_model
from emotion_core.prompts.library import load_conversations, load_system_prompts, load_templates
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.attempts import load_attempts
from emotion_core.reading.monitor import Labelled
from emotion_core.reading.priors import Prior
from emotion_core.reading.settings import MonitorSettings, Writing
from emotion_core.runs.codec import as_plain
from emotion_core.runs.store import RunStore

TURNS = (Turn("user", "It's <b>late</b>; مرحبا 🙂"), Turn("assistant", '-"$HOME" `ls`'))
TALK = (Turn("user", "a" * 10), Turn("assistant", "b" * 20))
BUILT_IN = load_conversations()[0].turns
TEMPLATE = load_templates()[0]
SYSTEM = load_system_prompts()[0]
MONITOR = MonitorSettings("fear", 0.02, 3)
RUN = load_attempts()[1]
OWN_RUN = RUN.model_copy(update={"name": "own", "cheat": ""})
LABELLED = (Labelled(TURNS, True, "a"), Labelled(TURNS, False, "b")) * 2

KEPT: list[ReadingSettings] = [
    TextSettings("--It's\n'late' \"$HOME\"", all_layers=True, seed=3),
    TextSettings("x" * LONGEST_TEXT),
    ConversationSettings(BUILT_IN),
    ConversationSettings(BUILT_IN, all_layers=True),
    DoseSettings("I fell {x} m.", (-1.0, 0.5, 100.0)),
    DoseSettings(TEMPLATE.template, (1.0, 2.0, 3.0), TEMPLATE.rise, TEMPLATE.fall),
    DoseSettings("I fell {x} m.", (1.0, 2.0, 3.0), place=ReadingPosition("mean", 2, chat=True)),
    SituationsSettings(),
    SituationsSettings(ReadingPosition("answer", chat=True)),
    AttemptsSettings(RUN),
    WatchSettings(MONITOR, text="Hello.", phrase="it's 'over'"),
]
UPLOADED: list[ReadingSettings] = [
    TextSettings("x" * (LONGEST_TEXT + 1), layer=2),
    ConversationSettings(TURNS),
    ReplySettings(TURNS[:1], Writing("fear", -0.4, 30, 0.7, 5), seed=5),
    AttemptsSettings(OWN_RUN),
    WatchSettings(MONITOR, TURNS),
    LabelledSettings(MONITOR, LABELLED),
    PriorsSettings(
        (Prior("none", ""), Prior(SYSTEM.name, SYSTEM.text, SYSTEM.expected), Prior("Be brief.", "Be brief.")),
        (TURNS, BUILT_IN),
    ),
]


@pytest.mark.parametrize("settings", [*KEPT, *UPLOADED], ids=lambda one: type(one).__name__)
def test_the_command_asks_for_the_same(
    settings: ReadingSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, files = command(settings)
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    words = shlex.split(line)
    assert words[:3] == ["python", "-m", "emotion_core"]
    assert make_request(make_parser().parse_args(words[3:])) == settings


@pytest.mark.parametrize("settings", [*KEPT, *UPLOADED], ids=lambda one: type(one).__name__)
def test_what_was_uploaded_or_is_long_is_not_kept(settings: ReadingSettings) -> None:
    experiment = reading_of(settings)
    assert experiment.keeps(settings) == (settings in KEPT)
    assert asked(experiment, {"asked": json.loads(json.dumps(as_plain(settings)))}) == settings


def test_the_beginning_of_a_built_in_conversation_is_kept_too() -> None:
    assert not ReplySettings(BUILT_IN[:1], Writing("fear")).own


@pytest.mark.parametrize(
    ("settings", "read"),
    [
        (TextSettings("x" * 50), 50),
        (ConversationSettings(TALK), 30),
        (DoseSettings("I took {x} pills", (1.0, 2.0, 3.0)), 42),
        (WatchSettings(MONITOR, TALK), 30),
        (LabelledSettings(MONITOR, (Labelled(TALK, True, "one"),)), 30),
        (PriorsSettings((Prior("a", "1234"),), (TALK, TALK)), 68),
        (PriorsSettings((Prior("a", "1234"), Prior("b", "")), (TALK, TALK)), 128),
        (AttemptsSettings(RUN), sum(len(t.content) for told in (False, True) for t in RUN.turns(encouraged=told))),
    ],
)
def test_texts_are_counted_as_often_as_they_are_read(settings: ReadingSettings, read: int) -> None:
    assert sum(map(len, settings.texts)) == read
    assert reading_of(settings).size(settings, None).texts == settings.texts  # type: ignore[arg-type]


def test_a_longer_text_a_larger_model_and_a_reply_cost_more() -> None:
    info = replace(load_model("demo", device="cpu").info, fingerprint="of no model that ran here")
    short = TextSettings("x" * 50)
    base = reading_seconds(info, short)
    assert reading_seconds(info, replace(short, text="x" * 100_000)) > base
    larger = replace(info, parameters=50 * info.parameters, fingerprint="of another model")
    assert reading_seconds(larger, short) > 2 * base
    assert reading_seconds(info, ReplySettings(TALK, Writing("fear", tokens=500))) > base + 1
    assert reading_seconds(info, short, known=True) < base - 0.5


@pytest.mark.parametrize("settings", [TextSettings("Tea."), SituationsSettings(), ConversationSettings(TALK, seed=1)])
def test_the_zero_point_that_a_reading_builds_on_is_found_afterwards(settings, bundled: Bundled, tmp_path) -> None:
    vectors, store = bundled.twelve, RunStore(tmp_path)
    wanted = settings.zero_point(vectors)
    assert find(store, vectors, ZERO_POINT, wanted) is None
    _baselines.clear()
    bundled.run(settings.read(Bench(bundled.model, vectors, bundled.cache, store=store)))
    assert find(store, vectors, ZERO_POINT, wanted) is not None


def test_equal_vectors_without_their_texts_have_a_zero_point_of_their_own(bundled: Bundled) -> None:
    imported, at = replace(bundled.twelve, prompt_sets=(), estimator="unknown"), ZeroPointSettings((2,), kinds=KINDS)
    first = bundled.run(known_baseline(Bench(bundled.model, imported, bundled.cache), at))
    second = bundled.run(known_baseline(Bench(bundled.model, bundled.twelve, bundled.cache), at))
    assert "shuffled" not in first.kinds and "shuffled" in second.kinds, "there are no labels to shuffle without texts"


def test_the_library_reads_as_the_page_does(bundled: Bundled) -> None:
    text = "The door was open. Somebody had been in the house."
    page = bundled.run(TextSettings(text).read(Bench(bundled.model, bundled.twelve, bundled.cache)))
    mine = library.read(bundled.model, bundled.twelve, text)
    assert (mine.values == page.values).all() and (mine.band_high == page.band_high).all()


def test_texts_are_read_where_it_is_asked(bundled: Bundled) -> None:
    bench = Bench(bundled.model, bundled.twelve, bundled.cache)
    last = ReadingPosition("last")
    pooled = bundled.run(known_baseline(bench, ZeroPointSettings((3,))))
    at_last = bundled.run(known_baseline(bench, ZeroPointSettings((3,), place=last)))
    assert pooled.place == bundled.twelve.reading and at_last.place == last, "both are remembered, and apart"
    values = bundled.run(SituationsSettings(last, layer=3).read(bench)).values
    assert (values != bundled.run(SituationsSettings(layer=3).read(bench)).values).any()


# Results and settings as version 0.1 stored them: one class for all kinds, in one file.
BEFORE = Path(__file__).parent / "readings_0_1"
OLD = json.loads((BEFORE / "settings.json").read_text(encoding="utf-8"))
SHORT = (Turn("user", "It is late."), Turn("assistant", "Who is at the door?"), Turn("user", "Nobody."))
WORDS = ("I ran from the dog.", "I sat in the sun.", "The knife was close.", "Tea and cake.")
FIRST = load_attempts()[0]
WERE: dict[str, ReadingSettings] = {
    "text": TextSettings("The dog ran after me.", all_layers=True, seed=1),
    "conversation": ConversationSettings(SHORT),
    "conversation-built-in": ConversationSettings(BUILT_IN, layer=2),
    "reply": ReplySettings(SHORT, Writing("fear", 0.1, 4, 0.7, 3)),
    "dose": DoseSettings(TEMPLATE.template, (1.0, 2.0, 50.0, 400.0), ("fear",), ("calm",)),
    "situations": SituationsSettings(seed=2),
    "attempts": AttemptsSettings(FIRST.model_copy(update={"attempts": FIRST.attempts[:3], "cheat": "", "name": "own"})),
    "attempts-built-in": AttemptsSettings(FIRST),
    "priors": PriorsSettings((Prior("none", ""), Prior(SYSTEM.name, SYSTEM.text, SYSTEM.expected)), (SHORT,)),
    "monitor": WatchSettings(MONITOR, SHORT, phrase="nobody"),
    "monitor-text": WatchSettings(MONITOR, text="Somebody was here. Nobody saw him."),
    "labelled": LabelledSettings(
        MONITOR, tuple(Labelled((Turn("user", text),), i % 2 == 0, f"n{i}") for i, text in enumerate(WORDS))
    ),
}


@pytest.mark.parametrize("name", list(WERE))
def test_readings_of_version_0_1_open_and_can_be_done_again(name: str, bundled: Bundled, tmp_path: Path) -> None:
    described, settings = OLD[name], WERE[name]
    assert described["experiment"] == "reading"
    experiment = experiment_of("reading", described)
    if described["asked"] is not None:
        assert experiment is reading_of(settings) and asked(experiment, described) == settings
    file = BEFORE / f"{name}.safetensors"
    if not file.is_file():
        return
    store = RunStore(tmp_path)
    run_id = store.create("reading", json.dumps(described))
    store.finish(run_id, {"reading.safetensors": file.read_bytes()})
    experiment, result, was_asked = open_reading(store, store.get(run_id))
    assert experiment is reading_of(settings) and isinstance(result, experiment.gives) and was_asked == settings
    again = bundled.run(settings.read(Bench(bundled.model, bundled.twelve, bundled.cache)))
    if name == "situations":  # the built-in messages have doubled since, and some were reworded
        assert len(again.texts) > len(result.texts)
    else:
        assert alike(result.to_json(), again.to_json())


def alike(a: Any, b: Any) -> bool:
    """The same document up to rounding."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(alike(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return a == pytest.approx(b, rel=1e-3, abs=1e-4)
    return bool(a == b)
