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


def test_line_ends_of_windows_make_no_other_tokens(capsys, vectors, folder):
    (folder / "unix.txt").write_bytes(b"The lock was changed.\nNobody came.\n")
    (folder / "windows.txt").write_bytes(b"\xef\xbb\xbfThe lock was changed.\r\nNobody came.\r\n")
    files = (str(folder / "unix.txt"), str(folder / "windows.txt"))
    unix, windows = (answer(capsys, "read", str(vectors), "--text-file", file) for file in files)
    assert windows["tokens"] == unix["tokens"]


def test_conversation(capsys, vectors, folder):
    file = folder / "talk.json"
    turns = [{"role": "user", "content": "Hello."}, {"role": "assistant", "content": "Hello, what is wrong?"}]
    file.write_text(json.dumps(turns), encoding="utf-8")
    document = answer(capsys, "read", str(vectors), "--conversation", str(file))
    for drift in document["drift"].values():
        assert {"evidence", "p_value", "q_value", "range"} <= set(drift) and drift["evidence"] is False
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
        assert {"values", "spearman", "p_value", "q_value", "range", "evidence"} <= set(one) and one["p_value"] > 0
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


def test_monitor_situations_attempts_and_system_prompts(capsys, vectors, folder):
    document = answer(capsys, "read", str(vectors), "--text", "Who is there?", "--monitor", "fear", "--phrase", "there")
    assert document["emotion"] == "fear" and len(document["scores"]) == len(document["tokens"])
    assert [one["token"] for one in document["flagged"]] == [2] or document["flagged"]
    low, high = document["measured_false_alarms"][1:]
    assert 0 <= low <= high <= 1
    file = folder / "labelled.jsonl"
    lines = [json.dumps({"messages": [{"role": "user", "content": f"Hello {i}."}], "label": i % 2}) for i in range(4)]
    file.write_text("\n".join(lines), encoding="utf-8")
    document = answer(capsys, "read", str(vectors), "--labelled", str(file), "--monitor", "joy")
    assert 0 <= document["auroc_low"] <= document["auroc"] <= document["auroc_high"] <= 1
    document = answer(capsys, "read", str(vectors), "--attempts", "locked-report")
    assert len(document["emotions"]["fear"]["by_attempt"][1]) == 6 and document["cheat"]
    talk = folder / "short.json"
    talk.write_text(json.dumps([{"role": "user", "content": "Hello."}]), encoding="utf-8")
    document = answer(
        capsys, "read", str(vectors), "--conversation", str(talk), "--system", "none", "--system", "grandmother"
    )
    assert document["systems"] == ["none", "grandmother"] and document["compared"][0]["emotions"]["fear"]["by_turn"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--text", "Hello.", "--monitor", "envy"),
        ("--text", "Hello.", "--monitor", "fear", "--false-alarms", "nan"),
        ("--text", "Hello.", "--phrase", "x"),
        ("--labelled", "missing.json"),
        ("--attempts", "missing.json"),
        ("--template", "unknown-name"),
        ("--text", "Hello.", "--system", "none"),
        ("--conversation", "seven-failed-builds", "--system", "none"),
        ("--text", "Hello.", "--emotion", "joy"),
        ("--text", "Hello.", "--strength", "0.5"),
        ("--text", "Hello.", "--temperature", "2"),
        ("--text", "Hello.", "--window", "0"),
        ("--text", "Hello.", "--monitor", "fear", "--window", "0"),
        ("--text", "Hello.", "--false-alarms", "0.1"),
        ("--text", "Hello.", "--chat"),
        ("--situations", "--from-token", "2"),
        ("--conversation", "seven-failed-builds", "--system", "none", "--system", "x", "--monitor", "fear"),
        ("--labelled", "missing.json", "--monitor", "fear", "--phrase", "x"),
    ],
)
def test_arguments_that_do_not_go_together_are_said(capsys, vectors, arguments):
    assert main(["read", str(vectors), *arguments]) == 2
    assert "error: " in capsys.readouterr().err


def test_a_phrase_that_does_not_occur_is_told(capsys, vectors):
    argv = ["read", str(vectors), "--text", "Who is there?", "--monitor", "fear", "--phrase"]
    assert "'zebra' does not occur" in answer(capsys, *argv, "zebra")["reason"]
    assert "reason" not in answer(capsys, *argv, "there")
    assert main([*argv, "zebra"]) == 0 and "'zebra' does not occur" in capsys.readouterr().out
