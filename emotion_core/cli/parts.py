"""What the arguments of several commands share."""

from __future__ import annotations

import argparse

from emotion_core.base.settings import DTYPES

Commands = argparse._SubParsersAction  # the only name argparse has for it


def new_command(commands: Commands[argparse.ArgumentParser], name: str, help_text: str) -> argparse.ArgumentParser:
    """A command with the options that all of them have."""
    command = commands.add_parser(name, help=help_text, description=help_text)
    command.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    return command


def model_arguments(command: argparse.ArgumentParser, default: str | None) -> None:
    """The options that choose a model."""
    help_text = "catalogue name, folder or hub id" + (f" (default {default})" if default else "; default: as built")
    command.add_argument("--model", default=default, help=help_text)
    words = "number format of the weights" + (" (default float32)" if default else "; default: as built")
    command.add_argument("--dtype", default="float32" if default else None, choices=DTYPES, help=words)
