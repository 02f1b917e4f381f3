"""What a person needs to know of a setting, declared once: at its field.

    controls: Annotated[int, Ask("Control directions", "Directions that mean nothing.", least=0, most=256)] = 32

From it come the widget on a page (`ui/fields.py`), the option on the command line (`cli/arguments.py`), and the refusal
of what lies outside (`enforce`, called where the settings are made).
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Literal

from emotion_core.base.errors import SettingsError


@dataclass(frozen=True, eq=False)
class Ask:
    """A setting as a person is asked for it.

    Attributes:
        label: Its name on a page, and in a refusal.
        help: What it means. The first sentence stands in `--help`, all of it on a page.
        least: Smallest number.
        most: Largest number.
        step: Of the buttons beside a number.
        names: Of choices, as a page shows them.
        option: On the command line; by default the field's name.
        metavar: What stands for its value there.
        read: Makes the value out of the text that is given there.
        of_vectors: It names emotions of the vectors: on the command line the only one where none is named, or `all`.
    """

    label: str
    help: str = ""
    least: float | None = None
    most: float | None = None
    step: float | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    option: str = ""
    metavar: str = ""
    read: Callable[[str], Any] | None = None
    of_vectors: bool = False

    @property
    def range(self) -> str:
        """The range in words; empty where there is none."""
        if self.least is None:
            return "" if self.most is None else f"at most {_figure(self.most)}"
        return (
            f"{_figure(self.least)} or more" if self.most is None else f"{_figure(self.least)} to {_figure(self.most)}"
        )


@dataclass(frozen=True, eq=False)
class Asked:
    """A field with what is asked for.

    Attributes:
        name: Of the field.
        kind: Its type, without None.
        optional: Whether None is allowed.
        default: `dataclasses.MISSING` where it has to be given.
        ask: Its declaration.
    """

    name: str
    kind: Any
    optional: bool
    default: Any
    ask: Ask

    @property
    def choices(self) -> tuple[str, ...]:
        """What can be chosen; empty where it is no choice."""
        return typing.get_args(self.kind) if typing.get_origin(self.kind) is Literal else ()

    @property
    def required(self) -> bool:
        """Whether it has no default."""
        return self.default is dataclasses.MISSING


@cache
def asked_of(settings: Any) -> dict[str, Asked]:
    """The declared settings of a dataclass by their names, in the order of its fields."""
    hints = typing.get_type_hints(settings, include_extras=True)
    found = {}
    for one in dataclasses.fields(settings):
        notes = typing.get_args(hints[one.name]) if typing.get_origin(hints[one.name]) is Annotated else ()
        if any(isinstance(note, Ask) for note in notes):
            make = one.default_factory
            default = one.default if make is dataclasses.MISSING else make()
            found[one.name] = declaration(one.name, hints[one.name], default)
    return found


def enforce(settings: Any) -> None:
    """Refuses settings with a number out of its range, or a choice that there is not.

    Raises:
        SettingsError: One is.
    """
    kind: Any = type(settings)
    for name, asked in asked_of(kind).items():
        _enforce(asked, getattr(settings, name))


def require(declared: Any, value: object) -> None:
    """Refuses a value that a declaration such as `Seed` does not allow, where no settings have it.

    Raises:
        SettingsError: It is out of range.
    """
    _enforce(declaration("", declared), value)


def declaration(name: str, declared: Any, default: Any = dataclasses.MISSING) -> Asked:
    """A declaration such as `Seed` as a field of settings would have it.

    Args:
        name: Of the setting.
        declared: A type with its `Ask`.
        default: Of the setting.
    """
    kind, *notes = typing.get_args(declared)
    ask = next(note for note in notes if isinstance(note, Ask))
    parts = typing.get_args(kind) if typing.get_origin(kind) in (typing.Union, types.UnionType) else (kind,)
    plain = next(part for part in parts if part is not type(None))
    return Asked(name, plain, len(parts) > 1, default, ask)


def _enforce(asked: Asked, value: Any) -> None:
    if value is None and asked.optional:
        return
    if asked.choices and value not in asked.choices:
        raise _refused(asked.ask.label, ", ".join(asked.choices), value)
    if asked.kind in (int, float) and not _inside(asked.ask, value):
        raise _refused(asked.ask.label, asked.ask.range or "a finite number", value)


def _inside(ask: Ask, value: float) -> bool:
    low = -math.inf if ask.least is None else ask.least
    high = math.inf if ask.most is None else ask.most
    return math.isfinite(value) and low <= value <= high


def _refused(label: str, expected: str, found: object) -> SettingsError:
    return SettingsError(f"The setting '{label.lower()}' is out of range", expected=expected, found=str(found))


def _figure(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) or value % 1 else f"{value:,.0f}"


# What several kinds of run ask for in the same words.
SEED = "Where the random numbers begin. The same seed with the same settings gives the same result."
Seed = Annotated[
    int,
    Ask(
        "Seed",
        SEED,
        least=0,
        most=2**53 - 1,  # larger ones are not exact in a browser, nor for all who read JSON
    ),
]
Chat = Annotated[
    bool,
    Ask(
        "Chat template",
        "Put the texts into the form in which a chat model was trained to be asked. Needs a model with one.",
    ),
]
Layer = Annotated[
    int | None,
    Ask(
        "Layer",
        "Which block of the model is read and steered (default: chosen at the build). The chosen one was found on "
        "training texts alone.",
    ),
]
