"""The table as one file, Markdown or HTML, with the figures of the rows."""

from __future__ import annotations

from collections.abc import Sequence

from emotion_core.experiments.replication.finding import shown
from emotion_core.experiments.replication.table import Line, Table


def report(table: Table, numbers: Sequence[int] | None = None, *, html: bool = False) -> str:
    """A report on some rows, all by default."""
    return markdown_table(table, numbers)


def markdown_table(table: Table, numbers: Sequence[int] | None = None) -> str:
    """The column of one model beside the paper's, as a Markdown table."""
    head = ["row", "experiment", "the paper", table.model.name, "verdict"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_cells(line)) + " |" for line in table.lines(numbers)]
    return "\n".join(lines) + "\n"


def _cells(line: Line) -> list[str]:
    finding = line.finding
    figure = shown(finding.estimate) if finding and finding.estimate.value == finding.estimate.value else ""
    return [str(line.book.row), line.book.name, line.book.paper, figure, line.verdict]
