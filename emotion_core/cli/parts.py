"""What the arguments of several commands share."""

from __future__ import annotations

import argparse
import csv
import sys
from typing import TYPE_CHECKING

from emotion_core.base.errors import SettingsError

if TYPE_CHECKING:
    from emotion_core.models.loaded import LoadedModel
    from emotion_core.prompts.prompt_set import PromptSet

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


def prompt_arguments(command: argparse.ArgumentParser, *, several: bool = True) -> None:
    """The prompt sets of a command, and how their files are read."""
    help_text = "a file or the name of a built-in set"
    command.add_argument("prompts", metavar="PROMPTS", nargs="+" if several else None, help=help_text)
    command.add_argument(
        "--columns",
        metavar="OURS=THEIRS,...",
        help="which column of the files is what, such as positive=chosen,negative=rejected or emotion=label,text=body; "
        "numbers count columns of files without a header",
    )
    command.add_argument(
        "--emotion",
        action="append",
        default=[],
        metavar="NAME",
        help="emotion of the rows of a file; once for each file",
    )
    command.add_argument(
        "--leave-out-long", action="store_true", help="leave out rows that are longer than the model's context"
    )


def read_prompt_sets(arguments: argparse.Namespace) -> tuple[PromptSet, ...]:
    """The prompt sets of `prompt_arguments`; how their files were read goes to standard error.

    Raises:
        SettingsError: `--columns` is not of its form.
        PromptSetError: A set cannot be read.
    """
    from emotion_core.prompts.builtin import load_prompt_sets

    references = arguments.prompts if isinstance(arguments.prompts, list) else [arguments.prompts]
    sets = load_prompt_sets(
        references, seed=arguments.seed, choice=columns_of(arguments.columns), emotions=arguments.emotion
    )
    for one in sets:
        for sentence in one.dropped:
            print(f"{one.name}: {sentence}", file=sys.stderr)
    return sets


def fitting_sets(model: LoadedModel, sets: tuple[PromptSet, ...], *, chat: bool = False) -> tuple[PromptSet, ...]:
    """The sets without rows that are too long for the model, which is told on standard error."""
    from emotion_core.cli.session import run
    from emotion_core.tracing.located import leave_out_long

    left = run(leave_out_long(model, sets, chat))
    for before, after in zip(sets, left, strict=True):
        for sentence in after.dropped[len(before.dropped) :]:
            print(f"{after.name}: {sentence}", file=sys.stderr)
    return left


def columns_of(text: str | None) -> dict[str, str] | None:
    """`positive=chosen,negative=rejected` as a mapping; quotes protect a comma in a name."""
    if text is None:
        return None
    parts = [part.partition("=") for part in next(csv.reader([text], skipinitialspace=True), [])]
    if not parts or not all(ours.strip() and equals and theirs.strip() for ours, equals, theirs in parts):
        raise SettingsError(
            "The choice of columns cannot be read",
            where="--columns",
            expected="pairs such as positive=chosen,negative=rejected",
            found=text[:100],
            remedy="Write our column, an equals sign and the file's column; commas between them",
        )
    return {ours.strip(): theirs.strip() for ours, _, theirs in parts}
