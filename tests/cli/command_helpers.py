"""What the tests of the command line share."""

import json

import pytest

from emotion_core.cli.main import main


def answer(capsys, *argv: str) -> dict:
    """Runs a command with --json and reads all of its standard output as one document."""
    assert main([*argv, "--json"]) == 0
    return json.loads(capsys.readouterr().out, parse_constant=lambda name: pytest.fail(f"{name} in the document"))
