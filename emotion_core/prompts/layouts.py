"""The layouts in which the field keeps its prompts, one table, and how rows of each become rows of ours.

A new layout is a line of `LAYOUTS`. What no line fits is read by the visitor's own choice of columns (`Choice`).
"""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts import faults
from emotion_core.prompts.faults import RowFault, shorten
from emotion_core.prompts.prompt_set import SPLITS, Form, Split, left_out
from emotion_core.prompts.tables import KEY, RawRow, Table, column_name, raise_faults, refuse_wide

COLUMNS = ("emotion", "positive", "negative", "text", "topic", "split", "note")
NEEDED: dict[Form, tuple[str, ...]] = {"pairs": ("positive", "negative"), "labelled": ("emotion", "text")}
_FORMS: dict[Form, str] = {"pairs": "contrast pairs", "labelled": "labelled texts"}
Choice = Mapping[str, str]  # our column -> the file's, or its number

_GO = (
    "admiration amusement anger annoyance approval caring confusion curiosity desire disappointment disapproval "
    "disgust embarrassment excitement fear gratitude grief joy love nervousness optimism pride realization relief "
    "remorse sadness surprise neutral"
)
HOT = "(one-hot)"  # the column that columns of 0 and 1 are read as
_ONES, _ZEROS = {"1", "1.0", "True", "true"}, {"0", "0.0", "False", "false"}
_NO_EMOTION = re.compile(r"^example|^(un)?clear|(^|_)(id|idx|index|split|fold)$")  # also of nothing but 0 and 1
_LABEL_NUMBERS = r"\d{1,3}(,\d{1,3})*"
_FEW_WORDS, _LONG = 3, 60
_TITLES = 3  # lines in which the header is looked for
_LABELS = (
    "emotion_name emotion_label label_text label_name label labels emotions affect affect_dimension category class "
    "sentiment feeling mood"
)
_TEXTS = "sentence content tweet utterance statement situation comment comment_text message review body sit story texts"
_KINDS = ("text", "prompt", "example", "sentence", "statement", "completion", "response", "story", "scenario", "answer")
_ENDS = (("pos", "neg"), ("positive", "negative"), ("a", "b"), ("chosen", "rejected"), ("high", "low"))
_SIDES = [("pos", "neg"), ("positives", "negatives"), ("chosen", "rejected")]
for _kind, (_with, _without) in product(_KINDS, _ENDS):
    _SIDES += [(f"{_with}_{_kind}", f"{_without}_{_kind}"), (f"{_kind}_{_with}", f"{_kind}_{_without}")]
_POSITIVES, _NEGATIVES = (" ".join(side) for side in zip(*_SIDES, strict=True))


@dataclass(frozen=True)
class Layout:
    """One layout.

    Attributes:
        title: What a message calls it.
        source: Who keeps prompts like this.
        columns: For each of our columns the file's names, the first that is there counts; `a+b` puts a before b. The
            sides of a pair are chosen together, by the same place in both lists.
        also: Further columns by which the layout is recognised.
        once: A column that repeats over rows of which only the first is meant.
        labels: What the numbers 0, 1, ... of its labels stand for.
        ids: What every cell of its column `id` looks like, a regular expression.
        undo: A mark in its texts, and what it stands for.
    """

    title: str
    source: str
    columns: Mapping[str, str]
    also: str = ""
    once: str = ""
    labels: tuple[str, ...] = ()
    ids: str = ""
    undo: tuple[str, str] | None = None

    def fit(self, table: Table) -> dict[str, str] | None:
        """The file's column for each of ours, None where one is missing."""
        present = set(table.columns)
        if not set(self.also.split()) <= present:
            return None
        if self.ids and not all(re.fullmatch(self.ids, str(row.cells.get("id"))) for row in table.rows):
            return None
        names = [each.split() for each in self.columns.values()]
        for found in zip(*names, strict=True) if "positive" in self.columns else product(*names):
            if {part for each in found for part in each.split("+")} <= present:
                return dict(zip(self.columns, found, strict=True))
        return None


_GOEMOTIONS = Layout(
    "GoEmotions",
    "google-research/goemotions",
    {"emotion": "labels", "text": "text"},
    also="id",
    labels=tuple(_GO.split()),
    ids="e[a-z0-9]{3,6}",
)
_LABELLED = Layout(
    "labelled texts", "dair-ai/emotion, SemEval", {"emotion": f"emotion {_LABELS}", "text": f"text {_TEXTS}"}
)
LAYOUTS: tuple[Layout, ...] = (
    Layout("contrast pairs", "this project", {"positive": "positive", "negative": "negative"}),
    Layout("labelled texts", "this project", {"emotion": "emotion", "text": "text"}),
    Layout(
        "questions with two answers",
        "nrimsky/CAA",
        {"positive": "question+answer_matching_behavior", "negative": "question+answer_not_matching_behavior"},
    ),
    Layout(
        "EmpatheticDialogues",
        "facebookresearch/EmpatheticDialogues",
        {"emotion": "context", "text": "prompt"},
        also="conv_id utterance",
        once="conv_id",
        undo=("_comma_", ","),
    ),
    Layout("ISEAR", "Scherer and Wallbott 1994", {"emotion": "field1", "text": "sit"}),
    _GOEMOTIONS,
    Layout("contrast pairs", "DPO sets, repeng, brainscope", {"positive": _POSITIVES, "negative": _NEGATIVES}),
    _LABELLED,
    Layout("texts by emotion", "JSON objects", {"emotion": KEY, "text": f"text {_TEXTS}"}),
)
_ONE_HOT = Layout("texts by emotion", "SemEval, GoEmotions", {"emotion": HOT, "text": f"text {_TEXTS}"})
_TEXT_ALONE = Layout("texts", "", {"text": f"text {_TEXTS}"})
# By these names the separator of a table and the direction of a JSON table are told.
KNOWN = frozenset(
    part for one in LAYOUTS for names in one.columns.values() for each in names.split() for part in each.split("+")
) | {*COLUMNS, "conv_id", "utterance"} - {KEY, HOT}


@dataclass(frozen=True)
class Arranged:
    """Rows under our columns.

    Attributes:
        form: `pairs` or `labelled`.
        rows: Cells by our columns.
        columns: The file's column for each of ours.
        table: The table as it was read, under the header that was taken for one.
        said: How it was read, one sentence each.
    """

    form: Form
    rows: list[RawRow]
    columns: dict[str, str]
    table: Table
    said: list[str]


def arrange(name: str, table: Table, choice: Choice | None = None, emotion: str = "") -> Arranged:
    """Finds out which column is what.

    Args:
        name: The file's base name, for messages.
        table: Its content.
        choice: The visitor's own answer, over everything that could be guessed.
        emotion: A name for the emotion of all rows, so that no column has to.

    Raises:
        PromptSetError: It cannot be told, or the choice names what is not there; what is there is said.
    """
    if not table.columns and not any(map(any, table.lines)):
        raise_faults(name, table.faults)
        raise faults.NO_ROWS.at(name, "0 rows")
    refuse_wide(name, table)
    if choice:
        return _read(*_chosen(name, table, choice, emotion), emotion, [])
    for at in range(min(_TITLES, max(1, len(table.lines)))):
        headed, layout, found = _known(name, table.with_header(at), emotion)
        if found:
            above = ["", "The line above the header is not read", "The lines above the header are not read"]
            return _read(headed, layout, found, emotion, above[at : at + 1] if at else [])
    bare = table.with_header(None)
    layout, found = _headerless(bare)
    if found:
        return _read(bare, layout, found, emotion, ["The file has no header"])
    headed = table.with_header()
    raise _refusal(name, headed if headed.columns else bare)


def _parts(columns: Iterable[str]) -> set[str]:
    """The file's columns in an answer, in which `a+b` are two."""
    return {part for one in columns for part in one.split("+")}


def _known(name: str, table: Table, emotion: str) -> tuple[Table, Layout, dict[str, str]]:
    """The layout that fits and the file's column for each of its own; no columns where none fits."""
    columns = table.columns
    twice = sorted({one for one in columns if one in KNOWN and columns.count(one) > 1})
    if twice:
        raise faults.TWICE.at(f"{name}, column {', '.join(twice)}", _listed(columns))
    if "text" in columns and {"positive", "negative"} & set(columns):
        raise faults.MIXED.at(name, _listed(columns))
    one_hot = _with_one_hot(table)
    tries = [*((table, one) for one in LAYOUTS), (one_hot, _ONE_HOT), *([(table, _TEXT_ALONE)] if emotion else [])]
    fitting = ((tried, layout, layout.fit(tried)) for tried, layout in tries)
    return next(((tried, layout, found) for tried, layout, found in fitting if found), (table, _TEXT_ALONE, {}))


def _with_one_hot(table: Table) -> Table:
    """Columns of nothing but 0 and 1 are an emotion each: the names of those with a 1 become one column of labels."""
    hot = [
        column
        for column in table.columns
        if not _NO_EMOTION.search(column) and {str(row.cells.get(column)) for row in table.rows} <= _ONES | _ZEROS
    ]
    if len(hot) < 2 or not _TEXT_ALONE.fit(table):
        return table
    rows = [
        RawRow(row.number, {**row.cells, HOT: [one for one in hot if str(row.cells.get(one)) in _ONES]})
        for row in table.rows
    ]
    first = ", ".join([*hot[:3], *(["..."] if hot[3:] else [])])
    said = [*table.said, f"There is a column for each of {len(hot)} emotions ({first})"]
    return replace(table, columns=(*(one for one in table.columns if one not in hot), HOT), rows=rows, said=said)


def _headerless(bare: Table) -> tuple[Layout, dict[str, str]]:
    """One column of labels that come again and one of texts, each beyond doubt in the first line too."""
    cells = {one: [str(row.cells.get(one, "")).strip() for row in bare.rows] for one in bare.columns if bare.lines}
    words = {one: sum(len(cell.split()) for cell in each) / max(1, len(each)) for one, each in cells.items()}
    numbers = [one for one, each in cells.items() if each and _all(_LABEL_NUMBERS, each)]
    labels = numbers or [
        one
        for one, each in cells.items()
        if each[:1] and each[0] in each[1:] and 1 < len(set(each)) <= len(each) / 2 and words[one] < _FEW_WORDS
    ]
    texts = [one for one, each in cells.items() if each and len(each[0].split()) > 1 and words[one] > _FEW_WORDS]
    if len(labels) != 1 or len(texts) != 1 or labels == texts:
        return _TEXT_ALONE, {}
    go = numbers and any(_all(_GOEMOTIONS.ids, each) for one, each in cells.items() if one not in labels + texts)
    return _GOEMOTIONS if go else _LABELLED, {"emotion": labels[0], "text": texts[0]}


def _all(pattern: str, cells: Iterable[str]) -> bool:
    return all(re.fullmatch(pattern, cell) for cell in cells)


def _chosen(name: str, table: Table, choice: Choice, emotion: str) -> tuple[Table, Layout, dict[str, str]]:
    """By the visitor's choice; a number counts columns from 1 and means that there is no header."""
    choice = {column_name(own): column_name(theirs) for own, theirs in choice.items() if theirs.strip()}
    unknown = sorted(set(choice) - set(COLUMNS))
    if unknown:
        raise faults.CHOICE.at(", ".join(unknown), ours=", ".join(COLUMNS))
    wanted, headed = _parts(choice.values()), table.with_header()
    if HOT in wanted:
        headed = _with_one_hot(headed)
    if not wanted <= set(headed.columns) and all(one.isdigit() for one in choice.values()):
        headed = table.with_header(None)
    missing = sorted(wanted - set(headed.columns))
    form: Form = "pairs" if {"positive", "negative"} & set(choice) else "labelled"
    found = {own: own for own in NEEDED[form] if own in headed.columns} | choice
    lacking = [own for own in NEEDED[form] if own not in found and not (own == "emotion" and emotion)]
    if missing or lacking or (form == "pairs" and "text" in choice):
        what = f"There is no column {' and no column '.join(missing)}" if missing else "The choice is not whole"
        there = f"columns {_listed(headed.columns)}" if missing else ", ".join(f"{k}={v}" for k, v in choice.items())
        raise faults.CHOSEN.at(name, there, what=what, remedy=_how_to_choose(headed))
    # Whoever says what was understood anyway gets the same.
    fitting = [(one, one.fit(headed) or {}) for one in LAYOUTS] + [_headerless(table.with_header(None))]
    same = (one for one, columns in fitting if columns and columns.items() <= found.items())
    return headed, next(same, Layout(_FORMS[form], "", {})), found


def _read(table: Table, layout: Layout, found: dict[str, str], emotion: str, said: list[str]) -> Arranged:
    """The rows under our columns, labels as names; what is left out or read otherwise is said."""
    form: Form = "pairs" if "positive" in found else "labelled"
    others = {own: own for own in ("emotion", "topic", "split", "note") if form == "pairs" or own != "emotion"}
    if form == "pairs" and KEY in table.columns and "emotion" not in table.columns:
        others["emotion"] = KEY
    taken = _parts(found.values())
    found = {own: one for own, one in others.items() if one in table.columns and one not in taken} | found
    if emotion and "emotion" in found:
        said = [*said, f"The emotion of all rows is {emotion}; the column '{found.pop('emotion')}' is not asked"]
    if any(own != theirs for own, theirs in found.items()):
        how = ", ".join(f"{_shown(theirs)} as {own}" for own, theirs in found.items() if own != theirs)
        said = [*said, f"Read as {layout.title}: {how}"]
    rows, seen, left = [], set(), []
    labels = [_labels(row.cells.get(found["emotion"])) if "emotion" in found else [emotion] for row in table.rows]
    alone = {one for each in labels for one in each if isinstance(one, str) and len(each) == 1}
    labels = [_joined(each, alone) for each in labels]
    names = _names(table, layout, found, [str(one) for each in labels for one in each])
    for row, own_labels in zip(table.rows, labels, strict=True):
        once = str(row.cells.get(layout.once, "")) if layout.once else ""
        if len(own_labels) != 1:
            left.append(row.number)
        elif not once or once not in seen:
            cells = {own: _cell(own, row.cells, theirs, layout) for own, theirs in found.items()}
            cells["emotion"] = names.get(str(own_labels[0]), own_labels[0])
            cells = {own: cell for own, cell in cells.items() if cell not in (None, "")}
            rows += [RawRow(row.number, {**cells, **one}) for one in _texts(cells.get("text"))]
        seen.add(once)
    if left:
        none = any(not each for each in labels)
        said = [*said, left_out(left, "none or several of the emotions" if none else "several labels")]
    if any(number != label for number, label in names.items()):
        said = [*said, f"Its numbers stand for {', '.join(f'{i} {one}' for i, one in [*names.items()][:3])}, ..."]
    elif names:
        said = [*said, "The labels are numbers, and the emotions are called so; write names into the file for others"]
    if len(table.rows) - len(left) > len(rows) > 0:
        said = [*said, f"Of the rows with the same {layout.once} only the first is read"]
    used = _parts(found.values()) | set(COLUMNS if form == "labelled" else ())
    idle = [f"'{one[:40]}'" for one in table.columns if one and one not in used]
    if idle:
        columns_are = f"column {idle[0]} is" if len(idle) == 1 else f"columns {', '.join(idle[:12])} are"
        said = [*said, f"The {columns_are} not used"]
    return Arranged(form, rows, found, table, [*table.said, *said])


def _names(table: Table, layout: Layout, found: Mapping[str, str], labels: Sequence[str]) -> dict[str, str]:
    """What labels that are numbers stand for, themselves where nothing says it; nothing where they are no numbers."""
    if "emotion" not in found or not labels or not all(one.isdecimal() for one in labels):
        return {}
    names = layout.labels or table.names.get(found["emotion"], ())
    named = all(int(one) < len(names) for one in labels)
    return {str(i): one for i, one in enumerate(names)} if named else dict(zip(labels, labels, strict=True))


def _shown(column: str) -> str:
    special = {KEY: "its keys", HOT: "columns of 0 and 1"}
    return special.get(column, f"column {column}" if column.isdigit() else f"'{column.replace('+', ' + ')}'")


def _labels(value: Any) -> list[Any]:
    """The labels of a cell, one in all but sets with several labels: [3], "3,17", ["joy", "fear"], "['joy']"."""
    if isinstance(value, list):
        return [one for each in value for one in _labels(each)]
    if isinstance(value, int | float):
        return [str(int(value) if isinstance(value, float) and value.is_integer() else value)]
    several = isinstance(value, str) and re.fullmatch(r"\s*(?:\[(.*)\]|(\d+(?:,\d+)+))\s*", value, flags=re.DOTALL)
    if several:  # numpy puts no commas between
        parts = re.split(r",|(?<=\d) +(?=\d)", several[1] or several[2] or "")
        return [part.strip(" '\"") for part in parts if part.strip(" '\"")]
    return [re.sub(r"^\s*(\d+)\.0\s*$", r"\1", value) if isinstance(value, str) else value]


def _joined(labels: list[Any], alone: set[str]) -> list[Any]:
    """`joy;fear` as two labels where each of them stands alone in other rows."""
    parts = re.split(r"\s*[,;|/+&]\s*", labels[0]) if len(labels) == 1 and isinstance(labels[0], str) else []
    return parts if len(parts) > 1 and set(parts) <= alone else labels


def _cell(own: str, cells: Mapping[str, Any], theirs: str, layout: Layout) -> Any:
    """One of our cells: the last turn of a conversation, two columns one after the other, marks undone."""
    values = [_last_turn(cells.get(one)) for one in theirs.split("+")]
    if len(values) > 1 and all(isinstance(one, str) for one in values):
        return " ".join(one.strip() for one in values)
    if layout.undo and isinstance(values[0], str):
        return values[0].replace(*layout.undo)
    return str(values[0]) if own == "topic" and isinstance(values[0], int) else values[0]


def _texts(value: Any) -> list[dict[str, str]]:
    """A list of texts in one cell: a row for each."""
    several = isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)
    return [{"text": one} for one in value] if several else [{}]


def _last_turn(value: Any) -> Any:
    turn = value[-1] if isinstance(value, list) and value else value
    return turn.get("content", turn.get("value", value)) if isinstance(turn, dict) else value


def _refusal(name: str, table: Table) -> PromptSetError:
    """What is there and what is missing, and the choice of columns that would say it."""
    pairs = bool({"positive", "negative"} & set(table.columns))
    lacks, wanted = "the wrong columns", "emotion and text, or positive and negative"
    if pairs or "text" in table.columns:
        needed = NEEDED["pairs" if pairs else "labelled"]
        lacks = f"no column {' and no column '.join(one for one in needed if one not in table.columns)}"
        wanted = " and ".join(needed)
    return faults.COLUMNS.at(
        f"{name}, header", _listed(table.columns), lacks=lacks, wanted=wanted, remedy=_how_to_choose(table)
    )


def _how_to_choose(table: Table) -> str:
    """A choice that works when it is written as it stands here, with the columns of this file."""
    named = [one for one in table.columns if one]
    # A header of whole sentences is none.
    if table.lines and any(one.count("_") > _FEW_WORDS or len(one) > _LONG for one in named):
        named = [str(i) for i, _ in enumerate(named, start=1)]
    a, b, *_ = [*(one if len(one) <= _LONG else "NAME" for one in named), "NAME", "NAME"]

    def written(first: str, second: str) -> str:
        parts = [f'"{part}"' if "," in part else part for part in (f"{first}={a}", f"{second}={b}")]
        return shlex.quote(",".join(parts))

    choices = f"--columns {written('positive', 'negative')} or --columns {written('text', 'emotion')}"
    if len(named) < 2:
        choices = f"--columns text={shlex.quote(a if named else '1')} --emotion NAME"
    return f"Say which column is what: in the boxes below the upload, or on the command line with {choices}"


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(shorten(one) or "(no name)" for one in columns[:12]) or "no columns"


# Arranged rows to typed rows: whether every cell can be used, and what the reader mends by itself and tells.

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
        made = {own: _row_cell(number, own, cells.get(own), own in wanted, wrong) for own in _TIDY}
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
    """Says where one text stands under several emotions: their vectors grow alike."""
    emotions: dict[str, set[str]] = {}
    for row in rows:
        if len(row.texts) == 1:
            emotions.setdefault(row.texts[0], set()).add(row.emotion)
    count = sum(len(each) > 1 for each in emotions.values())
    texts = "1 text stands" if count == 1 else f"{count:,} texts stand"
    return [f"{texts} under more than one emotion, which makes their vectors more alike"] if count else []


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


def _row_cell(row: int, own: str, value: Any, needed: bool, wrong: list[RowFault]) -> str:
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
