"""A visitor's files to a PromptSet: which of them belong together, and the way from bytes to texts and splits."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from emotion_core.base.ask import Seed, require
from emotion_core.base.errors import PromptSetError
from emotion_core.prompts import faults
from emotion_core.prompts.layouts import (
    KNOWN,
    Arranged,
    Choice,
    Row,
    arrange,
    drop_repeats,
    drop_same_sides,
    keep_emotions,
    one_spelling,
    sample_evenly,
    several_emotions,
    typed_rows,
)
from emotion_core.prompts.prompt_set import SPLITS, PromptSet, PromptText, Side, Split, draw_heldout
from emotion_core.prompts.tables import (
    RawRow,
    Table,
    base_name,
    check_size,
    column_name,
    read_table,
    refuse_wide,
    stem_and_ending,
)

MOST_TEXTS = 20_000  # of a set; more would keep a model busy for a day
MAX_EMOTIONS = 1_000
# Two text files, line by line the sides of a pair, as llama.cpp's cvector-generator takes them.
_POSITIVE = {"positive": "negative", "positives": "negatives", "pos": "neg", "chosen": "rejected"}
_OTHER = _POSITIVE | {other: side for side, other in _POSITIVE.items()}
_SIDE = re.compile(rf"(?:(.+?)[-_. ])?({'|'.join(_OTHER)})")
# train.csv, goemotions-test.tsv, train-00000-of-00002.parquet
_PART = re.compile(rf"(?:(.+?)[-_. ])?({'|'.join(SPLITS)})(?:[-_. ]?\d{{1,5}}(?:[-_]of[-_]\d{{1,5}})?)?")
_NO_EMOTION = re.compile(rf"{_PART.pattern}|(?:.*[-_. ])?(?:pairs|data|dataset|prompts|sheet ?\d*|{_SIDE.pattern})")
_WORDS: dict[Split | None, str] = {"train": "for training", "heldout": "held out", None: "split by its rows"}


def read_prompt_bytes(
    filename: str, data: bytes, *, seed: int = 0, choice: Choice | None = None, emotion: str = ""
) -> PromptSet:
    r"""Reads a file as it was uploaded; `read_prompt_files` for one file.

    Example:
        >>> read_prompt_bytes("fear.csv", b"positive,negative\na,b\nc,d\n").emotions
        ('fear',)
    """
    return read_prompt_files([(filename, data)], seed=seed, choice=choice, emotion=emotion)


def read_prompt_files(
    files: Sequence[tuple[str, bytes]],
    *,
    seed: int = 0,
    choice: Choice | None = None,
    emotion: str = "",
    name: str = "",
    most_texts: int = MOST_TEXTS,
) -> PromptSet:
    """Reads files that belong together (see `together`) as one set.

    Args:
        files: Name and content of each. Only the last part of a name is used, and never as a path. What a file is, is
            told by its content and its ending: CSV and TSV with any of four separators, text, JSON, JSONL, Parquet,
            Excel, each also packed as `.gz`.
        seed: Draws the held-out rows where nothing says which these are.
        choice: The file's column for each of ours; without it the layout is recognised.
        emotion: The emotion of all rows; without it the file's column, else the name.
        name: What the set is called, in place of the file's name without its ending.
        most_texts: Of more texts than these a part is drawn, evenly from the emotions.

    Returns:
        The prompt set; how it was read, what was left out and why stands in `dropped`.

    Raises:
        PromptSetError: A file or rows of it cannot be used; all faulty rows are in one error.
        SettingsError: The seed is out of range.
    """
    require(Seed, seed)
    named = [(base_name(filename), data) for filename, data in files]
    names = [one for one, _ in named]
    where, stem, emotion = ", ".join(names), name or _common_name(names), " ".join(emotion.split())
    splits: list[Split | None] = [None] * len(named)
    if len(named) == 2 and all(map(_side, names)):
        arranged = [_sides(named, emotion)]
    else:
        arranged = [_arranged(one, data, choice, emotion) for one, data in named]
        parts = [_split_of(one) for one in names]
        splits = parts if len(set(parts)) > 1 else splits  # parts of one split do not say which rows are held out
    form = arranged[0].form
    if any(one.form != form for one in arranged):
        raise faults.TWO_FORMS.at(where)
    rows: list[Row] = []
    for one, each, split in zip(names, arranged, splits, strict=False):
        typed = typed_rows(one if len(arranged) > 1 else where, stem, each)
        above = max((row.number for row in rows), default=0)  # rows are counted through all files
        rows += [replace(row, split=row.split or split, number=above + row.number) for row in typed]
    said = list(dict.fromkeys(sentence for each in arranged for sentence in each.said))
    if any(splits):
        said.append("; ".join(f"{one} is {_WORDS[split]}" for one, split in zip(names, splits, strict=True)))
    called_after_file = form == "pairs" and not (name or emotion or any("emotion" in r.cells for r in arranged[0].rows))
    if called_after_file and (_NO_EMOTION.fullmatch(stem.lower()) or "+" in stem):
        said.append(f"The emotion is called '{stem}' after the file; name it (on the command line: --emotion NAME)")
    rows, spelled = one_spelling(rows)
    n_emotions = len({row.emotion for row in rows})
    if n_emotions > MAX_EMOTIONS:
        raise faults.TOO_MANY_EMOTIONS.at(where, f"{n_emotions:,} emotions", most=MAX_EMOTIONS)
    rows, same = drop_same_sides(where, rows)
    rows, repeats, repeated = drop_repeats(rows)
    rows, sampled = sample_evenly(rows, most_texts, seed)
    own = [row.split for row in rows if row.split is not None]
    if 0 < len(own) < len(rows):
        raise faults.HALF_SPLIT.at(where)
    final = own or draw_heldout([row.emotion for row in rows], [row.topic for row in rows], seed)
    rows, final, few = keep_emotions(where, form, rows, final, said)
    dropped = (*said, *spelled, *same, *repeats, *sampled, *several_emotions(rows), *few)
    return PromptSet(stem, form, _texts(rows, final), None if own else seed, dropped, repeated)


def read_prompt_path(path: str | Path, *, seed: int = 0) -> PromptSet:
    """Reads a file of this machine; see read_prompt_bytes.

    Raises:
        PromptSetError: There is no such file, or it cannot be used.
    """
    return read_prompt_bytes(Path(path).name, path_bytes(path), seed=seed)


def path_bytes(path: str | Path) -> bytes:
    """The content of a file of this machine.

    Raises:
        PromptSetError: There is no such file, or it is too large.
    """
    path = Path(path)
    try:
        check_size(path.name, path.stat().st_size if path.is_file() else 1)
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise faults.UNREADABLE.at(str(path), getattr(error, "strerror", None) or str(error)) from error


def read_for_choice(filename: str, data: bytes) -> tuple[Table, dict[str, str]]:
    """A file's columns and rows before anybody knows what they mean, and the columns that were recognised.

    Raises:
        PromptSetError: It is no table.
    """
    name = base_name(filename)
    table = read_table(name, data, KNOWN)
    refuse_wide(name, table)
    try:
        arranged = arrange(name, table)
    except PromptSetError:
        return table.with_header(), {}
    return arranged.table, arranged.columns


def together(filenames: Sequence[str]) -> list[list[int]]:
    """Which files make one set: two sides of pairs as text files, and the splits or parts of one data set.

    Args:
        filenames: Names or paths; only files of one folder belong together.

    Returns:
        Places of the files in groups, in the order in which the groups begin.

    Example:
        >>> together(["fear.csv", "a/positive.txt", "a/negative.txt", "train.tsv", "dev.tsv", "b/train.tsv"])
        [[0], [1, 2], [3, 4], [5]]
    """
    groups: dict[object, list[int]] = {}
    for i, filename in enumerate(filenames):
        folder, name = filename[: -len(base_name(filename)) or None], base_name(filename)
        stem, ending = _halves(name)
        part, side = _PART.fullmatch(stem), _side(name)
        key: object = i
        if side is not None:
            key = (folder, ending, side[1], min(side[2], _OTHER[side[2]]))
        elif part is not None:
            key = (folder, ending, part[1])
        # The same name twice is another file, not another part.
        while any(base_name(filenames[j]) == name for j in groups.get(key, ())):
            key = (key, "again")
        groups.setdefault(key, []).append(i)
    return list(groups.values())


def _halves(name: str) -> tuple[str, str]:
    try:
        stem, ending = stem_and_ending(name)
    except PromptSetError:
        return name, ""
    return stem.lower(), ending


def _side(name: str) -> re.Match[str] | None:
    """What stands before the side in a text file's name, and the side."""
    stem, ending = _halves(name)
    return _SIDE.fullmatch(stem) if ending == "txt" else None


def _split_of(name: str) -> Split | None:
    part = _PART.fullmatch(_halves(name)[0])
    return SPLITS[part[2]] if part else None


def _common_name(names: Sequence[str]) -> str:
    """A file's name without its ending; of several files what stands before side or split, else all of them."""
    stems = [stem_and_ending(name)[0] for name in names]
    part = _SIDE.fullmatch(stems[0].lower()) or _PART.fullmatch(stems[0].lower())
    before = part[1] if part and len(stems) > 1 else ""
    return stems[0][: len(before)] if before else "+".join(stems)[: 100 if len(stems) > 1 else None]


def _arranged(name: str, data: bytes, choice: Choice | None, emotion: str) -> Arranged:
    table = read_table(name, data, KNOWN | {column_name(theirs) for theirs in (choice or {}).values()})
    stem, ending = stem_and_ending(name)
    try:
        return arrange(name, table, choice, emotion)
    except PromptSetError:
        # Prose has commas, but the same number of anything rarer in every line is a table.
        widths = {len(line) for line in table.lines}
        is_table = table.separator != "," and len(widths) == 1 and widths != {1}
        side = _side(name)
        if choice or ending != "txt" or (is_table and side is None):
            raise
    if side is not None:
        raise faults.ONE_SIDE.at(name, "one of them", other=_OTHER[side[2]])
    label = emotion or stem
    rows = [RawRow(number, {"emotion": label, "text": line}) for number, line in _lines(table)]
    said = [*table.said, f"Read as one text a line, all of them {label}"]
    return Arranged("labelled", rows, {"text": "text"}, Table(), said)


def _lines(table: Table) -> list[tuple[int, str]]:
    r"""The lines that are not blank, with their numbers; a `\n` in them stands for a line break, which is said."""
    table.said = [sentence for sentence in table.said if sentence.startswith("Read as")]  # not of its quotes
    if r"\n" in table.text:
        table.said.append(r"The characters \n in a line are read as a line break")
    lines = enumerate(table.text.replace("\r\n", "\n").split("\n"), start=1)
    return [(number, line.replace(r"\n", "\n")) for number, line in lines if line.strip()]


def _sides(files: Sequence[tuple[str, bytes]], emotion: str) -> Arranged:
    """Two text files, line by line the sides of a pair."""
    files = sorted(files, key=lambda file: (_side(file[0]) or "")[2] not in _POSITIVE)
    tables = [read_table(name, data) for name, data in files]
    positive, negative = map(_lines, tables)
    if len(positive) != len(negative):
        found = f"{len(positive)} and {len(negative)} lines"
        raise faults.UNEVEN.at(", ".join(name for name, _ in files), found, these="The two sides")
    named = {"emotion": emotion} if emotion else {}
    rows = [
        RawRow(number, {"positive": a, "negative": b, **named})
        for (number, a), (_, b) in zip(positive, negative, strict=True)
    ]
    how = f"Read as contrast pairs, line by line: {files[0][0]} as positive, the other file as negative"
    said = [*tables[0].said, *tables[1].said, how]
    return Arranged("pairs", rows, {"positive": "positive", "negative": "negative"}, Table(), said)


def _texts(rows: list[Row], splits: list[Split]) -> tuple[PromptText, ...]:
    """The rows' texts; pairs are numbered in file order."""
    texts = []
    for index, (row, split) in enumerate(zip(rows, splits, strict=True)):
        sides: tuple[Side, ...] = ("labelled",) if len(row.texts) == 1 else ("positive", "negative")
        pair = None if sides == ("labelled",) else index
        for side, text in zip(sides, row.texts, strict=True):
            texts.append(PromptText(text, row.emotion, side, row.topic, split, pair, row.number, row.note))
    return tuple(texts)


# A PromptSet back to a CSV file that the reader turns into the same set (same sha256).


def to_csv(prompt_set: PromptSet) -> str:
    r"""The set as CSV text, with the split of every row spelled out; a `note` column only where there is a note.

    For copies to edit and upload again, so texts stand as they are: nothing is escaped against spreadsheet formulas.

    Example:
        >>> from emotion_core.prompts.files import read_prompt_bytes
        >>> print(to_csv(read_prompt_bytes("fear.csv", b"positive,negative\na,b\nc,d\n")), end="")
        emotion,positive,negative,topic,split
        fear,a,b,,train
        fear,c,d,,train
    """
    has_notes = any(text.note for text in prompt_set.texts)
    sides = ("positive", "negative") if prompt_set.form == "pairs" else ("text",)
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["emotion", *sides, "topic", "split", *(["note"] if has_notes else [])])
    step = len(sides)
    for start in range(0, len(prompt_set.texts), step):
        members = prompt_set.texts[start : start + step]
        one = members[0]
        texts = [member.text for member in members]
        writer.writerow([one.emotion, *texts, one.topic, one.split, *([one.note] if has_notes else [])])
    return buffer.getvalue()
