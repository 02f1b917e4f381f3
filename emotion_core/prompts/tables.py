"""Any file to a table: CSV with four separators, lines of text, JSON in many shapes, Parquet, Excel.

What a column means is not asked here; `layouts` knows that.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts import faults
from emotion_core.prompts.faults import RowFault, shorten
from emotion_core.prompts.prompt_set import SPLITS

# From a file's bytes and the name it came with to text: the checks that need no knowledge of rows.

ENDINGS = ("csv", "tsv", "txt", "json", "jsonl", "ndjson", "parquet", "xlsx")
MAX_BYTES = 20 * 1024 * 1024

WORKBOOK, PARQUET, GZIP = b"PK\x03\x04", b"PAR1", b"\x1f\x8b"
_SIGNATURES = {
    WORKBOOK: "a ZIP archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    GZIP: "a gzip archive",
    PARQUET: "a Parquet file",
    b"GGUF": "a GGUF model",
}
# The marks of UTF-32 begin as those of UTF-16 do, so they are asked for first.
_MARKS = {
    b"\xef\xbb\xbf": "utf-8",
    b"\xff\xfe\0\0": "utf-32",
    b"\0\0\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
# In Windows-1252 these five bytes stand for nothing, so a file that has one was written in something else.
_UNUSED_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_HIGH_RUN = re.compile(rb"[\x80-\x9f\xa1-\xff]{3,}")  # a hard space stands beside French quotation marks
_MOST_IN_RUNS = 0.3
_MOST_ACCENTED = 0.3  # of the letters of a text in a western language


def base_name(filename: str) -> str:
    r"""The last part of a name that a browser sent: no folders, nothing unprintable, at most 100 characters.

    Example:
        >>> base_name("../../etc/fear.csv"), base_name("C:\\up\\calm.CSV")
        ('fear.csv', 'calm.CSV')
    """
    last = re.split(r"[\\/]", filename)[-1]
    return "".join(c for c in last if c.isprintable()).strip()[-100:]


def stem_and_ending(name: str) -> tuple[str, str]:
    """A base name's two halves; the ending in lower case, without its dot and without `.gz`.

    Raises:
        PromptSetError: The ending is none that can be read.
    """
    whole = name[:-3] if name.lower().endswith(".gz") else name
    stem, dot, ending = whole.rpartition(".")
    if not dot or ending.lower() not in ENDINGS:
        spreadsheet = ending.lower() in ("xls", "ods", "numbers")
        remedy = "Save the sheet as CSV UTF-8" if spreadsheet else "Save the rows as CSV or JSON with that ending"
        endings, found = ", ".join(f".{one}" for one in ENDINGS), f"the ending .{ending}" if dot else "no ending"
        raise faults.ENDING.at(name or "a file without a name", found, known=endings, remedy=remedy)
    return stem.strip() or "prompts", ending.lower()


def unpack(name: str, data: bytes, max_bytes: int = MAX_BYTES) -> bytes:
    """The content of a gzip file, any other file as it is.

    Raises:
        PromptSetError: It is empty or damaged, or larger than `max_bytes`, packed or unpacked.
    """
    check_size(name, len(data), max_bytes)
    if not data.startswith(GZIP):
        return data
    try:
        with gzip.open(io.BytesIO(data)) as stream:
            content = stream.read(max_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise faults.DAMAGED.at(name, str(error)[:120], kind="gzip file") from error
    check_size(name, len(content), max_bytes)
    return content


def decode(name: str, data: bytes, max_bytes: int = MAX_BYTES, *, said: list[str] | None = None) -> str:
    """The text of a file, without a byte order mark.

    Args:
        name: Base name, for messages.
        data: The whole file.
        max_bytes: Largest size that is read.
        said: Takes a sentence where the file is not UTF-8 but UTF-16, Windows-1252 or Latin-1: which one it is, and an
            example of what it became. Without it such a file is refused.

    Raises:
        PromptSetError: The file is empty, too large, no text, or in an unknown encoding.
    """
    check_size(name, len(data), max_bytes)
    kind = next((kind for start, kind in _SIGNATURES.items() if data.startswith(start)), "")
    if kind:
        raise faults.BINARY.at(name, kind)
    codec = _codec(data)
    wide = codec[:6].upper() if codec.startswith(("utf-16", "utf-32")) else ""
    if wide and said is None:
        raise faults.OTHER_TEXT.at(name, f"{wide} text")
    try:
        text = data.decode("utf-8" if said is None else codec).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        if wide:
            raise faults.OTHER_TEXT.at(name, f"damaged {wide} text") from error
        where = f"{name}, line {data.count(10, 0, error.start) + 1}, byte {error.start}"
        found = f"the byte 0x{data[error.start]:02x} ({error.reason})"
        others = "" if said is None else " (or UTF-16, Windows-1252, Latin-1)"
        raise faults.NOT_UTF8.at(where, found, or_others=others) from error
    if not text.strip():
        raise faults.EMPTY.at(name, "nothing but white space")
    if "\0" in text:
        raise faults.OTHER_TEXT.at(name, f"a NUL character in line {text.count(chr(10), 0, text.index(chr(0))) + 1}")
    if said is not None and codec != "utf-8":
        title = wide or ("Windows-1252" if re.search(rb"[\x80-\x9f]", data) else "Latin-1")
        # The first words in which the encoding makes a difference, else the beginning.
        words = re.search(r"\S*[^\x00-\x7f]\S*(?:[ \t]\S+)?", text) or re.match(r"[^\n]*", text)
        line = text.count("\n", 0, words.start()) + 1 if words else 1
        example = words.group().strip()[:40] if words else ""
        said.append(f"Read as {title}, not UTF-8; for example '{example}' in line {line}")
    return text


def check_size(name: str, n_bytes: int, max_bytes: int = MAX_BYTES) -> None:
    """Refuses an empty or an oversized file.

    Raises:
        PromptSetError: There are no bytes, or more than `max_bytes`.
    """
    if n_bytes == 0:
        raise faults.EMPTY.at(name, "nothing")
    if n_bytes > max_bytes:
        raise faults.TOO_LARGE.at(name, f"{n_bytes / 2**20:.1f} MB", most=max_bytes / 2**20)


def _codec(data: bytes) -> str:
    """By the mark, by the zeros of western UTF-16, or what is nowhere UTF-8 and western: Windows-1252; else UTF-8."""
    marked = next((codec for mark, codec in _MARKS.items() if data.startswith(mark)), "")
    if marked:
        return marked
    head = data[:2000]
    even, odd = head[::2].count(0), head[1::2].count(0)
    if len(head) > 3 and max(even, odd) > 0.8 * (len(head) // 2) and min(even, odd) == 0:
        return "utf-16-be" if even else "utf-16-le"
    try:
        data.decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        lenient = data.decode("utf-8", errors="replace")
    broken = lenient.count("\ufffd")
    valid = sum(c > "\x7f" for c in lenient) - broken
    letters = [c for c in data.decode("latin-1") if c.isalpha()]
    western = sum(c > "\x7f" for c in letters) <= max(1, _MOST_ACCENTED * len(letters))
    western = western and not _UNUSED_1252.search(data) and not _of_two_bytes(data)
    return "cp1252" if western and valid <= broken else "utf-8"


def _of_two_bytes(data: bytes) -> bool:
    """Whether the bytes beyond ASCII stand together as those of Japanese, Chinese and Korean do, or spell kana."""
    # Letters alone may well follow each other, and so may quotes, dashes and the letter that a sentence begins with.
    runs = [run for run in _HIGH_RUN.findall(data) if min(run) < 0xC0 and not _typeset(run)]
    if sum(map(len, runs)) > _MOST_IN_RUNS * sum(byte > 0x7F for byte in data):
        return True
    try:
        wide = [sign for sign in data.decode("cp932") if sign > "\x7f"]
    except UnicodeDecodeError:
        return False
    # An apostrophe of Windows-1252 and a letter behind it are a Chinese sign there, but no kana.
    return sum("\u3041" <= sign <= "\u30fa" for sign in wide) > _MOST_IN_RUNS * len(wide)


_TYPESET = frozenset("…‘’“”–—«»‹›„‚¿¡•€£§©®°·".encode("cp1252"))


def _typeset(run: bytes) -> bool:
    """Whether bytes beyond ASCII are punctuation of Windows-1252 with at most one letter."""
    marks = [byte for byte in run if byte < 0xC0]
    return _TYPESET.issuperset(marks) and len(run) - len(marks) <= 1


MOST_GROWTH = 40  # of a workbook or a Parquet file that is unpacked; a bomb grows by a thousand
# A damaged workbook fails in openpyxl in as many ways as XML can be wrong.
_DAMAGED: tuple[type[Exception], ...] = (zipfile.BadZipFile, zlib.error, OSError, EOFError, SyntaxError, ValueError)
_DAMAGED = (*_DAMAGED, LookupError, TypeError, AttributeError, RuntimeError)
MOST_ROWS = 250_000  # of a file; a set keeps fewer
MOST_COLUMNS = 5_000  # of a table; a line of text may have more commas
MOST_CELLS = 2_000_000  # of a sheet, empty ones between two filled ones included
KEY = "(key)"  # the column of the keys under which a JSON document keeps lists of texts
_SEPARATORS = ("\t", "|", ";", ",")  # the rarer in prose before the more common
# How quotes are read: as CSV has them, escaped by a backslash, as characters like any other.
_STRICT: dict[str, Any] = {"strict": True}
_ESCAPED: dict[str, Any] = {"strict": True, "doublequote": False, "escapechar": "\\"}
_UNQUOTED: dict[str, Any] = {"quoting": csv.QUOTE_NONE}
_JSON = ("json", "jsonl", "ndjson")
Cells = list[Any]
_SHOWN = 10  # faults of rows that are listed


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
        text: A text as a whole.
        names: What the numbers of a column of labels stand for, where the file says so.
    """

    columns: tuple[str, ...] = ()
    rows: list[RawRow] = field(default_factory=list)
    faults: list[RowFault] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    lines: list[Cells] = field(default_factory=list)
    separator: str = ""
    text: str = ""
    names: dict[str, Sequence[str]] = field(default_factory=dict)

    def with_header(self, at: int | None = 0) -> Table:
        """The lines as rows under the header in line `at`, or under the names 1, 2, ... where None is one."""
        if not self.lines:
            return self
        width = max(map(len, self.lines))
        header = [str(i + 1) for i in range(width)] if at is None else [str(cell) for cell in self.lines[at]]
        columns = [column_name(cell) for cell in header]
        while columns and not columns[-1]:
            columns.pop()
        wrong, rows = list(self.faults), []
        for number, line in enumerate(self.lines[0 if at is None else at + 1 :], start=1):
            extra = [cell for cell in line[len(columns) :] if _filled(cell)]
            if extra:
                found = f"{len(line)} cells, the last one '{shorten(extra[-1])}'"
                wrong.append(faults.MANY_CELLS.in_row(number, "", found, most=len(columns)))
            elif any(map(_filled, line)):
                rows.append(RawRow(number, dict(zip(columns, line, strict=False))))
        return replace(self, columns=tuple(columns), rows=rows, faults=wrong)


def column_name(header: str) -> str:
    """A header as we compare it: `" Positive-Prompt "` and `positive_prompt` are the same column."""
    return re.sub(r"[\s_-]+", "_", header.strip().lower())


def raise_faults(name: str, wrong: Sequence[RowFault]) -> None:
    """Raises all faults of a file's rows as one error; does nothing where there are none.

    They are collected, so that a visitor mends a file once and not row by row.

    Raises:
        PromptSetError: There is a fault. One is told in full, of several the first ten are listed.
    """
    if not wrong:
        return
    ordered = sorted(wrong, key=lambda fault: fault.row)
    shown = [(one.place, one.column or "a row", one.error) for one in ordered[:_SHOWN]]
    place, _, error = shown[0]
    what, where, found, remedy = error.what, f"{name}, {place}", error.found, error.remedy
    expected = error.expected
    if len(wrong) > 1:
        what, where = f"{len(wrong)} places in the file have to be mended", f"{where} and others"
        expected = "; ".join(dict.fromkeys(f"{column}: {one.expected}" for _, column, one in shown))
        found = "; ".join(f"{place}: {one.what[0].lower()}{one.what[1:]} ({one.found})" for place, _, one in shown)
        found += f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        remedy = ". ".join(dict.fromkeys(one.remedy for _, _, one in shown))
    raise PromptSetError(what, where=where, expected=expected, found=found, remedy=remedy)


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
        PromptSetError: It cannot be read.
    """
    ending = stem_and_ending(name)[1]
    data = unpack(name, data, max_bytes)
    if data.startswith(PARQUET):
        return _parquet(name, data)
    if data.startswith(WORKBOOK):
        return _workbook(name, data)
    said: list[str] = []
    text = decode(name, data, max_bytes, said=said if any_encoding else None)
    is_json = _is_json(text, ending, known)
    table = _json(name, text, known) if is_json else _separated(text, known, tab=ending == "tsv")
    _refuse_many(name, max(len(table.rows), len(table.lines)))
    table.said[:0] = said
    return table


def read_rows(name: str, data: bytes, known: Collection[str]) -> Table:
    """The rows of a file whose first line is a header, as a list of activities or of scenarios has one.

    Raises:
        PromptSetError: It cannot be read, or a row of it is broken.
    """
    table = read_table(name, data, known, any_encoding=False)
    refuse_wide(name, table)
    table = table.with_header()
    raise_faults(name, table.faults)
    return table


def _filled(cell: object) -> bool:
    return cell is not None and bool(str(cell).strip())


# Separated text


def _separated(text: str, known: Collection[str], *, tab: bool) -> Table:
    # Excel writes and obeys a first line such as "sep=;": it is no header.
    mark = re.match(r"sep=([,;|\t])\r?\n", text, flags=re.IGNORECASE)
    body = text[mark.end() :] if mark else text
    head = next((line for line in body.splitlines() if line.strip()), "")
    separator = mark[1] if mark else "\t" if tab and "\t" in head else _separator(body, known)
    table = Table(separator=separator, text=text)
    table.lines, fault = _parse(body, separator, _STRICT)
    if fault is None:
        # A stray quote looks the same where another one closes it: a cell with whole rows in it is told.
        width = len(table.lines[0]) if table.lines else 0
        over = [c for line in table.lines if width > 1 for c in line if _rows_within(c, separator) >= width - 1]
        table.said = [f"'{shorten(c)}' goes over several lines: check that its quotes are right" for c in over[:10]]
        return table
    escaped, escaped_fault = _parse(body, separator, _ESCAPED)
    if '\\"' in body and escaped_fault is None:
        return replace(table, lines=escaped, said=["A backslash before a quote is read as part of the quoting"])
    plain, plain_fault = _parse(body, separator, _UNQUOTED)
    even = len({len(line) for line in plain if any(map(_filled, line))}) == 1
    if plain_fault is None and even and (separator == "\t" or not any(map(_enclosed, plain))):
        said = ["Double quotes are read as characters of the texts: they enclose no cells"]
        return replace(table, lines=plain, said=said)
    table.faults = [fault]
    return table


def _separator(text: str, known: Collection[str]) -> str:
    """The separator under which the first line names most known columns, else the most even one."""
    lines = [line for line in text.splitlines()[:200] if line.strip()][:50]
    first = lines[0]

    def score(separator: str) -> tuple[int, float]:
        names = sum(column_name(cell.strip().strip('"')) in known for cell in first.split(separator))
        count = first.count(separator)
        return names, sum(line.count(separator) == count for line in lines) / len(lines) if count else 0.0

    return max(_SEPARATORS, key=score)


def _parse(text: str, separator: str, quotes: dict[str, Any]) -> tuple[list[Cells], RowFault | None]:
    """The lines before the first that cannot be parsed, counted from the first that is filled; what is wrong there."""
    lines: list[Cells] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator, **quotes):
            if lines or any(map(_filled, cells)):
                lines.append(list(cells))
    except csv.Error as error:
        kind = faults.LONG_CELL if "field larger" in str(error) else faults.QUOTES
        return lines, kind.in_row(max(1, len(lines)), "", str(error))
    return lines, None


def _rows_within(cell: str, separator: str) -> int:
    """The most separators in a line of a cell after its first one."""
    return max((part.count(separator) for part in cell.split("\n")[1:]), default=-1)


def _enclosed(line: Cells) -> bool:
    return any(len(cell) > 1 and cell[0] == cell[-1] == '"' for cell in map(str.strip, line))


# JSON


def json_document(name: str, text: str) -> tuple[Any, list[RowFault]]:
    """A JSON document, or the list of documents where each line is one: a broken line is a fault and None.

    Raises:
        PromptSetError: It is neither.
    """
    document, error = _loads(text)
    if error is None:
        return document, []
    # Not splitlines: JSON strings may hold U+2028 and its like unescaped.
    lines = [_loads(line) if line.strip() else (None, None) for line in text.replace("\r\n", "\n").split("\n")]
    filled = [line for line in lines if line != (None, None)]
    if len(filled) > 1 and isinstance(filled[0][0], (dict, list)):
        wrong = [
            faults.NOT_JSON_LINE.in_row(number, "", getattr(fault, "msg", "nested too deep or a number too long"))
            for number, (_, fault) in enumerate(lines, start=1)
            if fault is not None
        ]
        return [document for document, _ in lines], wrong
    if isinstance(error, json.JSONDecodeError):
        raise faults.NOT_JSON.at(f"{name}, line {error.lineno}, character {error.colno}", error.msg) from error
    # Numbers of thousands of digits and brackets nested by the thousand: valid, but no prompt set.
    raise faults.NOT_A_LIST.at(name, "something nested too deep or a number too long") from error


def json_of(name: str, data: bytes) -> Any:
    """The JSON document in a file, or the list of those of its lines.

    Raises:
        PromptSetError: It is no text or no JSON; broken lines are in one error.
    """
    document, wrong = json_document(name, decode(name, unpack(name, data)))
    raise_faults(name, wrong)
    return document


def json_items(name: str, data: bytes, own: Collection[str] = ()) -> list[Any]:
    """The items of a JSON list, of one line each, of the only list in an object, or the one document that there is.

    Args:
        name: Base name.
        data: The whole file.
        own: Keys of an item that is a list itself, such as a conversation.

    Raises:
        PromptSetError: It is no JSON.
    """
    document = json_of(name, data)
    if isinstance(document, dict) and not set(own) & set(document):
        lists = [one for one in document.values() if isinstance(one, list)]
        document = lists[0] if len(lists) == 1 and all(isinstance(one, dict) for one in lists[0]) else document
    return [one for one in document if one is not None] if isinstance(document, list) else [document]


def _loads(text: str) -> tuple[Any, Exception | None]:
    """A document, the NaN that Python writes for a missing value as null; or why it is none."""
    try:
        return json.loads(text, parse_constant=lambda _: None), None
    except (ValueError, RecursionError) as error:
        return None, error


def _is_json(text: str, ending: str, known: Collection[str]) -> bool:
    """By its beginning, whatever its ending; what begins otherwise is JSON by its ending, unless it has a header."""
    head = next(line for line in text.splitlines() if line.strip())
    if head.lstrip().startswith(("[", "{")):
        return ending in _JSON or None in (_loads(text)[1], _loads(head)[1])
    cells = re.split(r"[\t|;,]", head)
    return ending in _JSON and not any(column_name(cell.strip().strip('"')) in known for cell in cells)


def _json(name: str, text: str, known: Collection[str]) -> Table:
    document, wrong = json_document(name, text)
    said: list[str] = []
    if isinstance(document, list) and len(document) == 1 and isinstance(document[0], dict):
        document = document[0] if any(map(_holds, document[0].values())) else document
    items = document if isinstance(document, list) else _rows_of_object(name, document, known, said)
    if items is None:
        raise faults.NOT_A_LIST.at(name, _kind(document))
    if items and all(isinstance(item, list) for item in items):
        return Table(lines=items)
    if items and all(isinstance(item, str) for item in items):
        items = [{"text": item} if item.strip() else None for item in items]
    return _records(items, known, wrong, said)


def _rows_of_object(name: str, document: Any, known: Collection[str], said: list[str]) -> list[Any] | None:
    """The rows of an object: what pandas and the field's tools write, else lists by split, by emotion or by column."""
    if not isinstance(document, dict) or not document:
        return None
    data, columns, values = document.get("data"), document.get("columns"), list(document.values())
    rows = _classes_or_trait(document, said)
    if rows:
        return rows
    if isinstance(data, list):
        rows = [dict(zip(map(str, columns or ()), row, strict=False)) for row in data if isinstance(row, list)]
        return rows if isinstance(columns, list) else data
    if isinstance(document.get("rows"), list):
        return [row.get("row", row) if isinstance(row, dict) else row for row in document["rows"]]
    if all(isinstance(one, dict) for one in values):
        keys = dict.fromkeys(key for one in values for key in one)
        plain = [any(not isinstance(cell, (list, dict)) for cell in one.values()) for one in values]
        if all(str(key).isdigit() for key in keys) or (any(plain) and _named(document, known)):
            return [{name: column.get(key) for name, column in document.items()} for key in keys]
        if all(plain):
            return values
    if not any(map(_holds, values)):
        return [document] if len(_named(document, known)) > 1 else None
    return _unfold(name, document, known, said)


def _classes_or_trait(document: Mapping[str, Any], said: list[str]) -> list[Any]:
    """Two documents of the field, or no rows.

    Continuations of two classes (jukofyork/control-vectors), and instructions for and against a trait, crossed with
    questions (persona vectors, assistant-axis).
    """
    classes, data, questions = (document.get(one) for one in ("classes", "data", "questions"))
    if isinstance(classes, list) and isinstance(data, list) and all(isinstance(row, list) for row in data):
        said.append(f"Read as continuations of two classes: each text is labelled {' or '.join(map(str, classes))}")
        labelled = [(i, pair) for i, row in enumerate(data, start=1) for pair in zip(classes, row, strict=False)]
        return [{"emotion": str(label), "text": text, "topic": f"row {i}"} for i, (label, text) in labelled]
    given = document.get("instruction", document.get("instructions"))
    instructions = [one if isinstance(one, dict) else {} for one in given] if isinstance(given, list) else []
    sides = [(one.get("pos", one.get("positive")), one.get("neg", one.get("negative"))) for one in instructions]
    if not isinstance(questions, list) or not all(isinstance(text, str) for pair in sides for text in pair):
        return []
    if sides:
        said.append(f"Read as a trait file: {len(sides)} instructions crossed with {len(questions)} questions")
    return [
        {"positive": f"{pos}\n\n{question}", "negative": f"{neg}\n\n{question}", "topic": f"question {i}"}
        for i, question in enumerate(questions, start=1)
        for pos, neg in sides
    ]


def _named(document: Mapping[str, Any], known: Collection[str]) -> set[str]:
    return {column_name(str(key)) for key in document} & set(known)


def _holds(value: Any) -> bool:
    return any(map(_holds, value.values())) if isinstance(value, dict) else isinstance(value, list) and bool(value)


def _unfold(
    name: str, document: Any, known: Collection[str], said: list[str], *, part: bool = False
) -> list[Any] | None:
    """Rows of lists that stand under their split, under their emotion (`KEY`) or, of one length, under their column."""
    if isinstance(document, list):
        cells = [dict(enumerate(item, start=1)) if isinstance(item, list) else item for item in document]
        return [cell if isinstance(cell, dict) else {"text": cell} for cell in cells]
    held = {key: value for key, value in document.items() if _holds(value)}
    lists = {key: value for key, value in held.items() if isinstance(value, list)}
    records = [key for key, value in lists.items() if isinstance(value[0], dict)]
    # {"emotion": "joy", "texts": [...]}: what is said once counts for every row.
    once = {key: value for key, value in document.items() if isinstance(value, str) and column_name(key) in known}
    if len(records) == 1 and not part:
        others = [f"'{shorten(key, 20)}'" for key in held if key != records[0]]
        if others:
            said.append(f"Only '{records[0]}' of the document is read, not {', '.join(others[:6])}")
        return [{**once, **row} if isinstance(row, dict) else row for row in lists[records[0]]]
    lengths, named = {key: len(value) for key, value in lists.items()}, _named(lists, known)
    if named and not records and (len(named) > 1 or len(set(lengths.values())) == 1):
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{length} {key}" for key, length in lengths.items())
            raise faults.UNEVEN.at(name, found, these="The columns")
        return [{**once, **dict(zip(lists, row, strict=True))} for row in zip(*lists.values(), strict=True)]
    if len(held) == 1 and (not lists or len(document) > 1):
        return None if lists else _unfold(name, next(iter(held.values())), known, said)
    parts = {key: _unfold(name, value, known, said, part=True) for key, value in held.items()}
    column = "split" if {column_name(key) for key in parts} <= set(SPLITS) else KEY
    rows = [{**row, column: row.get(column, key)} for key, own in parts.items() for row in own or ()]
    return rows if all(parts.values()) else None


def _records(items: Iterable[Any], known: Collection[str], wrong: list[RowFault], said: list[str]) -> Table:
    """Rows of objects; a null is an absent cell, as pandas and many exporters write it, or a blank line."""
    rows = []
    for number, item in enumerate(items, start=1):
        if item is None:
            continue
        if not isinstance(item, dict):
            wrong.append(faults.NOT_AN_OBJECT.in_row(number, "", _kind(item)))
            continue
        cells: dict[str, Any] = {}
        for key, value in item.items():
            column = column_name(str(key))
            if column in cells and column in known and value is not None:
                wrong.append(faults.TWICE.in_row(number, column, shorten(key)))
            elif value is not None:
                cells[column] = value
        if cells:
            rows.append(RawRow(number, cells))
    return Table(tuple(dict.fromkeys(column for row in rows for column in row.cells)), rows, wrong, said)


def _kind(value: object) -> str:
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    keys = ", ".join(shorten(key, 20) for key in list(value)[:6]) if isinstance(value, dict) else ""
    return kinds.get(type(value), "a number") + (f" with the keys {keys}" if keys else "")


# Binary tables


def _parquet(name: str, data: bytes) -> Table:
    """Through pyarrow; names of label numbers are taken from the header that the `datasets` library writes."""
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(io.BytesIO(data))
        _refuse_many(name, file.metadata.num_rows)
        items: list[Any] = []
        unpacked = 0
        # In small parts, since a text that is stored once may stand in every row.
        for batch in file.iter_batches(batch_size=64):
            unpacked += batch.nbytes
            _refuse_bomb(name, unpacked, len(data))
            items += batch.to_pylist()
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
                raise faults.BINARY.at(name, "a ZIP archive that is no Excel workbook")
            _refuse_bomb(name, sum(one.file_size for one in archive.infolist()), len(data))
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = {sheet.title: _sheet_lines(name, sheet) for sheet in book.worksheets}
    except PromptSetError:
        raise
    except _DAMAGED as error:
        raise _damaged("workbook", name, error) from error
    filled = {title: lines for title, lines in sheets.items() if any(map(any, lines))}
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
            raise faults.LARGE_SHEET.at(name, f"more than {MOST_CELLS:,} cells", most=MOST_CELLS)
        line = ["" if c is None else str(int(c)) if isinstance(c, float) and c.is_integer() else str(c) for c in row]
        lines.append(line)
    return lines


def _refuse_many(name: str, n_rows: int) -> None:
    if n_rows > MOST_ROWS:
        raise faults.TOO_MANY_ROWS.at(name, f"{n_rows:,} rows", most=MOST_ROWS)


def refuse_wide(name: str, table: Table) -> None:
    """Refuses a table before anything is done with each of its columns.

    Raises:
        PromptSetError: A line has more cells than a table may have columns.
    """
    width = max(map(len, table.lines), default=len(table.columns))
    if width > MOST_COLUMNS:
        raise faults.TOO_MANY_COLUMNS.at(name, f"{width:,} columns", most=MOST_COLUMNS)


def _refuse_bomb(name: str, unpacked: int, packed: int) -> None:
    if unpacked > max(MAX_BYTES, MOST_GROWTH * packed) or unpacked > 10 * MAX_BYTES:
        found = f"{unpacked / 2**20:.1f} MB from {packed / 2**20:.1f} MB"
        raise faults.BOMB.at(name, found, times=MOST_GROWTH, most=10 * MAX_BYTES / 2**20)


def _damaged(kind: str, name: str, error: Exception) -> PromptSetError:
    return faults.DAMAGED.at(name, shorten(str(error) or type(error).__name__, 120), kind=kind)
