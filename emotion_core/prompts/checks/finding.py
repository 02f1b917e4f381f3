"""What a check says about a prompt set."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from emotion_core.prompts.prompt_set import PromptText

Severity = Literal["error", "warning", "note"]
SHOWN = 8


@dataclass(frozen=True)
class Finding:
    """One thing that a check found, with everywhere it was found.

    Attributes:
        check: Name of the check.
        severity: `error` makes results worthless, `warning` may explain them, `note` is good to know.
        rows: Rows of the file, counted from 1 without the header, sorted; empty where the whole set is meant.
        detail: What was found, with the first few places.
        remedy: How to mend it.
    """

    check: str
    severity: Severity
    rows: tuple[int, ...]
    detail: str
    remedy: str

    def to_json(self) -> dict[str, object]:
        """The finding as JSON-ready values."""
        return {
            "check": self.check,
            "severity": self.severity,
            "rows": list(self.rows),
            "detail": self.detail,
            "remedy": self.remedy,
        }


def rows_of(texts: Iterable[PromptText]) -> tuple[int, ...]:
    """Row numbers of texts, sorted, each once."""
    return tuple(sorted({text.row for text in texts}))


def listed(items: Sequence[str], shown: int = SHOWN) -> str:
    """The first few of several places as one text.

    Example:
        >>> listed(["row 1", "row 2", "row 3"], shown=2)
        'row 1; row 2; and 1 more'
    """
    more = len(items) - shown
    return "; ".join(items[:shown]) + (f"; and {more} more" if more > 0 else "")


def place(text: PromptText) -> str:
    """Where a text stands: its row and, in pairs, its side."""
    return f"row {text.row}" if text.side == "labelled" else f"row {text.row} ({text.side})"
