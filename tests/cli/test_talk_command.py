"""`talk` with messages, and line by line from the terminal."""

import io
import json
import sys

from test_steering_commands import two  # noqa: F401  # a fixture

from emotion_core.cli.main import main


def test_messages_are_answered_in_turn(capsys, two, monkeypatch):  # noqa: F811
    argv = ["talk", str(two), "--strength", "fear=4", "--tokens", "4"]
    assert main([*argv, "--message", "Who is there?", "--message", "Go on.", "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["conversation"]
    assert [one["name"] for one in first["replies"]] == ["unsteered", "steered"]
    assert second["turns"][0]["content"] == "Who is there?" and second["turns"][-1]["content"] == "Go on."
    assert set(first["replies"][1]["emotions"]) == {"fear", "calm"} and first["alarms"][0]["turns"] > 5
    monkeypatch.setattr(sys, "stdin", io.StringIO("Who is there?\n\n"))
    assert main([*argv, "--operation", "cap", "--strength", "calm=1"]) == 2, "4 is no share"
    capsys.readouterr()
    monkeypatch.setattr(sys, "stdin", io.StringIO("Who is there?\n\n"))
    assert main(argv) == 0
    assert "Steered: fear +4 SD> " in capsys.readouterr().out
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert main(argv) == 2 and "Nothing was said" in capsys.readouterr().err


def test_messages_are_shown_once_and_blank_ones_are_refused(capsys, two):  # noqa: F811
    argv = ["talk", str(two), "--strength", "fear=4", "--tokens", "4"]
    assert main([*argv, "--message", "Who is there?", "--message", "Go on."]) == 0
    text = capsys.readouterr().out
    assert text.count("you> Who is there?") == text.count("you> Go on.") == 1
    for more, where in ((["--message", ""], "--message"), (["--message", "Hi.", "--system", " "], "--system")):
        assert main([*argv, *more]) == 2
        assert f"The turn cannot be said ({where})" in capsys.readouterr().err
