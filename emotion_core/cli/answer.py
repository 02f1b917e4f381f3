"""What a command answers with."""

from __future__ import annotations

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
