"""No ten words in a row of any built-in prompt set may occur in the training text: the check and its word runs.

Numbers count as equal, and so does a template's placeholder, so that "I took {x} mg" is caught with any dose.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

RUN = 10
_WORD = re.compile(r"\{\w+\}|[a-z']+|\d+")


def words(text: str) -> list[str]:
    """Lower-case words; numbers and placeholders become ``#``."""
    found = _WORD.findall(text.lower().replace("\u2019", "'"))
    return ["#" if word[0] in "{0123456789" else word for word in found]


def runs(text: str, length: int = RUN) -> Iterator[str]:
    """All runs of ``length`` words of a text."""
    found = words(text)
    for start in range(len(found) - length + 1):
        yield " ".join(found[start : start + length])


def texts_of(file: Path) -> Iterator[str]:
    """Every string in a prompt file: cells of a table, values of JSON at any depth."""
    raw = file.read_text(encoding="utf-8-sig")
    if file.suffix in (".csv", ".tsv"):
        for row in csv.reader(io.StringIO(raw), delimiter="\t" if file.suffix == ".tsv" else ","):
            yield from row
    elif file.suffix == ".jsonl":
        for line in raw.splitlines():
            if line.strip():
                yield from _strings(json.loads(line))
    elif file.suffix == ".json":
        yield from _strings(json.loads(raw))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def forbidden(folder: Path, extra: Iterable[Path] = ()) -> frozenset[str]:
    """Word runs of all prompt sets in a folder (none when it is missing), and of further files."""
    files = [*sorted(path for path in folder.rglob("*") if path.is_file()), *extra] if folder.is_dir() else list(extra)
    return frozenset(run for file in files for text in texts_of(file) for run in runs(text))


def overlaps(text: str, banned: frozenset[str]) -> bool:
    """Whether a training text holds a forbidden run."""
    return any(run in banned for run in runs(text)) if banned else False
