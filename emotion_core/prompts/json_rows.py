"""JSON (a list of objects) and JSONL (an object a line) to raw rows."""

from __future__ import annotations

import json

from emotion_core.base.errors import PromptSetError
from emotion_core.prompts.faults import Fault, shorten
from emotion_core.prompts.tables import COLUMNS, RawRow, RawRows, column_name


def read_json(name: str, text: str) -> RawRows:
    """Rows of a JSON document.

    Raises:
        PromptSetError: It is not valid JSON, or not a list.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise PromptSetError(
            "The file is not valid JSON",
            where=f"{name}, line {error.lineno}, character {error.colno}",
            expected="a list of objects",
            found=error.msg,
            remedy="Mend that place; for one object a line use the ending .jsonl",
        ) from error
    except (ValueError, RecursionError) as error:
        # Numbers of thousands of digits and brackets nested by the thousand: valid, but no prompt set.
        raise _not_a_list(name, "something nested too deep or a number too long") from error
    if not isinstance(document, list):
        raise _not_a_list(name, _kind(document))
    faults: list[Fault] = []
    rows = [row for number, item in enumerate(document, start=1) for row in _row(number, item, faults)]
    return RawRows(_all_columns(rows), rows, faults)


def read_jsonl(text: str) -> RawRows:
    """Rows of a JSONL text; blank lines are skipped but counted. A broken line is a fault of its row."""
    rows: list[RawRow] = []
    faults: list[Fault] = []
    # Not splitlines: JSON strings may hold U+2028 and its like unescaped.
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            rows += _row(number, json.loads(line), faults)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deep or a number too long"
            faults.append(
                Fault(
                    number, "", "The line is not valid JSON", "one object a line", reason, "Mend the JSON of the line"
                )
            )
    return RawRows(_all_columns(rows), rows, faults)


def _row(number: int, item: object, faults: list[Fault]) -> list[RawRow]:
    if not isinstance(item, dict):
        remedy = 'Write each row as {"emotion": ..., "text": ...} or {"positive": ..., "negative": ...}'
        faults.append(Fault(number, "", "The row is not an object", "an object", _kind(item), remedy))
        return []
    cells: dict[str, object] = {}
    for key, value in item.items():
        column = column_name(key)
        if column in cells and column in COLUMNS:
            remedy = "Rename or delete one of them"
            faults.append(Fault(number, column, "A column comes twice", "every column once", shorten(key), remedy))
        # A null is an absent cell, as pandas and many exporters write it.
        if value is not None:
            cells[column] = value
    return [RawRow(number, cells)] if cells else []


def _all_columns(rows: list[RawRow]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(column for row in rows for column in row.cells))


def _kind(value: object) -> str:
    kinds = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return kinds.get(type(value), "null")


def _not_a_list(name: str, found: str) -> PromptSetError:
    return PromptSetError(
        "The JSON document is not a list of rows",
        where=name,
        expected="a list of objects, one a row",
        found=found,
        remedy="Put the rows between [ and ]",
    )
