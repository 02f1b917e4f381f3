"""Any file to a table: CSV with four separators, lines of text, JSON in the shapes that pandas writes, Parquet, Excel.

What a column means is not asked here; `layouts` knows that.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.decoding import MAX_BYTES, PARQUET, WORKBOOK, decode, stem_and_ending, unpack
from emotion_core.prompts.faults import Fault, raise_faults, shorten
from emotion_core.prompts.prompt_set import SPLITS

MOST_GROWTH = 40  # of a workbook or a Parquet file that is unpacked; a bomb grows by a thousand
# A damaged workbook fails in openpyxl in as many ways as XML can be wrong.
_DAMAGED: tuple[type[Exception], ...] = (zipfile.BadZipFile, zlib.error, OSError, EOFError, SyntaxError, ValueError)
_DAMAGED = (*_DAMAGED, LookupError, TypeError, AttributeError, RuntimeError)
MOST_ROWS = 250_000  # some layouts leave out most of their rows
MOST_CELLS = 2_000_000  # of a sheet, empty ones between two filled ones included
_SEPARATORS = ("\t", "|", ";", ",")  # the rarer in prose before the more common
Cells = list[Any]


class RawRow(NamedTuple):
    """A row as it stands in the file: its number, counted from 1 without the header, and its cells by column."""

    number: int
    cells: dict[str, Any]


@dataclass
class Table:
    """The rows of a file before anybody asks what they mean.

    Attributes:
        columns: Names in lower case, words joined by `_`; empty where `lines` has to be asked which line is the header.
        rows: Number and cells of each row that is not blank.
        faults: What was wrong before any cell was looked at.
        said: Sentences on how the file was read where that was not plain.
        lines: Every line of a file whose first line may or may not be a header, blank ones as [].
        separator: What stands between the cells of a text.
        names: What the numbers of a column of labels stand for, where the file says so.
    """

    columns: tuple[str, ...] = ()
    rows: list[RawRow] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    lines: list[Cells] = field(default_factory=list)
    separator: str = ""
    names: dict[str, Sequence[str]] = field(default_factory=dict)

    def with_header(self, at: int | None) -> Table:
        """The lines as rows under the header in line `at`, or under the names 1, 2, ... where None is one."""
        width = max((len(line) for line in self.lines), default=0)
        header = [str(i + 1) for i in range(width)] if at is None else [str(cell) for cell in self.lines[at]]
        columns = [column_name(cell) for cell in header]
        while columns and not columns[-1]:
            columns.pop()
        start = 0 if at is None else at + 1
        faults, rows = list(self.faults), []
        for number, line in enumerate(self.lines[start:], start=1):
            if any(_filled(cell) for cell in line[len(columns) :]):
                faults.append(_too_many(number, len(columns), line))
            elif any(_filled(cell) for cell in line):
                rows.append(RawRow(number, dict(zip(columns, line, strict=False))))
        return replace(self, columns=tuple(columns), rows=rows, faults=faults)


def column_name(header: str) -> str:
    """A header as we compare it: `" Positive-Prompt "` and `positive_prompt` are the same column."""
    return re.sub(r"[\s_-]+", "_", header.strip().lower())


def read_table(
    name: str, data: bytes, known: Collection[str] = (), max_bytes: int = MAX_BYTES, *, any_encoding: bool = True
) -> Table:
    """Reads a file of any kind that `decoding.ENDINGS` names; what it is is told by its content before its ending.

    Args:
        name: Base name.
        data: The whole file.
        known: Column names by which the separator and the direction of a JSON table are told.
        max_bytes: Largest size that is read.
        any_encoding: Read other encodings than UTF-8 too, and say so in `said`; without it they are refused.

    Raises:
        PromptSetError: It cannot be read, or has no rows.
    """
    ending = stem_and_ending(name)[1]
    data = unpack(name, data, max_bytes)
    if data.startswith(PARQUET):
        return _parquet(name, data)
    if data.startswith(WORKBOOK):
        return _workbook(name, data)
    said: list[str] = []
    text = decode(name, data, max_bytes, said=said if any_encoding else None)
    if ending in ("json", "jsonl", "ndjson"):
        table = _json(name, text, known, lines=ending != "json")
    else:
        table = _separated(text, known, tab=ending == "tsv")
    table.said[:0] = said
    return table


def read_rows(name: str, data: bytes, known: Collection[str]) -> Table:
    """The rows of a file whose first line is a header, as a list of activities or of scenarios has one.

    Raises:
        PromptSetError: It cannot be read, or a row of it is broken.
    """
    table = read_table(name, data, known, any_encoding=False)
    table = table.with_header(0) if table.lines else table
    raise_faults(name, table.faults)
    return table


def _filled(cell: object) -> bool:
    return cell is not None and bool(str(cell).strip())


def _too_many(number: int, n_columns: int, cells: Cells) -> Fault:
    last = next(cell for cell in reversed(cells) if _filled(cell))
    return Fault(
        number,
        "",
        "The row has more cells than there are columns",
        f"{n_columns} cells",
        f"{len(cells)} cells, the last one '{shorten(last)}'",
        "Put texts that contain the separator between double quotes",
    )


# Separated text


def _separated(text: str, known: Collection[str], *, tab: bool) -> Table:
    # Excel writes and obeys a first line such as "sep=;": it is no header.
    mark = re.match(r"sep=([,;|\t])\r?\n", text, flags=re.IGNORECASE)
    body = text[mark.end() :] if mark else text
    separator = mark[1] if mark else "\t" if tab and "\t" in _head(body) else _separator(body, known)
    lines, fault = _parse(body, delimiter=separator, strict=True)
    if fault is None:
        # Read as it is written; but a stray quote looks the same where another one closes it.
        long = [shorten(cell) for cell in _swallowed(lines, separator)[:10]]
        said = [f"'{cell}' goes over several lines: check that its quotes are right" for cell in long]
        return Table(lines=lines, separator=separator, said=said)
    if '\\"' in body:
        escaped, other = _parse(body, delimiter=separator, strict=True, doublequote=False, escapechar="\\")
        if other is None:
            said = ["A backslash before a quote is read as part of the quoting"]
            return Table(lines=escaped, separator=separator, said=said)
    plain, other = _parse(body, delimiter=separator, quoting=csv.QUOTE_NONE)
    if other is None and _as_wide(plain) and (separator == "\t" or not _enclosed(plain)):
        said = ["Double quotes are read as characters of the texts: they enclose no cells"]
        return Table(lines=plain, separator=separator, said=said)
    return Table(lines=lines, separator=separator, faults=[fault])


def _head(text: str) -> str:
    return next((line for line in text.splitlines() if line.strip()), "")


def _separator(text: str, known: Collection[str]) -> str:
    """The separator under which the first line names most known columns, else the most even one."""
    lines = [line for line in text.splitlines()[:200] if line.strip()][:50]
    first = lines[0]

    def score(separator: str) -> tuple[int, float]:
        names = sum(column_name(cell.strip().strip('"')) in known for cell in first.split(separator))
        count = first.count(separator)
        return names, sum(line.count(separator) == count for line in lines) / len(lines) if count else 0.0

    return max(_SEPARATORS, key=score)


def _parse(text: str, **dialect: Any) -> tuple[list[Cells], Fault | None]:
    """The lines before the first that cannot be parsed, and what is wrong with that one."""
    lines: list[Cells] = []
    try:
        # Lines are counted from the first that is filled.
        for cells in csv.reader(io.StringIO(text, newline=""), **dialect):
            if lines or any(cell.strip() for cell in cells):
                lines.append(list(cells))
    except csv.Error as error:
        too_long = "field larger" in str(error)
        what = "A cell is far too long" if too_long else "The quotes of the row do not match"
        even = "an even number of double quotes, those inside a text doubled"
        expected = "at most 100,000 characters" if too_long else even
        remedy = "Shorten the text" if too_long else "Check that every opening double quote is closed"
        return lines, Fault(max(1, len(lines)), "", what, expected, str(error), remedy)
    return lines, None


def _swallowed(lines: Sequence[Cells], separator: str) -> list[str]:
    """Cells that hold a line with as many separators as a whole row has: a stray quote may have swallowed rows."""
    if not lines or len(lines[0]) < 2:
        return []
    return [
        cell
        for line in lines
        for cell in line
        if "\n" in cell and any(part.count(separator) >= len(lines[0]) - 1 for part in cell.split("\n")[1:])
    ]


def _as_wide(lines: Sequence[Cells]) -> bool:
    return all(len(line) == len(lines[0]) for line in lines if any(cell.strip() for cell in line))


def _enclosed(lines: Sequence[Cells]) -> bool:
    return any(len(cell) > 1 and cell[0] == cell[-1] == '"' for line in lines for cell in map(str.strip, line))


# JSON


def json_document(name: str, text: str) -> tuple[Any, list[Fault]]:
    """A JSON document, or the list of documents where each line is one: a broken line is a fault and None.

    Raises:
        PromptSetError: It is neither.
    """
    try:
        return _loads(text), []
    except (ValueError, RecursionError) as error:
        # Not splitlines: JSON strings may hold U+2028 and its like unescaped.
        lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
        if sum(bool(line.strip()) for line in lines) > 1 and _is_json(next(line for line in lines if line.strip())):
            return _json_lines(lines)
        if isinstance(error, json.JSONDecodeError):
            raise PromptSetError(
                "The file is not valid JSON",
                where=f"{name}, line {error.lineno}, character {error.colno}",
                expected="a list of objects, or one object a line",
                found=error.msg,
                remedy="Mend that place",
            ) from error
        # Numbers of thousands of digits and brackets nested by the thousand: valid, but no prompt set.
        raise _not_a_list(name, "something nested too deep or a number too long") from error


def _json(name: str, text: str, known: Collection[str], *, lines: bool) -> Table:
    document, faults = json_document(name, text)
    said: list[str] = []
    if lines and isinstance(document, dict):
        document = [document]  # a file of one line
    items = document if isinstance(document, list) else _rows_of_object(document, known, said)
    if items is None:
        raise _not_a_list(name, _kind(document))
    if items and all(isinstance(item, list) for item in items):
        return Table(lines=items)
    if items and all(isinstance(item, str) for item in items):
        return Table(lines=[[item] for item in items])
    return _records(items, known, faults, said)


def _loads(text: str) -> Any:
    """JSON with the NaN that Python writes for a missing value read as null."""
    return json.loads(text, parse_constant=lambda _: None)


def _is_json(line: str) -> bool:
    try:
        return isinstance(_loads(line), (dict, list))
    except (ValueError, RecursionError):
        return False


def _json_lines(lines: Sequence[str]) -> tuple[list[Any], list[Fault]]:
    """An object a line; blank lines are counted, as null."""
    items, faults = [], []
    for number, line in enumerate(lines, start=1):
        try:
            items.append(_loads(line) if line.strip() else None)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep or a number too long"
            remedy = "Mend the JSON of the line"
            faults.append(Fault(number, "", "The line is not valid JSON", "one object a line", reason, remedy))
            items.append(None)
    return items, faults


def _rows_of_object(document: Any, known: Collection[str], said: list[str]) -> list[Any] | None:
    """The rows of an object: pandas' split, table, index and columns, lists by column, lists of rows by split.

    Two documents of the field as well: continuations of two classes (jukofyork/control-vectors), and instructions for
    and against a trait, crossed with questions (persona vectors, assistant-axis).
    """
    if not isinstance(document, dict) or not document:
        return None
    data, columns, values = document.get("data"), document.get("columns"), list(document.values())
    classes, instructions = document.get("classes"), document.get("instruction")
    questions = document.get("questions")
    if isinstance(classes, list) and isinstance(data, list) and all(isinstance(row, list) for row in data):
        said.append(f"Read as continuations of two classes: each text is labelled {' or '.join(map(str, classes))}")
        labelled = [(i, pair) for i, row in enumerate(data, start=1) for pair in zip(classes, row, strict=False)]
        return [{"emotion": str(label), "text": text, "topic": f"row {i}"} for i, (label, text) in labelled]
    if isinstance(instructions, list) and isinstance(questions, list) and all(map(_two_sided, instructions)):
        said.append(f"Read as a trait file: {len(instructions)} instructions crossed with {len(questions)} questions")
        crossed = [(i, q, one) for i, q in enumerate(questions, start=1) for one in instructions]
        return [
            {"positive": f"{one['pos']}\n\n{q}", "negative": f"{one['neg']}\n\n{q}", "topic": f"question {i}"}
            for i, q, one in crossed
        ]
    if isinstance(data, list) and isinstance(columns, list):
        return [dict(zip(map(str, columns), row, strict=False)) for row in data if isinstance(row, list)]
    if isinstance(data, list):
        return data
    if isinstance(document.get("rows"), list):
        return [row.get("row", row) if isinstance(row, dict) else row for row in document["rows"]]
    named = {column_name(str(key)) for key in document} & set(known)
    if all(isinstance(one, dict) for one in values):
        inner = {str(key) for one in values for key in one}
        columns_first = bool(named) or all(key.isdigit() for key in inner)
        return _transposed(document) if columns_first else values
    if named and all(isinstance(one, list) for one in values) and len(set(map(len, values))) == 1:
        return [dict(zip(document, row, strict=True)) for row in zip(*values, strict=True)]
    lists = {key: one for key, one in document.items() if isinstance(one, list) and one and isinstance(one[0], dict)}
    if lists and {column_name(key) for key in lists} <= set(SPLITS):
        return [{"split": key, **row} if isinstance(row, dict) else row for key, rows in lists.items() for row in rows]
    return next(iter(lists.values())) if len(lists) == 1 else None


def _two_sided(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("pos"), str) and isinstance(item.get("neg"), str)


def _transposed(columns: Mapping[str, Mapping[str, Any]]) -> list[Any]:
    keys = dict.fromkeys(key for column in columns.values() for key in column)
    return [{name: column.get(key) for name, column in columns.items()} for key in keys]


def _records(items: Iterable[Any], known: Collection[str], faults: list[Fault], said: list[str]) -> Table:
    """Rows of objects; a null is an absent cell, as pandas and many exporters write it, or a blank line."""
    rows = []
    for number, item in enumerate(items, start=1):
        if item is None:
            continue
        if not isinstance(item, dict):
            remedy = 'Write each row as {"emotion": ..., "text": ...} or {"positive": ..., "negative": ...}'
            faults.append(Fault(number, "", "The row is not an object", "an object", _kind(item), remedy))
            continue
        cells: dict[str, Any] = {}
        for key, value in item.items():
            column = column_name(str(key))
            if column in cells and column in known and value is not None:
                remedy = "Rename or delete one of them"
                faults.append(Fault(number, column, "A column comes twice", "every column once", shorten(key), remedy))
            elif value is not None:
                cells[column] = value
        if cells:
            rows.append(RawRow(number, cells))
    return Table(tuple(dict.fromkeys(column for row in rows for column in row.cells)), rows, faults, said)


def _kind(value: object) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    if isinstance(value, dict) and value:
        return "an object with the keys " + ", ".join(shorten(key, 20) for key in list(value)[:6])
    return "null" if value is None else kinds.get(type(value), "a number")


def _not_a_list(name: str, found: str) -> PromptSetError:
    return PromptSetError(
        "The JSON document is not a list of rows",
        where=name,
        expected='a list of objects such as [{"emotion": "joy", "text": "..."}], or a table as pandas writes it',
        found=found,
        remedy="Write one object a row, between [ and ]",
    )


# Binary tables


def _parquet(name: str, data: bytes) -> Table:
    """Through pyarrow; names of label numbers are taken from the header that the `datasets` library writes."""
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(data))
        items: list[Any] = []
        unpacked = 0
        # In small parts, since a text that is stored once may stand in every row.
        for batch in file.iter_batches(batch_size=64):
            unpacked += batch.nbytes
            _refuse_bomb(name, unpacked, len(data))
            items += batch.to_pylist()
            if len(items) > MOST_ROWS:
                found = f"{file.metadata.num_rows:,} rows"
                raise PromptSetError(
                    "The file has too many rows", where=name, found=found, remedy="Keep a part of them"
                )
        header = (file.schema_arrow.metadata or {}).get(b"huggingface", b"{}")
        features = json.loads(header).get("info", {}).get("features", {})
    except (pyarrow.ArrowException, OSError, ValueError, AttributeError, RecursionError) as error:
        raise _damaged("Parquet file", name, error) from error
    table = _records(items, (), [], [])
    for key, feature in features.items():
        feature = feature.get("feature", feature) if isinstance(feature, dict) else {}
        if isinstance(feature, dict) and isinstance(feature.get("names"), list):
            table.names[column_name(key)] = [str(one) for one in feature["names"]]
    return table


def _workbook(name: str, data: bytes) -> Table:
    """Through openpyxl: the values of the first sheet that has any, never a formula."""
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise PromptSetError(
                    "This is not a plain text file",
                    where=name,
                    expected="a table",
                    found="a ZIP archive that is no Excel workbook",
                    remedy="Unpack it and upload the files inside",
                )
            _refuse_bomb(name, sum(one.file_size for one in archive.infolist()), len(data))
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = {sheet.title: _sheet_lines(name, sheet) for sheet in book.worksheets}
    except PromptSetError:
        raise
    except _DAMAGED as error:
        raise _damaged("workbook", name, error) from error
    filled = {title: lines for title, lines in sheets.items() if any(any(line) for line in lines)}
    if not filled:
        return Table()
    title, lines = next(iter(filled.items()))
    first = next(i for i, line in enumerate(lines) if any(line))
    said = [f"Only the sheet '{title}' is read, not {', '.join(list(filled)[1:])}"] if len(filled) > 1 else []
    return Table(lines=lines[first:], said=said)


def _sheet_lines(name: str, sheet: Any) -> list[Cells]:
    """Cells as text; 3.0 is the 3 that was typed."""
    sheet.reset_dimensions()  # a size that the sheet claims, not one that it has
    lines: list[Cells] = []
    cells = 0
    for row in sheet.values:
        cells += len(row)
        if cells > MOST_CELLS:
            found = f"more than {MOST_CELLS:,} cells"
            raise PromptSetError("The sheet is too large", where=name, found=found, remedy="Save the rows as CSV")
        line = ["" if c is None else str(int(c)) if isinstance(c, float) and c.is_integer() else str(c) for c in row]
        lines.append(line)
    return lines


def _refuse_bomb(name: str, unpacked: int, packed: int) -> None:
    if unpacked > max(MAX_BYTES, MOST_GROWTH * packed) or unpacked > 10 * MAX_BYTES:
        raise PromptSetError(
            "The file unpacks to far more than it holds",
            where=name,
            expected=f"at most {MOST_GROWTH} times its size and {10 * MAX_BYTES / 2**20:g} MB",
            found=f"{unpacked / 2**20:.1f} MB from {packed / 2**20:.1f} MB",
            remedy="Save the rows as CSV",
        )


def _damaged(kind: str, name: str, error: Exception) -> PromptSetError:
    found = shorten(str(error) or type(error).__name__, 120)
    return PromptSetError(f"The {kind} is damaged", where=name, found=found, remedy="Save it again, or as CSV UTF-8")
