"""CSV and TSV text to raw rows, also with the semicolons that many spreadsheets write."""

from __future__ import annotations

import csv
import io
import re
from typing import NamedTuple

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.faults import Fault, shorten

COLUMNS = ("emotion", "positive", "negative", "text", "topic", "split", "note")
# Columns of lists of activities and of scenarios, by which their separator is told too.
_OF_LISTS = ("activity", "kind", "name", "scenario", "option", "counts", "pattern")


class RawRow(NamedTuple):
    """A row as it stands in the file: its number, counted from 1 without the header, and its cells by column."""

    number: int
    cells: dict[str, object]


class RawRows(NamedTuple):
    """All rows of a file, its columns in lower case, and what was wrong before any cell was looked at."""

    columns: tuple[str, ...]
    rows: list[RawRow]
    faults: list[Fault]


def column_name(header: str) -> str:
    """A header as we compare it: `" Positive "` and `positive` are the same column."""
    return header.strip().lower()


def read_table(name: str, text: str, *, tab: bool = False) -> RawRows:
    """Rows of a CSV text (commas, semicolons or tabs, by its first line) or of a TSV text (tabs only).

    Blank lines are skipped but counted, as a spreadsheet counts them.

    Raises:
        PromptSetError: A column comes twice.
    """
    # Excel writes and obeys a first line such as "sep=;": it is no header.
    body = re.sub(r"\Asep=[,;\t]\r?\n", "", text, flags=re.IGNORECASE)
    delimiter = "\t" if tab else _delimiter(body)
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True)
    columns: tuple[str, ...] | None = None
    rows: list[RawRow] = []
    faults: list[Fault] = []
    number = 0
    try:
        for cells in reader:
            if columns is None:
                if any(cell.strip() for cell in cells):
                    columns = _columns(name, cells)
                continue
            number += 1
            if not any(cell.strip() for cell in cells):
                continue
            if any(cell.strip() for cell in cells[len(columns) :]):
                faults.append(_too_many(number, len(columns), cells, delimiter))
                continue
            rows.append(RawRow(number, dict(zip(columns, cells, strict=False))))
    except csv.Error as error:
        faults.append(_broken(number + 1, error))
    return RawRows(columns or (), rows, faults)


def _delimiter(text: str) -> str:
    """The separator under which the first line names most of our columns; a comma where none does."""
    first = next((line for line in text.splitlines() if line.strip()), "")

    def known(delimiter: str) -> int:
        return sum(column_name(cell.strip().strip('"')) in COLUMNS + _OF_LISTS for cell in first.split(delimiter))

    return max((",", ";", "\t"), key=known)


def _columns(name: str, cells: list[str]) -> tuple[str, ...]:
    columns = tuple(column_name(cell) for cell in cells)
    while columns and not columns[-1]:
        columns = columns[:-1]
    twice = sorted({one for one in columns if one in COLUMNS and columns.count(one) > 1})
    if twice:
        raise PromptSetError(
            "A column comes twice",
            where=f"{name}, column {', '.join(twice)}",
            expected="every column once",
            found=", ".join(shorten(one) for one in columns),
            remedy="Rename or delete one of them",
        )
    return columns


def _too_many(number: int, n_columns: int, cells: list[str], delimiter: str) -> Fault:
    kind = {",": "comma", ";": "semicolon", "\t": "tab"}[delimiter]
    return Fault(
        number,
        "",
        "The row has more cells than there are columns",
        f"{n_columns} cells",
        f"{len(cells)} cells, the last one '{shorten(cells[-1])}'",
        f"Put texts that contain a {kind} between double quotes",
    )


def _broken(number: int, error: csv.Error) -> Fault:
    too_long = "field larger" in str(error)
    return Fault(
        number,
        "",
        "A cell is far too long" if too_long else "The quotes of the row do not match",
        "at most 100,000 characters" if too_long else "an even number of double quotes, those inside a text doubled",
        str(error),
        "Check that every opening double quote is closed",
    )
