"""What a model decides about: scenarios and activities, built in or a visitor's own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import regex
from pydantic import BaseModel, ConfigDict, TypeAdapter, model_validator

from emotion_core.base.errors import PromptSetError
from emotion_core.behavior.options import check_options
from emotion_core.prompts.faults import shorten
from emotion_core.prompts.files import path_bytes
from emotion_core.prompts.library import builtin_file, fitted, load_activities
from emotion_core.prompts.tables import KEY, RawRow, Table, base_name, decode, json_items, read_rows, stem_and_ending

# Patterns that decide whether a continuation counts, with a limit on the time they may take.

# A pattern that needs longer on one text would hold up everybody; a sane one needs a thousandth of this.
SECONDS = 0.1
LONGEST = 500
# Texts on which patterns with nested repeats run away: a long run of what they repeat, then something else.
_PROBES = tuple(one * 2000 + "\u00a7" for one in ("a", " ", "1", "a ", "ab", "I do not know. "))


def check_pattern(pattern: str, where: str) -> None:
    """Refuses a pattern that is empty, not valid, too slow, or that counts every text.

    Args:
        pattern: A regular expression, searched anywhere in the text whatever the case.
        where: For the message.

    Raises:
        PromptSetError: One of these.
    """
    if not pattern.strip() or len(pattern) > LONGEST:
        raise PromptSetError(
            "The pattern is empty or too long",
            where=where,
            expected=f"1 to {LONGEST} characters",
            found=f"{len(pattern)} characters",
            remedy="Write a shorter regular expression",
        )
    compiled = _compiled(pattern, where)
    for probe in _PROBES:
        _search(compiled, probe, where)
    if _search(compiled, "", where):
        raise PromptSetError(
            "The pattern fits every text, also an empty one",
            where=where,
            found=repr(pattern[:80]),
            remedy="Write what has to stand in a text that counts",
        )


def counts(pattern: str, text: str, where: str) -> bool:
    """Whether a text has the pattern in it.

    Raises:
        PromptSetError: The pattern is not valid, or takes too long on this text.
    """
    return _search(_compiled(pattern, where), text, where)


@lru_cache(maxsize=256)
def _parsed(pattern: str) -> Any:
    return regex.compile(pattern, regex.IGNORECASE)


def _compiled(pattern: str, where: str) -> Any:
    try:
        return _parsed(pattern)
    except (regex.error, RecursionError, OverflowError, ValueError) as error:
        raise PromptSetError(
            "The pattern is not a valid regular expression",
            where=where,
            found=f"{pattern[:80]!r}: {error}",
            remedy="Mend it; a backslash before . ( ) [ ] ? * + makes them plain characters",
        ) from error


def _search(compiled: Any, text: str, where: str) -> bool:
    try:
        return compiled.search(text, timeout=SECONDS) is not None
    except TimeoutError as error:
        raise PromptSetError(
            "The pattern takes too long",
            where=where,
            expected=f"at most {SECONDS} s a text",
            found=f"more on {text[:30]!r}, {len(text)} characters",
            remedy="Remove repeats inside repeats, such as (a+)+",
        ) from error


# Scenarios: a situation with options or with a pattern, built in or a visitor's own.

_FILE = "behaviors.json"
PLANTED_FILE = Path(__file__).resolve().parents[2] / "demo_model" / "planted" / "behaviors.json"
PLANTED = "planted"  # what they are called on the command line
MOST_SCENES = 200
MOST_CHARACTERS = 20_000
_COLUMNS = ("name", "scenario", "option", "counts", "pattern", "group")
_ANSWERS = ("answer_matching_behavior", "answer_not_matching_behavior")
_YES, _NO = ("1", "true", "yes", "y", "counts"), ("0", "false", "no", "n", "")


@dataclass(frozen=True)
class Scene:
    """A scenario.

    Attributes:
        name: Unique among the scenarios of a run.
        text: What the model reads before it decides.
        options: Ways to go on; empty where a pattern decides.
        counts: For each option, whether it is the behaviour that is counted.
        pattern: A regular expression: a continuation that has it counts; empty where there are options.
        group: Scenarios of one group are also averaged; empty for none.
        note: What counts, in words.
    """

    name: str
    text: str
    options: tuple[str, ...] = ()
    counts: tuple[bool, ...] = ()
    pattern: str = ""
    group: str = ""
    note: str = ""


EXAMPLE = (
    '{"name": "door", "scenario": "It knocks. I", "options": [{"text": "open.", "counts": true}, '
    '{"text": "wait.", "counts": false}]}'
)


class _Option(BaseModel):
    model_config = ConfigDict(extra="ignore")
    text: str
    counts: bool


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore")
    name: str
    scenario: str
    options: list[_Option] = []

    @model_validator(mode="before")
    @classmethod
    def _as_others_write_it(cls, item: Any) -> Any:
        """A question with two answers (nrimsky/CAA), and options as texts with a list of which of them count."""
        if not isinstance(item, dict):
            return item
        answers = [item.get(one) for one in _ANSWERS]
        if "question" in item and None not in answers:
            options = [{"text": text, "counts": i == 0} for i, text in enumerate(answers)]
            return {"name": str(item["question"]), "scenario": item["question"], "options": options}
        texts, counts = item.get("options"), item.get("counts")
        if isinstance(texts, list) and isinstance(counts, list) and len(texts) == len(counts):
            options = [{"text": text, "counts": one} for text, one in zip(texts, counts, strict=True)]
            return {**item, "options": options}
        return item

    pattern: str = ""
    group: str = ""
    note: str = ""


def built_in_scenes() -> tuple[Scene, ...]:
    """The scenarios of `behaviors.json`."""
    return parse_scenes(_FILE, builtin_file(_FILE))


def planted_scenes() -> tuple[Scene, ...]:
    """Set-ups where the demo model cheats, threatens or flatters at planted rates (`demo_model/write_planted.py`)."""
    return parse_scenes(PLANTED_FILE.name, path_bytes(PLANTED_FILE))


def parse_scenes(filename: str, data: bytes) -> tuple[Scene, ...]:
    """A visitor's scenarios.

    Args:
        filename: The name it came with. `.json`: a list of `{name, scenario, options: [{text, counts}]}` or
            `{name, scenario, pattern}`, or CAA's questions with two answers. `.csv`, `.tsv`: columns name, scenario,
            option, counts, pattern; one row an option, rows of one name are one scenario.
        data: The whole file.

    Raises:
        PromptSetError: It cannot be read, or a scenario cannot be used; the message names it.
    """
    name = base_name(filename)
    json = stem_and_ending(name)[1] in ("json", "jsonl", "ndjson")
    table = Table() if json else read_rows(name, data, (*_COLUMNS, *_ANSWERS))
    if not json and not set(_ANSWERS) <= set(table.columns):
        scenes = _from_rows(name, table.rows)
    else:
        items = json_items(name, data) if json else [row.cells for row in table.rows]
        scenes = [
            Scene(
                _line(one.name),
                one.scenario.strip(),
                tuple(option.text.strip() for option in one.options),
                tuple(option.counts for option in one.options),
                one.pattern.strip(),
                _line(one.group),
                one.note,
            )
            for one in fitted(name, items, TypeAdapter(list[_Item]), EXAMPLE)
        ]
    check_scenes(scenes, name)
    return tuple(scenes)


def check_scenes(scenes: Sequence[Scene], source: str) -> None:
    """Refuses scenarios that could not be measured.

    Raises:
        PromptSetError: None or too many, a name twice, no text, neither options nor a pattern or both, options that
            cannot be compared, or a pattern that is not valid or too slow.
    """
    if not 1 <= len(scenes) <= MOST_SCENES:
        raise PromptSetError(
            "There are no scenarios" if not scenes else "There are too many scenarios",
            where=source,
            expected=f"1 to {MOST_SCENES}",
            found=str(len(scenes)),
            remedy="Add one" if not scenes else "Split the file",
        )
    seen: set[str] = set()
    for i, scene in enumerate(scenes, start=1):
        where = f"{source}, scenario {i} ({scene.name})" if scene.name else f"{source}, scenario {i}"
        if not scene.name or not scene.text.strip() or len(scene.text) > MOST_CHARACTERS:
            raise PromptSetError(
                "A scenario has no name, no text or too much of it",
                where=where,
                expected=f"a name and 1 to {MOST_CHARACTERS:,} characters of text",
                found=f"{len(scene.text):,} characters",
                remedy="Fill in what is missing",
            )
        if scene.name in seen:
            raise PromptSetError("Two scenarios have the same name", where=where, remedy="Rename one of them")
        seen.add(scene.name)
        _check_decision(scene, where)


def _check_decision(scene: Scene, where: str) -> None:
    if bool(scene.options) == bool(scene.pattern):
        raise PromptSetError(
            "A scenario needs options or a pattern",
            where=where,
            expected="one of the two",
            found="both" if scene.pattern else "neither",
            remedy="Give at least two options, or a regular expression for continuations that count",
        )
    if scene.pattern:
        check_pattern(scene.pattern, where)
        return
    check_options(scene.options, where)
    if len(set(scene.counts)) < 2:
        raise PromptSetError(
            "One option must count and another must not",
            where=where,
            found="all of them count" if scene.counts[0] else "none counts",
            remedy="Say which options are the behaviour that is counted",
        )


def _from_rows(source: str, rows: Sequence[RawRow]) -> list[Scene]:
    """Scenarios in the order in which their names first come."""
    grouped: dict[str, list[RawRow]] = {}
    for row in rows:
        grouped.setdefault(_line(row.cells.get("name")), []).append(row)
    scenes = []
    for name, own in grouped.items():
        cells = [{key: str(value).strip() for key, value in row.cells.items()} for row in own]
        with_option = [(row.number, one) for row, one in zip(own, cells, strict=True) if one.get("option")]
        first = {key: next((one[key] for one in cells if one.get(key)), "") for key in ("scenario", "pattern", "group")}
        scenes.append(
            Scene(
                name,
                first["scenario"],
                tuple(one["option"] for _, one in with_option),
                tuple(_yes(source, number, one.get("counts", "")) for number, one in with_option),
                first["pattern"],
                first["group"],
            )
        )
    return scenes


def _yes(source: str, number: int, cell: str) -> bool:
    if cell.lower() not in _YES + _NO:
        raise PromptSetError(
            "It is not clear whether an option counts",
            where=f"{source}, row {number}, column counts",
            expected="yes or no",
            found=repr(cell[:40]),
        )
    return cell.lower() in _YES


def _line(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())


# A visitor's list of activities: a table with a column `activity`, a JSON list, or one activity a line.

LONGEST_ACTIVITY = 500
_ACTIVITY = ("activity", "activities", "task", "action", "text")
_KINDS = ("kind", KEY)  # a JSON object has a list of activities under each kind


def built_in_activities() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The activities of `activities.json` and their kinds."""
    items = load_activities()
    return tuple(one.activity for one in items), tuple(one.kind for one in items)


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
    if len(activity) > LONGEST_ACTIVITY:
        raise PromptSetError(
            "An activity is too long",
            where=f"{name}, row {number}",
            expected=f"at most {LONGEST_ACTIVITY} characters",
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
