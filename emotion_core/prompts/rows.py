"""Arranged rows to typed rows: whether every cell can be used, and what the reader mends by itself and tells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from emotion_core.prompts import faults
from emotion_core.prompts.faults import RowFault, raise_faults, shorten
from emotion_core.prompts.layouts import NEEDED, Arranged
from emotion_core.prompts.prompt_set import SPLITS, Form, Split, left_out

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
    wrong, rows = list(arranged.table.faults), list[Row]()
    for number, cells in arranged.rows:
        made = {own: _cell(number, own, cells.get(own), own in wanted, wrong) for own in _TIDY}
        split = SPLITS.get(made["split"])
        if made["split"] and split is None:
            wrong.append(faults.SPLIT.in_row(number, "split", f"'{shorten(cells['split'])}'"))
        texts = tuple(made[own] for own in needed if own != "emotion")
        rows.append(Row(number, made["emotion"] or stem, texts, made["topic"], split, made["note"]))
    raise_faults(name, wrong)
    if not rows:
        left = [sentence for sentence in arranged.said if "left out" in sentence]
        raise faults.NO_ROWS.at(name, "; ".join(["0 rows", *(f"{one[0].lower()}{one[1:]}" for one in left)]))
    return rows


def one_spelling(rows: list[Row]) -> tuple[list[Row], list[str]]:
    """Reads `Fear` and `fear` as the same emotion, in the spelling that comes first, and says so."""
    first: dict[str, str] = {}
    for row in rows:
        first.setdefault(row.emotion.casefold(), row.emotion)
    spelled = [replace(row, emotion=first[row.emotion.casefold()]) for row in rows]
    changed = dict.fromkeys((a.emotion, b.emotion) for a, b in zip(rows, spelled, strict=True) if a != b)
    return spelled, [f"The emotion '{old}' is read as '{new}'" for old, new in changed]


def drop_same_sides(name: str, rows: list[Row]) -> tuple[list[Row], list[str]]:
    """Leaves out pairs whose sides are the same text: their difference is nothing at all.

    Raises:
        PromptSetError: There are no other pairs.
    """
    kept = [row for row in rows if len(row.texts) == 1 or row.texts[0] != row.texts[1]]
    if not kept:
        raise faults.SAME_SIDES.at(name)
    same = [row.number for row in rows if len(row.texts) == 2 and row.texts[0] == row.texts[1]]
    return kept, [left_out(same, "both sides are the same text")] if same else []


def drop_repeats(rows: list[Row]) -> tuple[list[Row], list[str], tuple[int, ...]]:
    """Leaves out rows whose emotion and texts are those of an earlier row, whatever their topic or split.

    Returns:
        The rows that stay, messages for those that do not, and the numbers of those.
    """
    seen: dict[tuple[str, ...], Row] = {}
    repeats = [(row, first) for row in rows if (first := seen.setdefault((row.emotion, *row.texts), row)) is not row]
    messages = [
        f"Row {row.number} repeats row {first.number} and is left out"
        + (f" ({row.split}, the earlier one {first.split})" if row.split != first.split else "")
        for row, first in repeats[:_TOLD]
    ]
    if len(repeats) > _TOLD:
        messages.append(f"{len(repeats) - _TOLD:,} more rows repeat an earlier one and are left out")
    return list(seen.values()), messages, tuple(row.number for row, _ in repeats)


def several_emotions(rows: list[Row]) -> list[str]:
    """Says where one text stands under several emotions: it pulls them together."""
    emotions: dict[str, set[str]] = {}
    for row in rows:
        if len(row.texts) == 1:
            emotions.setdefault(row.texts[0], set()).add(row.emotion)
    count = sum(len(each) > 1 for each in emotions.values())
    texts = "1 text stands" if count == 1 else f"{count:,} texts stand"
    return [f"{texts} under more than one emotion, and pulls them together"] if count else []


def sample_evenly(rows: list[Row], most_texts: int, seed: int) -> tuple[list[Row], list[str]]:
    """Of more texts than a build may have, rows drawn evenly from the emotions, those of rare ones whole.

    Args:
        rows: All rows.
        most_texts: How many texts may stay; a pair has two.
        seed: Of the draw.

    Returns:
        The rows that stay, in file order, and what is said of the others.
    """
    most = max(1, most_texts // len(rows[0].texts))
    if len(rows) <= most:
        return rows, []
    of_emotion: dict[str, list[int]] = {}
    for i in np.random.default_rng(seed).permutation(len(rows)):
        of_emotion.setdefault(rows[i].emotion, []).append(int(i))
    turns = sorted((turn, i) for each in of_emotion.values() for turn, i in enumerate(each))
    kept = sorted(i for _, i in turns[:most])
    largest = max(Counter(rows[i].emotion for i in kept).values())
    said = f"{most:,} of {len(rows):,} rows are kept, drawn evenly from the emotions (at most {largest:,} of each)"
    return [rows[i] for i in kept], [said]


def keep_emotions(
    name: str, form: Form, rows: list[Row], splits: list[Split], said: list[str]
) -> tuple[list[Row], list[Split], list[str]]:
    """Leaves out emotions of fewer than two training rows: a mean over one is no mean.

    A file that is held out altogether, as the confound sets are, needs no training rows. Where none is left, what was
    `said` of how the file was read may be the reason.

    Raises:
        PromptSetError: No emotion is left, or a single one of several labelled ones, which has nothing to differ from.
    """
    unit = "pair" if form == "pairs" else "text"
    emotions = dict.fromkeys(row.emotion for row in rows)
    training = Counter(row.emotion for row, split in zip(rows, splits, strict=True) if split == "train")
    counts = training or Counter(row.emotion for row in rows)
    short = [emotion for emotion in emotions if counts[emotion] < 2]
    kind = f"training {unit}" if training else f"held-out {unit}"
    found = "; ".join(f"{counts[emotion]} for {emotion}" for emotion in short[:10]) + ("; ..." if short[10:] else "")
    if len(short) == len(emotions) or (short and form == "labelled" and len(emotions) - len(short) < 2):
        where = f"{name}, {len(short)} of {len(emotions)} emotions" if len(emotions) > 1 else name
        raise faults.TOO_FEW.at(where, ". ".join([found, *said]), kind=kind, unit=unit)
    kept = [i for i, row in enumerate(rows) if counts[row.emotion] >= 2]
    are = "emotion is" if len(short) == 1 else "emotions are"
    said = [f"{len(short)} {are} left out for too few {kind}s ({found})"] if short else []
    return [rows[i] for i in kept], [splits[i] for i in kept], said


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


def _cell(row: int, own: str, value: Any, needed: bool, wrong: list[RowFault]) -> str:
    """The tidied cell; what is wrong with it goes to the faults."""
    tidy, limit = _TIDY[own]
    text = tidy(value) if isinstance(value, str) else ""
    if value is not None and not isinstance(value, str):
        remedy = "Write one text into the cell" if isinstance(value, (list, dict)) else "Put the value between quotes"
        wrong.append(faults.NOT_A_TEXT.in_row(row, own, shorten(value), remedy=remedy))
    elif needed and not text:
        wanted = "train or heldout" if own == "split" else "a text"
        wrong.append(faults.EMPTY_CELL.in_row(row, own, "nothing", wanted=wanted))
    elif len(text) > limit:
        wrong.append(faults.LONG_TEXT.in_row(row, own, f"{len(text):,} characters", most=limit))
    elif "\0" in text or re.search("[\ud800-\udfff]", text):
        found = "a NUL character" if "\0" in text else "half of a character (a lone surrogate)"
        wrong.append(faults.NO_TEXT.in_row(row, own, found))
    return text
