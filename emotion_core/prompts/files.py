"""A visitor's file to a PromptSet: the way through decoding, tables or JSON, typed rows, duplicates and splits."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.decoding import MAX_BYTES, base_name, check_size, decode, stem_and_ending
from emotion_core.prompts.json_rows import read_json, read_jsonl
from emotion_core.prompts.prompt_set import Form, PromptSet, PromptText, Side, Split
from emotion_core.prompts.rows import LabelledRow, Row, typed_rows
from emotion_core.prompts.splits import draw_heldout
from emotion_core.prompts.tables import COLUMNS, RawRows, read_table
from emotion_core.prompts.tidying import drop_repeats, one_spelling

MAX_ROWS = 20_000
MAX_EMOTIONS = 1_000


def read_prompt_bytes(filename: str, data: bytes, *, seed: int = 0, max_bytes: int = MAX_BYTES) -> PromptSet:
    r"""Reads a file as it was uploaded.

    Args:
        filename: The name it came with. Only its last part is used, and never as a path.
        data: The whole file: CSV, TSV, JSON (a list of objects) or JSONL, UTF-8, told apart by the name's ending.
        seed: Draws the held-out rows where the file has no split column.
        max_bytes: Largest size that is read.

    Returns:
        The prompt set; what was left out and why stands in `dropped`.

    Raises:
        PromptSetError: The file or rows of it cannot be used; all faulty rows are in one error.

    Example:
        >>> read_prompt_bytes("fear.csv", b"positive,negative\na,b\nc,d\n").emotions
        ('fear',)
    """
    name = base_name(filename)
    stem, ending = stem_and_ending(name)
    raw = _raw_rows(name, ending, decode(name, data, max_bytes))
    # Before any cell is looked at: millions of short rows take long to type.
    _refuse_too_many(name, "rows", len(raw.rows), MAX_ROWS)
    form, rows = typed_rows(name, stem, raw)
    rows, messages = one_spelling(rows)
    _refuse_too_many(name, "emotions", len({row.emotion for row in rows}), MAX_EMOTIONS)
    rows, repeats, dropped_rows = drop_repeats(rows)
    splits, drawn = _splits(rows, seed)
    _require_training(name, form, rows, splits)
    texts = _texts(rows, splits)
    dropped = (*_unused_columns(raw.columns, form), *messages, *repeats)
    return PromptSet(stem, form, texts, seed if drawn else None, dropped, dropped_rows)


def read_prompt_path(path: str | Path, *, seed: int = 0, max_bytes: int = MAX_BYTES) -> PromptSet:
    """Reads a file of this machine; see read_prompt_bytes.

    Raises:
        PromptSetError: There is no such file, or it cannot be used.
    """
    path = Path(path)
    try:
        check_size(path.name, path.stat().st_size if path.is_file() else 1, max_bytes)
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise PromptSetError(
            "The file cannot be read",
            where=str(path),
            expected="a file that exists",
            found=getattr(error, "strerror", None) or str(error),
            remedy="Check the path",
        ) from error
    return read_prompt_bytes(path.name, data, seed=seed, max_bytes=max_bytes)


def _raw_rows(name: str, ending: str, text: str) -> RawRows:
    if ending == "json":
        return read_json(name, text)
    if ending == "jsonl":
        return read_jsonl(text)
    return read_table(name, text, tab=ending == "tsv")


def _splits(rows: list[Row], seed: int) -> tuple[list[Split], bool]:
    """The file's own splits, or drawn ones; and whether they were drawn."""
    own: list[Split] = [row.split for row in rows if row.split is not None]
    if own:
        return own, False
    return draw_heldout([row.emotion for row in rows], [row.topic for row in rows], seed), True


def _require_training(name: str, form: Form, rows: list[Row], splits: list[Split]) -> None:
    """A mean over one pair is no mean. A file that is held out altogether, as the confound sets are, needs none.

    Raises:
        PromptSetError: An emotion has fewer than two training rows.
    """
    unit = "pair" if form == "pairs" else "text"
    emotions = dict.fromkeys(row.emotion for row in rows)
    training = Counter(row.emotion for row, split in zip(rows, splits, strict=True) if split == "train")
    needed = training if training else Counter(row.emotion for row in rows)
    short = [emotion for emotion in emotions if needed[emotion] < 2]
    if short:
        kind = f"training {unit}" if training else f"held-out {unit}"
        found = "; ".join(f"{needed[emotion]} for {emotion}" for emotion in short[:10])
        raise PromptSetError(
            f"There are too few {kind}s",
            where=f"{name}, {len(short)} of {len(emotions)} emotions" if len(emotions) > 1 else name,
            expected=f"at least two {kind}s for each emotion, and more of them held out",
            found=found + ("; ..." if len(short) > 10 else ""),
            remedy=f"Add {unit}s; a vector worth testing has 20 or more for training and 5 or more held out",
        )


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
            remedy="Split it into several files" if what == "rows" else "Check the column emotion",
        )


def _unused_columns(columns: tuple[str, ...], form: Form) -> tuple[str, ...]:
    used = set(COLUMNS) - ({"text"} if form == "pairs" else {"positive", "negative"})
    return tuple(f"The column '{column[:40]}' is not used" for column in columns if column and column not in used)


def _texts(rows: list[Row], splits: list[Split]) -> tuple[PromptText, ...]:
    """The rows' texts; pairs are numbered in file order."""
    texts = []
    for index, (row, split) in enumerate(zip(rows, splits, strict=True)):
        sides: tuple[Side, ...] = ("labelled",) if isinstance(row, LabelledRow) else ("positive", "negative")
        pair = None if sides == ("labelled",) else index
        for side, text in zip(sides, row.texts, strict=True):
            texts.append(PromptText(text, row.emotion, side, row.topic, split, pair, row.number, row.note))
    return tuple(texts)
