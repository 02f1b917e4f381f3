"""The layouts in which the field keeps its prompts, one table, and how rows of each become rows of ours.

A new layout is a line of `LAYOUTS`. What no line fits is read by the visitor's own choice of columns (`Choice`).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.faults import no_rows, raise_faults, shorten
from emotion_core.prompts.prompt_set import Form, left_out
from emotion_core.prompts.tables import RawRow, Table, column_name

COLUMNS = ("emotion", "positive", "negative", "text", "topic", "split", "note")
NEEDED: dict[Form, tuple[str, ...]] = {"pairs": ("positive", "negative"), "labelled": ("emotion", "text")}
Choice = Mapping[str, str]  # our column -> the file's, or its number

_GO = (
    "admiration amusement anger annoyance approval caring confusion curiosity desire disappointment disapproval "
    "disgust embarrassment excitement fear gratitude grief joy love nervousness optimism pride realization relief "
    "remorse sadness surprise neutral"
)
ONE_HOT = "\0one hot"  # stands for the columns of all emotions together
_ONES, _ZEROS = ("1", "1.0", "True", "true"), ("0", "0.0", "False", "false")
_NO_EMOTION = re.compile(r"^example|^(un)?clear|(^|_)(id|idx|index|split|fold)$")  # also of nothing but 0 and 1
_LABEL_NUMBERS = r"\d{1,3}(,\d{1,3})*"
_FEW_WORDS, _LONG = 3, 60
_TITLES = 3  # lines in which the header is looked for
_LABELS = (
    "label labels emotions affect affect_dimension emotion_label emotion_name label_text label_name category class "
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
    Layout("labelled texts", "dair-ai/emotion, SemEval", {"emotion": f"emotion {_LABELS}", "text": f"text {_TEXTS}"}),
)
# By these names the separator of a table and the direction of a JSON table are told.
KNOWN = frozenset(
    part for one in LAYOUTS for names in one.columns.values() for each in names.split() for part in each.split("+")
) | {*COLUMNS, "conv_id", "utterance"}


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
        raise no_rows(name)
    if choice:
        return _chosen(name, table, dict(choice), emotion)
    for at in range(min(_TITLES, len(table.lines))) if table.lines else [0]:
        found = _known(name, table.with_header(at) if table.lines else table, emotion)
        if found is not None:
            above = ["The lines above the header are not read" if at > 1 else "The line above the header is not read"]
            return _read(*found, emotion, above if at else [])
    bare = _headerless(table)
    if bare is not None:
        return _read(*bare, emotion, ["The file has no header"])
    headed = table.with_header(0) if table.lines else table
    raise _refusal(name, headed if headed.columns else table.with_header(None))


def _known(name: str, table: Table, emotion: str) -> tuple[Table, Layout, dict[str, str]] | None:
    columns = table.columns
    twice = sorted({one for one in columns if one in KNOWN and columns.count(one) > 1})
    if twice:
        raise PromptSetError(
            "A column comes twice",
            where=f"{name}, column {', '.join(twice)}",
            expected="every column once",
            found=_listed(columns),
            remedy="Rename or delete one of them",
        )
    if "text" in columns and {"positive", "negative"} & set(columns):
        raise PromptSetError(
            "The file mixes contrast pairs and labelled texts",
            where=name,
            expected="either emotion and text, or positive and negative",
            found=_listed(columns),
            remedy="Make two files of it, one of each form, or say with a choice of columns which of them counts",
        )
    for layout in LAYOUTS:
        found = layout.fit(table)
        if found is not None:
            return table, layout, found
    texts = replace(LAYOUTS[-1], columns={"text": LAYOUTS[-1].columns["text"]}).fit(table)
    hot = _hot(table) if texts else ()
    if texts and len(hot) > 1:
        rows = [
            RawRow(row.number, {**row.cells, ONE_HOT: [one for one in hot if str(row.cells.get(one)) in _ONES]})
            for row in table.rows
        ]
        one_hot = replace(table, rows=rows)
        title = f"texts with a column for each of {len(hot)} emotions ({hot[0]}, {hot[1]}, ...)"
        return one_hot, Layout(title, "SemEval, GoEmotions", {}), {"emotion": ONE_HOT, **texts}
    return (table, LAYOUTS[-1], texts) if texts and emotion else None


def _hot(table: Table) -> tuple[str, ...]:
    """Columns of nothing but 0 and 1, with a 1 in them: an emotion each."""
    return tuple(
        column
        for column in table.columns
        if {str(row.cells.get(column)) for row in table.rows} <= {*_ONES, *_ZEROS} and not _NO_EMOTION.search(column)
    )


def _headerless(table: Table) -> tuple[Table, Layout, dict[str, str]] | None:
    """One column of labels that come again and one of texts, each beyond doubt in the first line too."""
    if not table.lines:
        return None
    bare = table.with_header(None)
    if not bare.rows:
        return None
    cells = {one: [str(row.cells.get(one, "")).strip() for row in bare.rows] for one in bare.columns}
    numbers = [one for one, each in cells.items() if all(re.fullmatch(_LABEL_NUMBERS, cell) for cell in each)]
    labels = numbers or [one for one, each in cells.items() if _like_labels(each)]
    texts = [one for one, each in cells.items() if len(each[0].split()) > 1 and _mean_words(each) > _FEW_WORDS]
    if len(labels) != 1 or len(texts) != 1 or labels == texts:
        return None
    rest = [each for one, each in cells.items() if one not in labels + texts]
    go = numbers and any(all(re.fullmatch(_GOEMOTIONS.ids, cell) for cell in each) for each in rest)
    return bare, _GOEMOTIONS if go else LAYOUTS[-1], {"emotion": labels[0], "text": texts[0]}


def _like_labels(cells: Sequence[str]) -> bool:
    come_again = cells[0] in cells[1:] and 1 < len(set(cells)) <= len(cells) / 2
    return come_again and _mean_words(cells) < _FEW_WORDS


def _mean_words(cells: Sequence[str]) -> float:
    return sum(len(cell.split()) for cell in cells) / len(cells)


def _chosen(name: str, table: Table, choice: dict[str, str], emotion: str) -> Arranged:
    """Reads by the visitor's choice; a number counts columns from 1 and means that there is no header."""
    choice = {column_name(own): column_name(theirs) for own, theirs in choice.items() if theirs.strip()}
    unknown = sorted(set(choice) - set(COLUMNS))
    if unknown:
        raise PromptSetError(
            "A choice of columns names what is no column here",
            where=", ".join(unknown),
            expected=", ".join(COLUMNS),
            remedy="Write our column, an equals sign and the file's: positive=chosen,negative=rejected",
        )
    if table.lines:
        named = table.with_header(0)
        bare = not set(choice.values()) <= set(named.columns) and all(one.isdigit() for one in choice.values())
        table = table.with_header(None) if bare else named
    missing = sorted({part for each in choice.values() for part in each.split("+")} - set(table.columns))
    form: Form = "pairs" if {"positive", "negative"} & set(choice) else "labelled"
    found = {own: own for own in NEEDED[form] if own in table.columns} | choice
    lacking = [own for own in NEEDED[form] if own not in found and not (own == "emotion" and emotion)]
    mixed = form == "pairs" and "text" in choice
    if missing or lacking or mixed:
        raise PromptSetError(
            f"There is no column {' and no column '.join(missing)}"
            if missing
            else "The choice of columns is not whole",
            where=name,
            expected="positive and negative, or emotion and text (or text and a name for the emotion)",
            found=f"columns {_listed(table.columns)}" if missing else ", ".join(f"{k}={v}" for k, v in choice.items()),
            remedy=_how_to_choose(table),
        )
    fitting = [(one, one.fit(table)) for one in LAYOUTS]
    fitting += [(one, columns) for _, one, columns in filter(None, [_headerless(table)])]
    known = next((one for one, columns in fitting if columns is not None and columns.items() <= found.items()), None)
    layout = known or Layout("contrast pairs" if form == "pairs" else "labelled texts", "", {})
    return _read(table, layout, found, emotion, [])


def _read(table: Table, layout: Layout, found: dict[str, str], emotion: str, said: list[str]) -> Arranged:
    """The rows under our columns, labels as names; what is left out or read otherwise is said."""
    form: Form = "pairs" if "positive" in found else "labelled"
    taken = {part for each in found.values() for part in each.split("+")}
    others = ("emotion", "topic", "split", "note") if form == "pairs" else ("topic", "split", "note")
    found = found | {own: own for own in others if own in table.columns and own not in found and own not in taken}
    if emotion and "emotion" in found:
        named = found.pop("emotion")
        said = [*said, f"The emotion of all rows is {emotion}; the column '{named}' is not asked"]
    if any(own != theirs for own, theirs in found.items() if theirs != ONE_HOT) or ONE_HOT in found.values():
        said = [*said, _how(layout, {k: v for k, v in found.items() if v not in (k, ONE_HOT)})]
    rows, seen, several = [], set(), []
    names = layout.labels or table.names.get(found.get("emotion", ""), ())
    labels = [_labels(row.cells.get(found["emotion"])) if "emotion" in found else [] for row in table.rows]
    numbers = bool(labels) and all(str(one).isdecimal() for each in labels for one in each)
    if numbers and not all(int(one) < len(names) for each in labels for one in each):
        names = ()
    for row, own_labels in zip(table.rows, labels, strict=True):
        once = str(row.cells.get(layout.once, "")) if layout.once else ""
        if once and once in seen:
            continue
        seen.add(once)
        cells = {own: _cell(own, row.cells, theirs, layout) for own, theirs in found.items() if own != "emotion"}
        if "emotion" in found:
            if len(own_labels) > 1 or (found["emotion"] == ONE_HOT and not own_labels):
                several.append(row.number)
                continue
            label = own_labels[0] if own_labels else None
            cells["emotion"] = names[int(str(label))] if names and numbers and own_labels else label
        elif emotion:
            cells["emotion"] = emotion
        rows.append(RawRow(row.number, {own: cell for own, cell in cells.items() if cell is not None}))
    if several:
        why = "none or several of the emotions" if ONE_HOT in found.values() else "several labels"
        said = [*said, left_out(several, why)]
    if numbers and names and any(labels):
        said = [*said, f"Its numbers stand for {', '.join(f'{i} {one}' for i, one in enumerate(names[:3]))}, ..."]
    elif numbers and "emotion" in found and any(labels):
        said = [*said, "The labels are numbers, and the emotions are called so; write names into the file for others"]
    if len(table.rows) - len(several) > len(rows) > 0:
        said = [*said, f"Of the rows with the same {layout.once} only the first is read"]
    used = {part for each in found.values() for part in each.split("+")} | set(COLUMNS if form == "labelled" else ())
    idle = [f"'{one[:40]}'" for one in table.columns if one and one not in used and ONE_HOT not in found.values()]
    if idle:
        columns = f"column {idle[0]} is" if len(idle) == 1 else f"columns {', '.join(idle[:12])} are"
        said = [*said, f"The {columns} not used"]
    return Arranged(form, rows, found, table, [*table.said, *said])


def _how(layout: Layout, found: Mapping[str, str]) -> str:
    pairs = [f"column {v} as {k}" if v.isdigit() else f"'{v.replace('+', ' + ')}' as {k}" for k, v in found.items()]
    return f"Read as {layout.title}: " + ", ".join(pairs)


def _labels(value: Any) -> list[Any]:
    """The labels of a cell, one in all but sets with several labels: [3], "3,17", ["joy", "fear"], "['joy']"."""
    if isinstance(value, str):
        inner = re.fullmatch(r"\s*\[(.*)\]\s*", value, flags=re.DOTALL)
        if inner:
            return [part.strip(" '\"") for part in inner[1].split(",") if part.strip(" '\"")]
        return value.split(",") if re.fullmatch(r"\d+(,\d+)+", value.strip()) else [value]
    if isinstance(value, list):
        return [one for each in value for one in _labels(each)]
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return [] if value is None else [str(value) if isinstance(value, int) and not isinstance(value, bool) else value]


def _cell(own: str, cells: Mapping[str, Any], theirs: str, layout: Layout) -> Any:
    """One of our cells: the last turn of a conversation, two columns one after the other, marks undone."""
    values = [_last_turn(cells.get(one)) for one in theirs.split("+")]
    if len(values) > 1 and all(isinstance(one, str) for one in values):
        return " ".join(one.strip() for one in values)
    if layout.undo and isinstance(values[0], str):
        return values[0].replace(*layout.undo)
    return str(values[0]) if own == "topic" and isinstance(values[0], int) else values[0]


def _last_turn(value: Any) -> Any:
    if isinstance(value, list) and value and isinstance(value[-1], dict):
        return value[-1].get("content", value[-1].get("value", value))
    return value


def _refusal(name: str, table: Table) -> PromptSetError:
    """What is there and what is missing, and the choice of columns that would say it."""
    pairs, labelled = {"positive", "negative"} & set(table.columns), "text" in table.columns
    form: Form = "pairs" if pairs else "labelled"
    missing = [one for one in NEEDED[form] if one not in table.columns]
    known = bool(pairs) or labelled
    return PromptSetError(
        f"The file has no column {' and no column '.join(missing)}" if known else "The file has the wrong columns",
        where=f"{name}, header",
        expected=f"the columns {' and '.join(NEEDED[form]) if known else 'emotion and text, or positive and negative'}",
        found=_listed(table.columns),
        remedy=_how_to_choose(table),
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
