"""What a command answers with."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """A command's result in both forms.

    Attributes:
        document: For `--json`.
        text: For people.
        status: Exit status.
    """

    document: dict[str, Any]
    text: str
    status: int = 0


def number(value: float | None, digits: int = 2) -> str:
    """A figure for people; a dash where it cannot be had."""
    return "-" if value is None else f"{value:.{digits}f}"


def table(head: list[str], rows: list[list[str]]) -> str:
    """Columns that line up, numbers and words alike to the left."""
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [head, *rows]]
    return "\n".join(line.rstrip() for line in lines)


def plain(value: Any) -> Any:
    """A result as JSON values: by its `to_json` where it has one, else field by field; what is not finite is None."""
    if hasattr(value, "to_json"):
        return value.to_json()
    if dataclasses.is_dataclass(value):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    if hasattr(value, "tolist"):  # arrays and their numbers
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def words(document: Mapping[str, Any]) -> str:
    """A document for people: single figures one a line, lists of objects as tables."""
    lines, tables = [], []
    for key, value in document.items():
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            head = [name for name, one in value[0].items() if not isinstance(one, dict | list)]
            tables.append(f"{_name(key)}:\n" + table(head, [[_cell(one.get(name)) for name in head] for one in value]))
        elif isinstance(value, dict):
            tables.append(f"{_name(key)}:\n{words(value)}")
        else:
            lines.append(f"{_name(key)}: {', '.join(map(_cell, value)) if isinstance(value, list) else _cell(value)}")
    return "\n\n".join(filter(None, ["\n".join(lines), *tables]))


def _name(key: str) -> str:
    return key.replace("_", " ")


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if value is None or isinstance(value, float) else str(value)
