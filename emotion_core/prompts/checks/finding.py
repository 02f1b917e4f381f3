"""What a check says about a prompt set, and the comparisons that checks make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from emotion_core.prompts.prompt_set import PromptSet, PromptText

# What a check says about a prompt set.

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


# The comparisons that checks make: positive against negative texts, or one emotion's texts against all others'.

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


class Contrast(NamedTuple):
    """Texts of a set and which of them are the label's own.

    Attributes:
        label: What the text is for, in words: `positive` or an emotion.
        texts: All texts compared.
        own: bool [texts], true for the label's own.
    """

    label: str
    texts: tuple[PromptText, ...]
    own: npt.NDArray[np.bool_]


def contrasts(prompt_set: PromptSet) -> Iterator[Contrast]:
    """One contrast an emotion: positive against negative texts in pairs, its own against all others' where labelled."""
    if prompt_set.form == "labelled":
        if len(prompt_set.emotions) < 2:
            return
        emotions = np.array([text.emotion for text in prompt_set.texts])
        for emotion in prompt_set.emotions:
            yield Contrast(emotion, prompt_set.texts, emotions == emotion)
        return
    for emotion in prompt_set.emotions:
        texts = prompt_set.of(emotion)
        yield Contrast(emotion, texts, np.array([text.side == "positive" for text in texts]))


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, in order."""
    return _WORD.findall(text.lower())
