"""Texts longer than the model's context: read in windows that overlap, each token where it has the most before it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Window:
    """A part of a text that is read at once.

    Attributes:
        start: First token of the text in the window.
        end: One after its last token.
        first_kept: First token whose reading is taken from here; those before it only give context.
    """

    start: int
    end: int
    first_kept: int


def windows(length: int, context: int) -> tuple[Window, ...]:
    """Windows over a text: one where it fits the context, else each half a context further on.

    Every token but those of the first window has at least half a context before it.

    Args:
        length: Tokens of the text.
        context: Most tokens that the model takes.

    Example:
        >>> [(w.start, w.first_kept, w.end) for w in windows(10, 4)]
        [(0, 0, 4), (2, 4, 6), (4, 6, 8), (6, 8, 10)]
    """
    found = [Window(0, min(length, context), 0)]
    step = max(1, context // 2)
    while found[-1].end < length:
        end = min(length, found[-1].end + step)
        found.append(Window(end - context, end, found[-1].end))
    return tuple(found)
