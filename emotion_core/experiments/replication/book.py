"""The rows of the table: what the paper did and printed, what others found, and what decides, fixed beforehand.

The rows lie in `data/replication.json`, from which docs/replication.md is written as well.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from pydantic import BaseModel, ConfigDict, TypeAdapter

from emotion_core.base.errors import SettingsError


class BookRow(BaseModel):
    """One experiment of the paper; the keys are explained at the top of the file they come from."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    row: int
    name: str
    part: str
    built: bool
    paper: str
    value: float | None = None
    did: str
    where: str
    replications: str
    rule: str
    delta: float | None = None
    decides: str
    unit: str
    null: tuple[str, ...] = ()
    shows: str
    shows_not: str
    texts: tuple[str, ...] = ()
    minutes: float = 0
    today: str = ""


@cache
def book() -> tuple[BookRow, ...]:
    """All rows, in the order of their numbers."""
    text = files("emotion_core.experiments").joinpath("data", "replication.json").read_text(encoding="utf-8")
    document = TypeAdapter(dict[str, object]).validate_json(text)
    rows = TypeAdapter(tuple[BookRow, ...]).validate_python(document["rows"])
    return tuple(sorted(rows, key=lambda one: one.row))


def row_numbers(text: str) -> tuple[int, ...]:
    """Numbers of rows from `1-22`, `5, 7` or a mixture, ascending.

    Raises:
        SettingsError: It is no such list, or there is no such row.
    """
    last = book()[-1].row
    found: set[int] = set()
    for part in (one.strip() for one in text.split(",")):
        ends = re.fullmatch(r"(\d{1,3})(?:\s*-\s*(\d{1,3}))?", part)
        numbers = range(int(ends[1]), int(ends[2] or ends[1]) + 1) if ends else range(0)
        if not numbers or numbers[0] < 1 or numbers[-1] > last:
            raise SettingsError(
                "There are no such rows",
                where="rows",
                expected=f"numbers from 1 to {last}, such as 1-22 or 5, 7",
                found=text[:60] or "nothing",
                remedy="Write numbers and ranges with commas between them",
            )
        found |= set(numbers)
    return tuple(sorted(found))
