"""The table as one file, Markdown or HTML, with the figures of the rows."""

from __future__ import annotations

import html as escaping
import json
from collections.abc import Sequence

from emotion_core.experiments.replication.finding import shown
from emotion_core.experiments.replication.table import Line, Table

_HEAD = ("row", "experiment", "the paper")
# The table stands in docs/replication.md between these lines.
BEGIN, END = "<!-- table of {model}: begin -->", "<!-- table of {model}: end -->"


def report(table: Table, numbers: Sequence[int] | None = None, *, html: bool = False) -> str:
    """A report on some rows, all by default: the table, then each row with its figures.

    Args:
        table: The table.
        numbers: Rows.
        html: As one HTML file with charts; Markdown has their numbers.
    """
    return _html(table, numbers) if html else _markdown(table, numbers)


def markdown_table(table: Table, numbers: Sequence[int] | None = None) -> str:
    """The column of one model beside the paper's, as a Markdown table."""
    head = [*_HEAD, f"{table.model.name} (95 %; null)", "verdict"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(_cells(line)) + " |" for line in table.lines(numbers)]
    return "\n".join(lines) + "\n"


def figure_of(line: Line) -> str:
    """The estimate of a row with its interval and null; empty where there is none."""
    finding = line.finding
    return shown(finding.estimate) if finding and finding.estimate.value == finding.estimate.value else ""


def parts_of(line: Line) -> tuple[str, str]:
    """The estimate of a row with its interval, and the null's band; empty where there is none."""
    figure, _, null = figure_of(line).rstrip(")").partition("; null ")
    return (f"{figure})" if figure else ""), null


def _cells(line: Line) -> list[str]:
    return [str(line.book.row), line.book.name, line.book.paper, figure_of(line), line.verdict]


def _paragraphs(line: Line) -> list[tuple[str, str]]:
    """What is said of a row, each with its heading."""
    parts = [
        ("The paper", f"{line.book.did} ({line.book.where}) {line.book.paper}"),
        ("Replications", line.book.replications),
        ("What decides", line.book.decides),
        ("Shows", line.book.shows),
        ("Does not show", line.book.shows_not),
    ]
    if line.finding is not None:
        parts.insert(0, ("Here", f"{line.finding.statistic}: {figure_of(line)}" if figure_of(line) else ""))
        parts += [(name, value) for name, value in line.finding.facts]
    return [(name, text) for name, text in [("Verdict", f"{line.verdict}. {line.why}"), *parts] if text]


def _markdown(table: Table, numbers: Sequence[int] | None) -> str:
    parts = [f"# The paper's experiments on {table.model.name}\n", markdown_table(table, numbers)]
    for line in table.lines(numbers):
        if line.finding is None:
            continue
        parts.append(f"\n## {line.book.row}. {line.book.name}\n")
        parts += [f"- **{name}**: {text}" for name, text in _paragraphs(line)]
        for figure in line.finding.figures:
            parts.append(f"\n{figure.title}\n")
            parts += [
                "| name | series | " + f"{figure.x_title or 'x'} | {figure.y_title or 'y'} |",
                "|---|---|---|---|",
            ]
            rows = zip(figure.names, figure.series, figure.x, figure.y, strict=True)
            parts += [f"| {name} | {series} | {x:.3g} | {y:.3g} |" for name, series, x, y in rows]
    return "\n".join(parts) + "\n"


def _html(table: Table, numbers: Sequence[int] | None) -> str:
    """One file; charts are pictures inside it, so that nothing is fetched."""
    from emotion_core.charts.palette import chart_bytes
    from emotion_core.charts.replication import figure_chart

    def say(text: str) -> str:
        return escaping.escape(text)

    head = "".join(f"<th>{say(one)}</th>" for one in (*_HEAD, f"{table.model.name} (95 %; null)", "verdict"))
    rows = "".join(
        "<tr>" + "".join(f"<td>{say(cell)}</td>" for cell in _cells(line)) + "</tr>" for line in table.lines(numbers)
    )
    parts = [
        "<!doctype html><html lang='en'><meta charset='utf-8'><meta name='viewport' content='width=device-width'>",
        f"<title>{say(table.model.name)}: the paper's experiments</title>",
        "<style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:",
        "collapse}td,th{border-bottom:1px solid #8886;padding:.3rem .6rem;text-align:left}svg{max-width:100%;height:",
        "auto;background:#fff}</style>",
        f"<h1>The paper's experiments on {say(table.model.name)}</h1><table><tr>{head}</tr>{rows}</table>",
    ]
    for line in table.lines(numbers):
        if line.finding is None:
            continue
        parts.append(f"<h2>{line.book.row}. {say(line.book.name)}</h2><dl>")
        parts += [f"<dt><b>{say(name)}</b></dt><dd>{say(text)}</dd>" for name, text in _paragraphs(line)]
        parts.append("</dl>")
        parts += [chart_bytes(figure_chart(figure), "svg").decode() for figure in line.finding.figures]
    document = json.dumps(table.to_json(numbers), ensure_ascii=False, allow_nan=False)
    data = document.replace("<", "\\u003c")
    parts.append(f"<script type='application/json' id='table'>{data}</script></html>")
    return "\n".join(parts)
