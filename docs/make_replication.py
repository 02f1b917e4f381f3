"""Writes docs/replication.md from the data that the command reads, and the columns of the tables that are shipped.

python docs/make_replication.py         # rewrites what stands between the marks, and nothing else
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "replication.md"
DATA = ROOT / "emotion_core" / "experiments" / "data" / "replication.json"
TABLE_BEGIN, TABLE_END = "<!-- table of {}: begin -->\n", "<!-- table of {}: end -->\n"
MODELS = ("smollm2", "demo")
BEGIN, END = "<!-- rows of the paper: begin -->\n", "<!-- rows of the paper: end -->\n"
RULES = {"size": "size rule", "zero": "zero rule", "sign": "sign rule", "own": "rule of its own"}


def main() -> None:
    """Rewrites the page in place."""
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def renewed(page: str) -> str:
    """The page with its rows as the data has them, and the tables that came with this version."""
    for model in MODELS:
        page = with_table(page, model)
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    rows = json.loads(DATA.read_text(encoding="utf-8"))["rows"]
    return before + BEGIN + "\n" + "\n".join(lines(rows)) + "\n" + END + after


def with_table(page: str, model: str) -> str:
    """The page with the column of a model whose table is shipped; as it is for one that is not."""
    sys.path.insert(0, str(ROOT))
    from emotion_core.experiments.replication.report import markdown_table
    from emotion_core.experiments.replication.ship import shipped_table

    table = shipped_table(model)
    begin, end = TABLE_BEGIN.format(model), TABLE_END.format(model)
    if table is None or begin not in page:
        return page
    before, rest = page.split(begin)
    return before + begin + markdown_table(table, range(1, 23)) + end + rest.split(end)[1]


def lines(rows: list[dict[str, Any]]) -> Iterator[str]:
    """A section a built row, and one list of those that are not."""
    part = ""
    for row in rows:
        if row["built"] and row["part"] != part:
            part = row["part"]
            yield f"## {part}\n"
        if row["built"]:
            yield from section(row)
    yield "## Not built yet\n"
    yield "Each with what the paper and replications found, what would decide, and what the app shows of it today.\n"
    for row in rows:
        if not row["built"]:
            yield f"- **{row['row']}. {row['name']}.** Paper: {row['paper']}. {row['did']} ({row['where']})"
            yield f"  - Replications: {row['replications']}"
            yield f"  - Would decide ({judged_by(row)}): {row['decides']}"
            yield f"  - Today: {row['today']}"


def section(row: dict[str, Any]) -> Iterator[str]:
    """One experiment: figures first, then what decides, then what it means."""
    yield f"### {row['row']}. {row['name']}\n"
    yield f"**Paper: {row['paper']}.** {row['did']} ({row['where']})\n"
    yield f"- Replications: {row['replications']}"
    yield f"- Decides ({judged_by(row)}): {row['decides']}"
    for also in row["also"]:
        yield f"- Also: {also['what']} ({judged_by(also)})."
    yield f"- Unit: {row['unit']}. Against: {', '.join(row['null'])}."
    yield f"- Shows: {row['shows']}"
    yield f"- Does not show: {row['shows_not']}"
    yield f"- Texts: {', '.join(f'`{text}`' for text in row['texts'])}.\n"


def judged_by(claim: dict[str, Any]) -> str:
    """The rule with the paper's figure P and the smallest effect that counts."""
    parts = [RULES[claim["rule"]]]
    if claim["value"] is not None:
        parts.append(f"P = {plain(claim['value'])}")
    if claim["delta"] is not None:
        parts.append(f"δ = {plain(claim['delta'])}")
    return ", ".join(parts)


def plain(value: float) -> str:
    """A number as the page writes it: -.44, 1.1."""
    return f"{value:g}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:g}"


if __name__ == "__main__":
    main()
