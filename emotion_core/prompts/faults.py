"""Faults of single rows, collected so that a visitor mends a file once and not row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from emotion_core.base.errors import PromptSetError

SHOWN = 10


@dataclass(frozen=True)
class Fault:
    """What is wrong in one place of a file.

    Attributes:
        row: Row of the file, counted from 1 without the header.
        column: Name of the column, empty where the whole row is meant.
        what: What is wrong.
        expected: What would be right.
        found: What is there instead, shortened.
        remedy: How to mend it.
    """

    row: int
    column: str
    what: str
    expected: str
    found: str
    remedy: str

    @property
    def place(self) -> str:
        """Row and column in the visitor's terms."""
        return f"row {self.row}, column {self.column}" if self.column else f"row {self.row}"


def shorten(value: object, length: int = 40) -> str:
    """A value for a message: one line, printable, at most `length` characters."""
    text = value if isinstance(value, str) else repr(value)
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * length]).split())
    return line if len(line) <= length and len(text) <= 4 * length else line[: length - 3] + "..."


def raise_faults(name: str, faults: Sequence[Fault]) -> None:
    """Raises all faults of a file as one error; does nothing where there are none.

    Raises:
        PromptSetError: There is a fault. One is told in full, of several the first ten are listed.
    """
    if not faults:
        return
    first = faults[0]
    if len(faults) == 1:
        raise PromptSetError(
            first.what,
            where=f"{name}, {first.place}",
            expected=first.expected,
            found=first.found,
            remedy=first.remedy,
        )
    ordered = sorted(faults, key=lambda fault: fault.row)
    listed = "; ".join(f"{one.place}: {one.what[0].lower()}{one.what[1:]} ({one.found})" for one in ordered[:SHOWN])
    more = len(faults) - SHOWN
    raise PromptSetError(
        f"{len(faults)} places in the file have to be mended",
        where=f"{name}, {ordered[0].place} and others",
        expected="; ".join(dict.fromkeys(f"{one.column or 'a row'}: {one.expected}" for one in ordered[:SHOWN])),
        found=listed + (f"; and {more} more" if more > 0 else ""),
        remedy=". ".join(dict.fromkeys(one.remedy for one in ordered[:SHOWN])),
    )


def no_rows(name: str, more: str = "") -> PromptSetError:
    """The error for a file without a row, with what else is known of it."""
    return PromptSetError(
        "The file has no rows",
        where=name,
        expected="at least two pairs or texts",
        found=f"0 rows{more}",
        remedy="Fill in the rows and upload it again",
    )
