"""A visitor's files to a PromptSet: which of them belong together, and the way from bytes to texts and splits."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.decoding import base_name, check_size, decode, stem_and_ending, unpack
from emotion_core.prompts.layouts import KNOWN, Arranged, Choice, arrange
from emotion_core.prompts.prompt_set import SPLITS, Form, PromptSet, PromptText, Side, Split
from emotion_core.prompts.rows import Row, drop_repeats, drop_same_sides, one_spelling, several_emotions, typed_rows
from emotion_core.prompts.splits import draw_heldout
from emotion_core.prompts.tables import MOST_ROWS, RawRow, Table, column_name, read_table

MAX_ROWS = 20_000
MAX_EMOTIONS = 1_000
# Two text files, line by line the sides of a pair, as llama.cpp's cvector-generator takes them.
_SIDES = {"positive": "negative", "positives": "negatives", "pos": "neg", "chosen": "rejected"}
_SIDE = re.compile(rf"(?:(.+?)[-_. ])?({'|'.join([*_SIDES, *_SIDES.values()])})")
# train.csv, goemotions-test.tsv, train-00000-of-00002.parquet
_PART = re.compile(rf"(?:(.+?)[-_. ])?({'|'.join(SPLITS)})(?:[-_. ]?\d{{1,5}}(?:[-_]of[-_]\d{{1,5}})?)?")
_NO_EMOTION = re.compile(rf"{_PART.pattern}|(?:.*[-_. ])?(?:pairs|data|dataset|prompts|sheet ?\d*|{_SIDE.pattern})")


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

    Returns:
        The prompt set; how it was read, what was left out and why stands in `dropped`.

    Raises:
        PromptSetError: A file or rows of it cannot be used; all faulty rows are in one error.
    """
    named = [(base_name(filename), data) for filename, data in files]
    where, stem = ", ".join(one for one, _ in named), name or _common_name([one for one, _ in named])
    emotion = " ".join(emotion.split())
    splits: list[Split | None]
    if len(named) == 2 and all(_side(one) for one, _ in named):
        arranged, splits = [_sides(named, emotion)], [None]
    else:
        arranged = [_arranged(one, data, choice, emotion) for one, data in named]
        splits = [_split_of(one) for one, _ in named] if len(named) > 1 else [None]
        if len(set(splits)) == 1:  # parts of one split say nothing about which rows are held out
            splits = [None] * len(named)
    form = arranged[0].form
    if any(one.form != form for one in arranged):
        raise PromptSetError("The files are of two forms", where=where, remedy="Rename one so that it stands alone")
    rows: list[Row] = []
    for (one, _), each, split in zip(named, arranged, splits, strict=False):
        # Before any cell is looked at: millions of short rows take long to check.
        _refuse_too_many(one, "rows", len(each.rows) + len(rows), MAX_ROWS)
        typed = typed_rows(one if len(arranged) > 1 else where, stem, each)
        above = max((row.number for row in rows), default=0)  # rows are counted through all files
        rows += [replace(row, split=row.split or split, number=above + row.number) for row in typed]
    said = list(dict.fromkeys(sentence for each in arranged for sentence in each.said))
    if any(splits):
        said.append("; ".join(f"{one} is {_WORDS[split]}" for (one, _), split in zip(named, splits, strict=True)))
    if form == "pairs" and not emotion and not any("emotion" in row.cells for row in arranged[0].rows):
        said += _named_after_file(stem) if not name else []
    return _prompt_set(where, stem, form, rows, said, seed)


_WORDS: dict[Split | None, str] = {"train": "for training", "heldout": "held out", None: "split by its rows"}


def _prompt_set(name: str, stem: str, form: Form, rows: list[Row], said: list[str], seed: int) -> PromptSet:
    rows, spelled = one_spelling(rows)
    _refuse_too_many(name, "emotions", len({row.emotion for row in rows}), MAX_EMOTIONS)
    rows, same = drop_same_sides(rows)
    rows, repeats, repeated = drop_repeats(rows)
    if not rows:
        raise PromptSetError(
            "Both sides are the same text in every pair",
            where=name,
            expected="a text with the emotion and one without",
            remedy="Write the other side, or choose other columns",
        )
    splits, drawn = _splits(rows, seed)
    rows, splits, few = _enough(name, form, rows, splits)
    dropped = (*said, *spelled, *same, *repeats, *several_emotions(rows), *few)
    return PromptSet(stem, form, _texts(rows, splits), seed if drawn else None, dropped, repeated)


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
        raise PromptSetError(
            "The file cannot be read",
            where=str(path),
            expected="a file that exists",
            found=getattr(error, "strerror", None) or str(error),
            remedy="Check the path",
        ) from error


def read_for_choice(filename: str, data: bytes) -> tuple[Table, dict[str, str]]:
    """A file's columns and rows before anybody knows what they mean, and the columns that were recognised.

    Raises:
        PromptSetError: It is no table.
    """
    name = base_name(filename)
    table = read_table(name, data, KNOWN)
    try:
        arranged = arrange(name, table)
    except PromptSetError:
        return (table.with_header(0) if table.lines else table), {}
    there = set(arranged.table.columns)
    return arranged.table, {own: each for own, each in arranged.columns.items() if set(each.split("+")) <= there}


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
            key = (folder, ending, side[0], min(side[1], _other(side[1])))
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


def _side(name: str) -> tuple[str, str] | None:
    """What stands before the side in a text file's name, and the side."""
    stem, ending = _halves(name)
    found = _SIDE.fullmatch(stem) if ending == "txt" else None
    return (found[1] or "", found[2]) if found else None


def _other(side: str) -> str:
    return _SIDES.get(side) or next(one for one, other in _SIDES.items() if other == side)


def _split_of(name: str) -> Split | None:
    found = _PART.fullmatch(_halves(name)[0])
    return SPLITS[found[2]] if found else None


def _common_name(names: Sequence[str]) -> str:
    """A file's name without its ending; of several files what stands before side or split, else all of them."""
    stems = [stem_and_ending(name)[0] for name in names]
    if len(stems) == 1:
        return stems[0]
    found = _SIDE.fullmatch(stems[0].lower()) or _PART.fullmatch(stems[0].lower())
    return stems[0][: len(found[1])] if found and found[1] else "+".join(stems)[:100]


def _named_after_file(stem: str) -> list[str]:
    """Said where the name of a file is more likely what it is than what its pairs are about."""
    if not re.fullmatch(_NO_EMOTION, stem.lower()) and "+" not in stem:
        return []
    return [f"The emotion is called '{stem}' after the file; give it a name (on the command line: --emotion NAME)"]


def _arranged(name: str, data: bytes, choice: Choice | None, emotion: str) -> Arranged:
    ending = stem_and_ending(name)[1]
    known = KNOWN | {column_name(theirs) for theirs in (choice or {}).values()}
    table = read_table(name, data, known)
    n_rows = max(len(table.rows), len(table.lines))
    _refuse_too_many(name, "rows", n_rows if n_rows > MOST_ROWS else 0, MAX_ROWS)
    try:
        return arrange(name, table, choice, emotion)
    except PromptSetError:
        side = _side(name)
        if choice or ending != "txt":
            raise
        if side is not None:
            raise PromptSetError(
                "The other side of the pairs is missing",
                where=name,
                expected=f"two text files, line by line the sides of a pair, the other one {_other(side[1])}.txt",
                found="one of them",
                remedy="Give both files at once",
            ) from None
        # Prose has commas, but the same number of anything rarer in every line is a table.
        if (
            table.lines
            and table.separator != ","
            and len(table.lines[0]) > 1
            and len({len(line) for line in table.lines}) == 1
        ):
            raise
    said: list[str] = []
    lines = _lines(name, unpack(name, data), said)
    label = emotion or stem_and_ending(name)[0]
    rows = [RawRow(number, {"emotion": label, "text": line}) for number, line in lines]
    said.append(f"Read as one text a line, all of them {label}")
    return Arranged("labelled", rows, {"text": "text"}, Table(), said)


def _lines(name: str, data: bytes, said: list[str]) -> list[tuple[int, str]]:
    r"""The lines that are not blank, with their numbers; a `\n` in them stands for a line break."""
    text = decode(name, data, said=said)
    if r"\n" in text:
        said.append(r"The characters \n in a line are read as a line break")
    lines = enumerate(text.replace("\r\n", "\n").split("\n"), start=1)
    return [(number, line.replace(r"\n", "\n")) for number, line in lines if line.strip()]


def _sides(files: Sequence[tuple[str, bytes]], emotion: str) -> Arranged:
    """Two text files, line by line the sides of a pair."""
    said: list[str] = []
    by_side = {(_side(name) or ("", ""))[1]: (name, unpack(name, data)) for name, data in files}
    first = next(side for side in by_side if side in _SIDES)
    positive, negative = (_lines(*by_side[side], said) for side in (first, _SIDES[first]))
    if len(positive) != len(negative):
        raise PromptSetError(
            "The two sides have not the same number of lines",
            where=", ".join(name for name, _ in files),
            expected="line by line the two sides of a pair",
            found=f"{len(positive)} and {len(negative)} lines",
            remedy="Add the missing lines or delete the extra ones",
        )
    rows = [
        RawRow(number, {"positive": a, "negative": b, **({"emotion": emotion} if emotion else {})})
        for (number, a), (_, b) in zip(positive, negative, strict=True)
    ]
    said.append(f"Read as contrast pairs, line by line: {by_side[first][0]} as positive, the other file as negative")
    return Arranged("pairs", rows, {"positive": "positive", "negative": "negative"}, Table(), said)


def _splits(rows: list[Row], seed: int) -> tuple[list[Split], bool]:
    """The file's own splits, or drawn ones; and whether they were drawn."""
    own: list[Split] = [row.split for row in rows if row.split is not None]
    if 0 < len(own) < len(rows):
        raise PromptSetError("Only some of the files say which rows are held out", remedy="Give all a column split")
    if own:
        return own, False
    return draw_heldout([row.emotion for row in rows], [row.topic for row in rows], seed), True


def _enough(name: str, form: Form, rows: list[Row], splits: list[Split]) -> tuple[list[Row], list[Split], list[str]]:
    """Leaves out emotions of fewer than two training rows: a mean over one is no mean.

    A file that is held out altogether, as the confound sets are, needs no training rows.

    Raises:
        PromptSetError: No emotion is left, or a single one of several labelled ones, which has nothing to differ from.
    """
    unit = "pair" if form == "pairs" else "text"
    emotions = dict.fromkeys(row.emotion for row in rows)
    training = Counter(row.emotion for row, split in zip(rows, splits, strict=True) if split == "train")
    needed = training if training else Counter(row.emotion for row in rows)
    short = [emotion for emotion in emotions if needed[emotion] < 2]
    kind = f"training {unit}" if training else f"held-out {unit}"
    found = "; ".join(f"{needed[emotion]} for {emotion}" for emotion in short[:10]) + ("; ..." if short[10:] else "")
    if len(short) == len(emotions) or (short and form == "labelled" and len(emotions) - len(short) < 2):
        raise PromptSetError(
            f"There are too few {kind}s",
            where=f"{name}, {len(short)} of {len(emotions)} emotions" if len(emotions) > 1 else name,
            expected=f"at least two {kind}s for each emotion, and more of them held out",
            found=found,
            remedy=f"Add {unit}s; a vector worth testing has 20 or more for training and 5 or more held out",
        )
    kept = [i for i, row in enumerate(rows) if needed[row.emotion] >= 2]
    are = "emotion is" if len(short) == 1 else "emotions are"
    said = [f"{len(short)} {are} left out for too few {kind}s ({found})"] if short else []
    return [rows[i] for i in kept], [splits[i] for i in kept], said


def _refuse_too_many(name: str, what: str, count: int, limit: int) -> None:
    """Refuses what no model would get through in a day, before it costs memory.

    Raises:
        PromptSetError: The count is above the limit.
    """
    if count > limit:
        raise PromptSetError(
            f"The file has too many {what}",
            where=name,
            expected=f"at most {limit:,} {what}",
            found=f"{count:,} {what}",
            remedy="Keep a part of the rows" if what == "rows" else "Check the column of the emotion",
        )


def _texts(rows: list[Row], splits: list[Split]) -> tuple[PromptText, ...]:
    """The rows' texts; pairs are numbered in file order."""
    texts = []
    for index, (row, split) in enumerate(zip(rows, splits, strict=True)):
        sides: tuple[Side, ...] = ("labelled",) if len(row.texts) == 1 else ("positive", "negative")
        pair = None if sides == ("labelled",) else index
        for side, text in zip(sides, row.texts, strict=True):
            texts.append(PromptText(text, row.emotion, side, row.topic, split, pair, row.number, row.note))
    return tuple(texts)
