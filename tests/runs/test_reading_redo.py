"""The command that redoes a reading asks for exactly what was read."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from emotion_core.cli.parser import make_parser
from emotion_core.cli.reading_request import make_request
from emotion_core.models.dialogue import Said
from emotion_core.prompts.library import load_conversations, load_system_prompts, load_templates
from emotion_core.reading.attempts_library import load_attempts
from emotion_core.reading.continuation import Writing
from emotion_core.reading.labelled import Labelled
from emotion_core.reading.monitor import MonitorSettings
from emotion_core.reading.priors import Prior
from emotion_core.runs.reading_redo import LONG, redo
from emotion_core.runs.reading_request import ReadingRequest

TURNS = (Said("user", "It's <b>late</b>; مرحبا 🙂"), Said("assistant", '-"$HOME" `ls`'))
BUILT_IN = tuple(Said(turn.role, turn.content) for turn in load_conversations()[0].turns)
TEMPLATE = load_templates()[0]
SYSTEM = load_system_prompts()[0]
MONITOR = MonitorSettings("fear", 0.02, 3)
OWN_RUN = load_attempts()[0].model_copy(update={"name": "own", "cheat": ""}).model_dump_json()

REQUESTS = [
    ReadingRequest("text", text="--It's\n'late' \"$HOME\"", all_layers=True, seed=3),
    ReadingRequest("text", text="late " * LONG, layer=2),
    ReadingRequest("conversation", turns=TURNS),
    ReadingRequest("conversation", turns=BUILT_IN),
    ReadingRequest("conversation", turns=TURNS[:1], writing=Writing("fear", -0.4, 30, 0.7, 5), seed=5),
    ReadingRequest("dose", text="I fell {x} m.", values=(-1.0, 0.5, 100.0)),
    ReadingRequest("dose", text=TEMPLATE.template, values=(1.0, 2.0, 3.0), rise=TEMPLATE.rise, fall=TEMPLATE.fall),
    ReadingRequest("situations"),
    ReadingRequest("attempts", run=load_attempts()[1].model_dump_json()),
    ReadingRequest("attempts", run=OWN_RUN),
    ReadingRequest("monitor", text="Hello.", monitor=MONITOR, phrase="it's 'over'"),
    ReadingRequest("monitor", turns=TURNS, monitor=MONITOR),
    ReadingRequest("labelled", labelled=(Labelled(TURNS, True, "a"), Labelled(TURNS, False, "b")) * 2, monitor=MONITOR),
    ReadingRequest(
        "priors",
        priors=(Prior("none", ""), Prior(SYSTEM.name, SYSTEM.text, SYSTEM.expected), Prior("Be brief.", "Be brief.")),
        conversations=(TURNS, BUILT_IN),
    ),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda one: one.what)
def test_the_command_asks_for_the_same(
    request_: ReadingRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command, files = redo(request_)
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)
    assert words[:3] == ["python", "-m", "emotion_core"]
    assert make_request(make_parser().parse_args(words[3:])) == request_
