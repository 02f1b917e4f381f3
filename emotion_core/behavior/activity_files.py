"""A visitor's list of activities: a table with a column `activity`, a JSON list, or one activity a line."""

from __future__ import annotations

import re
from pathlib import Path

from emotion_core.base.errors import PromptSetError, SettingsError
from emotion_core.prompts.faults import shorten
from emotion_core.prompts.tables import KEY, base_name, decode, read_rows, stem_and_ending

MOST_CHARACTERS = 500
_ACTIVITY = ("activity", "activities", "task", "action", "text")
_KINDS = ("kind", KEY)  # a JSON object has a list of activities under each kind


def parse_activities(filename: str, data: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    r"""Activities and their kinds ("" where the file names none).

    Args:
        filename: The name it came with; `.csv`, `.tsv`, `.json` (a list, or a list for each kind), `.jsonl`, or `.txt`
            with one activity a line.
        data: The whole file.

    Raises:
        PromptSetError: It cannot be read, has no activities, or one of them is empty, too long or there twice.

    Example:
        >>> parse_activities("mine.csv", b"activity,kind\nsing,creative\nmop the floor,routine\n")
        (('sing', 'mop the floor'), ('creative', 'routine'))
    """
    name = base_name(filename)
    rows = _rows(name, data)
    if not rows:
        raise PromptSetError(
            "The file has no activities",
            where=name,
            expected="a column 'activity', or one activity a line",
            found="none",
            remedy="Add at least two, better twenty or more",
        )
    seen: dict[str, int] = {}
    for number, activity, _ in rows:
        _check(name, number, activity, seen)
    return tuple(activity for _, activity, _ in rows), tuple(kind for _, _, kind in rows)


def read_activity_path(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The same from a file of this machine.

    Raises:
        SettingsError: The file cannot be opened.
        PromptSetError: As `parse_activities`.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError("The file cannot be read", where=str(path), found=error.strerror or str(error)) from error
    return parse_activities(path.name, data)


def _rows(name: str, data: bytes) -> list[tuple[int, str, str]]:
    """Number in the file, activity and kind; numbers and dashes of a list are no part of the activities."""
    if stem_and_ending(name)[1] == "txt":
        lines = [(i, _line(line), "") for i, line in enumerate(decode(name, data).splitlines(), start=1)]
        rows = [row for row in lines if row[1]]
        rows = rows[1:] if rows and rows[0][1].lower() in _ACTIVITY else rows
    else:
        table = read_rows(name, data, (*_ACTIVITY, *_KINDS))
        column = next((one for one in _ACTIVITY if one in table.columns), "")
        if table.rows and not column:
            raise PromptSetError(
                "There is no column 'activity'",
                where=name,
                expected="columns activity and, if you like, kind",
                found=", ".join(shorten(one) for one in table.columns[:8]),
                remedy="Name the column with the activities 'activity'",
            )
        kind = next((one for one in _KINDS if one in table.columns), "")
        rows = [(row.number, _line(row.cells.get(column)), _line(row.cells.get(kind))) for row in table.rows]
    for mark in (r"\(?\d{1,4}[.):]\s+", r"[-*•]\s+"):
        if len(rows) > 1 and all(re.match(mark, activity) for _, activity, _ in rows):
            rows = [(number, re.sub(mark, "", activity, count=1), kind) for number, activity, kind in rows]
    return rows


def _check(name: str, number: int, activity: str, seen: dict[str, int]) -> None:
    if not activity:
        raise PromptSetError("An activity is empty", where=f"{name}, row {number}", remedy="Fill or delete the row")
    if len(activity) > MOST_CHARACTERS:
        raise PromptSetError(
            "An activity is too long",
            where=f"{name}, row {number}",
            expected=f"at most {MOST_CHARACTERS} characters",
            found=f"{len(activity):,} characters",
            remedy="Write it as one short phrase",
        )
    before = seen.setdefault(activity.lower(), number)
    if before != number:
        raise PromptSetError(
            "An activity is there twice",
            where=f"{name}, rows {before} and {number}",
            found=repr(shorten(activity)),
            remedy="Remove one: a choice between the same two things says nothing",
        )


def _line(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())
