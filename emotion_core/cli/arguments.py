"""Arguments out of declared settings, and back; and the arguments that several commands share.

A setting that is declared at its field (`base/ask.py`) is an option of the command: its name, type, choices, range and
default come from there. What is read of an option is what the settings take.
"""

from __future__ import annotations

import argparse
import csv
import dataclasses
import sys
import typing
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from emotion_core.base.ask import Asked, Seed, asked_of, declaration
from emotion_core.base.errors import SettingsError
from emotion_core.base.settings import DTYPES

if TYPE_CHECKING:
    from emotion_core.models.loaded import LoadedModel
    from emotion_core.prompts.prompt_set import PromptSet
    from emotion_core.vectors.emotion_vectors import EmotionVectors

S = TypeVar("S")


def add_settings(
    command: argparse.ArgumentParser, settings: type, *, leave: Sequence[str] = (), **defaults: Any
) -> None:
    """Adds an option for each declared setting.

    Args:
        command: The command.
        settings: A dataclass with declared settings.
        leave: Settings that come from somewhere else.
        **defaults: Instead of the settings' own.
    """
    for name, asked in asked_of(settings).items():
        if name not in leave:
            _add_option(command, asked, defaults.get(name))


def _add_option(command: argparse.ArgumentParser, asked: Asked, default: Any) -> None:
    ask, known = asked.ask, asked.default if default is None else default
    words = ask.help.partition(". ")[0].rstrip(".") or ask.label
    endless = ask.most is not None and ask.most > 10**9
    notes = ["0 or more" if endless else ask.range, "may be repeated" if _repeats(asked) else ""]
    plain = asked.kind is not bool and not dataclasses.is_dataclass(known)  # which is made of what the option takes
    if not asked.required and known not in (None, "", ()) and plain:
        notes.append(f"default {known}")
    how: dict[str, Any] = {"dest": asked.name, "default": argparse.SUPPRESS if default is None else default}
    if asked.kind is bool:
        how["action"] = argparse.BooleanOptionalAction
    elif _repeats(asked):
        how["action"] = "append"
    elif asked.choices:
        how["choices"] = asked.choices
    elif asked.kind in (int, float):
        how["type"] = asked.kind
    if ask.metavar:
        how["metavar"] = ask.metavar
    elif asked.kind in (int, float):
        how["metavar"] = "N" if asked.kind is int else "X"
    told = "; ".join(filter(None, notes))
    if told:
        words = f"{words.removesuffix(')')}; {told})" if words.endswith(")") else f"{words} ({told})"
    how["help"] = (words[0].lower() + words[1:]).replace("%", "%%")  # a percent sign would be a place to fill in
    command.add_argument(_option(asked), required=asked.required and default is None and not ask.of_vectors, **how)


def _option(asked: Asked) -> str:
    return asked.ask.option or f"--{asked.name.replace('_', '-')}"


def _repeats(asked: Asked) -> bool:
    """Whether an option is given once for each value; a list of numbers is given at once."""
    inside = typing.get_args(asked.kind)
    return typing.get_origin(asked.kind) is tuple and inside[1:] == (...,) and inside[0] not in (int, float)


def settings_from(
    settings: type[S], arguments: argparse.Namespace, vectors: EmotionVectors | None = None, **given: Any
) -> S:
    """The settings that the options of `add_settings` say.

    Args:
        settings: Their class.
        arguments: As parsed.
        vectors: Whose emotions are meant where none is named.
        **given: Settings that come from somewhere else.

    Raises:
        SettingsError: They make no sense.
    """
    values: dict[str, Any] = {}
    kind: Any = settings
    for name, asked in asked_of(kind).items():
        if name in given:
            continue
        if name in vars(arguments):
            values[name] = _read(asked, getattr(arguments, name))
        if asked.ask.of_vectors and vectors is not None:
            values[name] = _emotions(asked, values.get(name), vectors.emotions)
    return settings(**values, **given)


def refuse_given(settings: type, arguments: argparse.Namespace, what: str, expected: str) -> None:
    """Refuses options that `add_settings` added for settings that are not made here.

    Args:
        settings: Their class.
        arguments: As parsed.
        what: Why they say nothing.
        expected: What they would go with.

    Raises:
        SettingsError: One was given.
    """
    given = [asked for name, asked in asked_of(settings).items() if name in vars(arguments) and name != "seed"]
    if given:
        raise SettingsError(what, expected=expected, found=", ".join(map(_option, given)))


def _read(asked: Asked, value: Any) -> Any:
    def read(text: Any) -> Any:
        if "=" in asked.ask.metavar and not text.rpartition("=")[0].strip():  # a number alone names no emotion
            raise SettingsError(
                f"The setting '{asked.ask.label.lower()}' cannot be read",
                where=_option(asked),
                expected=f"{asked.ask.metavar}, an emotion and a number such as fear=0.5",
                found=text,
            )
        return text if asked.ask.read is None else asked.ask.read(text)

    if _repeats(asked):
        return tuple(read(one) for one in dict.fromkeys(value))
    return read(value)


def _emotions(asked: Asked, named: Any, known: tuple[str, ...]) -> Any:
    """The emotions that are asked for: one, or several; `all` stands for all of the vectors."""
    one = asked.kind is str
    if named is None:
        if asked.required and len(known) > 1:
            raise SettingsError(
                "The vector file has several emotions",
                expected=f"{_option(asked)} with one of them" + ("" if one else ", or all"),
                found=", ".join(known[:12]),
            )
        return known[0] if one else known
    return known if not one and named == ("all",) else named


def model_arguments(command: argparse.ArgumentParser, default: str | None) -> None:
    """The options that choose a model."""
    help_text = "catalogue name, folder or hub id" + (f" (default {default})" if default else "; default: as built")
    command.add_argument("--model", default=default, help=help_text)
    words = "number format of the weights" + (" (default float32)" if default else "; default: as built")
    shown = (
        f"{{{','.join(DTYPES)}}}"  # what is none of these is refused with the way to 4 bits, where a model is loaded
    )
    command.add_argument("--dtype", default="float32" if default else None, metavar=shown, help=words)


def seed_argument(command: argparse.ArgumentParser) -> None:
    """The seed of a command without declared settings of its own."""
    _add_option(command, declaration("seed", Seed, 0), 0)


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
    from emotion_core.prompts.prompt_set import spelled_alike

    references = arguments.prompts if isinstance(arguments.prompts, list) else [arguments.prompts]
    sets = spelled_alike(
        load_prompt_sets(
            references, seed=arguments.seed, choice=columns_of(arguments.columns), emotions=arguments.emotion
        )
    )
    for one in sets:
        for sentence in one.dropped:
            print(f"{one.name}: {sentence}", file=sys.stderr)
    return sets


def fitting_sets(model: LoadedModel, sets: tuple[PromptSet, ...], *, chat: bool = False) -> tuple[PromptSet, ...]:
    """The sets without rows that are too long for the model, which is told on standard error."""
    from emotion_core.cli.session import run
    from emotion_core.vectors.build import leave_out_long

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
