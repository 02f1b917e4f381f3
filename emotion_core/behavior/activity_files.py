"""A visitor's list of activities: a table with a column `activity`, a JSON list, or one activity a line."""

from __future__ import annotations

from pathlib import Path

from emotion_core.base.errors import PromptSetError, SettingsError
from emotion_core.prompts.decoding import base_name, decode, stem_and_ending
from emotion_core.prompts.faults import shorten
from emotion_core.prompts.json_rows import read_json, read_jsonl
from emotion_core.prompts.tables import RawRows, read_table

MOST_CHARACTERS = 500


def parse_activities(filename: str, data: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    r"""Activities and their kinds ("" where the file names none).

    Args:
        filename: The name it came with; `.csv`, `.tsv`, `.json` (a list), `.jsonl`, or `.txt` with one activity a line.
        data: The whole file.

    Raises:
        PromptSetError: It cannot be read, has no activities, or one of them is empty, too long or there twice.

    Example:
        >>> parse_activities("mine.csv", b"activity,kind\nsing,creative\nmop the floor,routine\n")
        (('sing', 'mop the floor'), ('creative', 'routine'))
    """
    name = base_name(filename)
    rows = _rows(name, decode(name, data))
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


def _rows(name: str, text: str) -> list[tuple[int, str, str]]:
    """Number in the file, activity and kind."""
    ending = "txt" if name.lower().endswith(".txt") else stem_and_ending(name)[1]
    if ending != "txt":
        raw = _table(name, ending, text)
        return [
            (row.number, _line(row.cells.get("activity")), _line(row.cells.get("kind")))
            for row in raw.rows
            if any(_line(cell) for cell in row.cells.values())
        ]
    lines = [(i, _line(line)) for i, line in enumerate(text.splitlines(), start=1)]
    return [(i, line, "") for i, line in lines if line]


def _table(name: str, ending: str, text: str) -> RawRows:
    if ending == "json":
        raw = read_json(name, text)
    elif ending == "jsonl":
        raw = read_jsonl(text)
    else:
        raw = read_table(name, text, tab=ending == "tsv")
    if raw.faults:
        fault = raw.faults[0]
        raise PromptSetError(
            fault.what, where=f"{name}, {fault.place}", expected=fault.expected, found=fault.found, remedy=fault.remedy
        )
    if raw.rows and "activity" not in raw.columns:
        raise PromptSetError(
            "There is no column 'activity'",
            where=name,
            expected="columns activity and, if you like, kind",
            found=", ".join(shorten(one) for one in raw.columns[:8]),
            remedy="Name the column with the activities 'activity'",
        )
    return raw


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
