"""Arranged rows to typed rows: whether every cell can be used, and what the reader mends by itself and tells."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from emotion_core.prompts.faults import Fault, no_rows, raise_faults, shorten
from emotion_core.prompts.layouts import NEEDED, Arranged
from emotion_core.prompts.prompt_set import SPLITS, Split, left_out

MAX_TEXT = 100_000
MAX_NAME = 100
_TOLD = 10


@dataclass(frozen=True)
class Row:
    """A row of either form.

    Attributes:
        number: In the file, counted from 1 without the header.
        emotion: Its emotion.
        texts: Both sides of a pair, the positive one first, or one text.
        topic: Empty where none is named.
        split: None where the file names none.
        note: The author's.
    """

    number: int
    emotion: str
    texts: tuple[str, ...]
    topic: str = ""
    split: Split | None = None
    note: str = ""


def typed_rows(name: str, stem: str, arranged: Arranged) -> list[Row]:
    """Checks every cell.

    Args:
        name: The file's base name, for messages.
        stem: The emotion of pairs that name none.
        arranged: What the file holds, under our columns.

    Raises:
        PromptSetError: No rows, or faulty cells, all of them in one error.
    """
    needed = NEEDED[arranged.form]
    # A split or emotion column that nobody filled in is no column; one with gaps is a fault in every gap.
    filled = {own for row in arranged.rows for own, value in row.cells.items() if not _blank(value)}
    wanted = {*needed, *({"emotion", "split"} & filled)}
    faults, rows = list(arranged.table.faults), list[Row]()
    for number, cells in arranged.rows:
        made = {own: _cell(number, own, cells.get(own), own in wanted, faults) for own in _TIDY}
        split = SPLITS.get(made["split"])
        if made["split"] and split is None:
            found, known = f"'{shorten(cells['split'])}'", "train or heldout (also test, val, dev, eval)"
            faults.append(Fault(number, "split", "Unknown split", known, found, "Write train or heldout in every row"))
        texts = tuple(made[own] for own in needed if own != "emotion")
        rows.append(Row(number, made["emotion"] or stem, texts, made["topic"], split, made["note"]))
    raise_faults(name, faults)
    if not rows:
        left = [sentence for sentence in arranged.said if "left out" in sentence]
        raise no_rows(name, "".join(f"; {one[0].lower()}{one[1:]}" for one in left))
    return rows


def one_spelling(rows: list[Row]) -> tuple[list[Row], list[str]]:
    """Reads `Fear` and `fear` as the same emotion, in the spelling that comes first, and says so."""
    first: dict[str, str] = {}
    for row in rows:
        first.setdefault(row.emotion.casefold(), row.emotion)
    spelled = [replace(row, emotion=first[row.emotion.casefold()]) for row in rows]
    changed = dict.fromkeys((a.emotion, b.emotion) for a, b in zip(rows, spelled, strict=True) if a != b)
    return spelled, [f"The emotion '{old}' is read as '{new}'" for old, new in changed]


def drop_same_sides(rows: list[Row]) -> tuple[list[Row], list[str]]:
    """Leaves out pairs whose sides are the same text: their difference is nothing at all."""
    same = [row.number for row in rows if len(row.texts) == 2 and row.texts[0] == row.texts[1]]
    kept = [row for row in rows if len(row.texts) == 1 or row.texts[0] != row.texts[1]]
    return kept, [left_out(same, "both sides are the same text")] if same else []


def drop_repeats(rows: list[Row]) -> tuple[list[Row], list[str], tuple[int, ...]]:
    """Leaves out rows whose emotion and texts are those of an earlier row, whatever their topic or split.

    Returns:
        The rows that stay, messages for those that do not, and the numbers of those.
    """
    seen: dict[tuple[str, ...], Row] = {}
    messages: list[str] = []
    numbers: list[int] = []
    for row in rows:
        earlier = seen.setdefault((row.emotion, *row.texts), row)
        if earlier is row:
            continue
        numbers.append(row.number)
        if len(numbers) <= _TOLD:
            across = "" if row.split == earlier.split else f" ({row.split}, the earlier one {earlier.split})"
            messages.append(f"Row {row.number} repeats row {earlier.number} and is left out{across}")
    if len(numbers) > _TOLD:
        messages.append(f"{len(numbers) - _TOLD:,} more rows repeat an earlier one and are left out")
    return list(seen.values()), messages, tuple(numbers)


def several_emotions(rows: list[Row]) -> list[str]:
    """Says where one text stands under several emotions: it pulls them together."""
    emotions: dict[str, set[str]] = {}
    for row in rows:
        if len(row.texts) == 1:
            emotions.setdefault(row.texts[0], set()).add(row.emotion)
    count = sum(len(each) > 1 for each in emotions.values())
    texts = "1 text stands" if count == 1 else f"{count:,} texts stand"
    return [f"{texts} under more than one emotion, and pulls them together"] if count else []


def _blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _text(value: str) -> str:
    """One kind of line end and no white space around, so that a text is the same from every file type."""
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()


def _line(value: str) -> str:
    return " ".join(value.split())


def _split(value: str) -> str:
    """`Held-out` and ` HELDOUT ` are heldout; anything else is left for the check to refuse."""
    return re.sub("^held[-_ ]out$", "heldout", _line(value).lower())


_TIDY: dict[str, tuple[Callable[[str], str], int]] = {
    "emotion": (_line, MAX_NAME),
    "positive": (_text, MAX_TEXT),
    "negative": (_text, MAX_TEXT),
    "text": (_text, MAX_TEXT),
    "topic": (_line, MAX_NAME),
    "split": (_split, MAX_TEXT),
    "note": (_text, MAX_TEXT),
}


def _cell(row: int, own: str, value: Any, needed: bool, faults: list[Fault]) -> str:
    """The tidied cell; what is wrong with it goes to the faults."""
    tidy, limit = _TIDY[own]
    text = tidy(value) if isinstance(value, str) else ""
    fault: tuple[str, str, str, str] | None = None
    if value is not None and not isinstance(value, str):
        remedy = "Write one text into the cell" if isinstance(value, (list, dict)) else "Put the value between quotes"
        fault = ("The cell is not a text", "a text", shorten(value), remedy)
    elif needed and not text:
        wanted = "train or heldout" if own == "split" else "a text"
        fault = ("The cell is empty", wanted, "nothing", "Fill the cell in or delete the row")
    elif len(text) > limit:
        fault = (
            "The cell is too long",
            f"at most {limit:,} characters",
            f"{len(text):,} characters",
            "Shorten the text",
        )
    elif "\0" in text or re.search("[\ud800-\udfff]", text):
        found = "a NUL character" if "\0" in text else "half of a character (a lone surrogate)"
        fault = ("The cell holds what is no text", "characters", found, "Remove that character")
    if fault is not None:
        faults.append(Fault(row, own, *fault))
    return text
