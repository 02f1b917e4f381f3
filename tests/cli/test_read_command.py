"""`read` on the command line: the promised keys for a text, a conversation and a template, and its errors."""

import json

import pytest
from command_helpers import answer

from emotion_core.cli.main import main


def test_text(capsys, vectors):
    document = answer(capsys, "read", str(vectors), "--text", "Something moved behind the door.", "--all-layers")
    assert set(document["emotions"]) == {"fear", "joy", "calm"}
    assert all(len(values) == len(document["tokens"]) for values in document["emotions"].values())
    assert "".join(document["tokens"]) == "Something moved behind the door."
    assert len(document["by_layer"]) == 6


def test_conversation(capsys, vectors, folder):
    file = folder / "talk.json"
    turns = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hello, what is wrong?"}]
    file.write_text(json.dumps(turns), encoding="utf-8")
    document = answer(capsys, "read", str(vectors), "--conversation", str(file))
    assert [turn["role"] for turn in document["turns"]] == ["user", "assistant"]
    for turn in document["turns"]:
        assert 0 <= turn["start"] < turn["end"] <= len(document["tokens"])
        assert set(turn["emotions"]) == {"fear", "joy", "calm"}
    spoken = "".join(document["tokens"][document["turns"][1]["start"] : document["turns"][1]["end"]])
    assert spoken.strip() == "Hello, what is wrong?"


def test_template(capsys, vectors):
    document = answer(capsys, "read", str(vectors), "--template", "I fell {x} m.", "--values", "-1,1,10,100")
    assert document["x"] == [-1, 1, 10, 100]
    for one in document["emotions"].values():
        assert {"values", "spearman", "p_value", "range"} <= set(one)
        assert len(one["values"]) == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ("--text", " "),
        ("--template", "I fell {x} m."),
        ("--template", "I fell.", "--values", "1,2,3"),
        ("--template", "I fell {x} m.", "--values", "1,two,3"),
        ("--conversation", "missing.json"),
        ("--text", "Hello.", "--layer", "99"),
    ],
)
def test_errors_are_said_with_status_2(capsys, vectors, arguments):
    assert main(["read", str(vectors), *arguments, "--json"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "error: " in told.err


@pytest.mark.parametrize("turns", ['[{"role": "robot", "content": "x"}]', '[{"role": "user", "content": " "}]', "[]"])
def test_faulty_conversations_are_refused(capsys, vectors, folder, turns):
    file = folder / "faulty.json"
    file.write_text(turns, encoding="utf-8")
    assert main(["read", str(vectors), "--conversation", str(file)]) == 2
    assert "faulty.json" in capsys.readouterr().err
