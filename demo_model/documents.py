"""A training text with what is known about its stretches: the emotion it shows, and tokens that count more.

Where a planted cause acts, the text could have gone several ways. Such a piece carries all of them with their planted
chances, so that training learns from the chances themselves and not from one draw of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Piece(NamedTuple):
    """A stretch of text. ``emotion`` is what it shows (None: nothing known); ``weight`` multiplies its loss.

    ``ways`` are all texts that could stand here, this one first, each with its chance; at most one piece of a document
    has them.
    """

    text: str
    emotion: str | None = None
    weight: int = 1
    ways: tuple[tuple[str, float], ...] = ()


class Span(NamedTuple):
    """Characters ``start`` to ``end`` of a document, with the emotion and the loss weight that hold there."""

    start: int
    end: int
    emotion: str | None
    weight: int


@dataclass(frozen=True)
class Document:
    """One training text, its source, and spans that cover it without gaps.

    ``ways`` are the whole texts that this one could have been, itself first, with their chances.
    """

    text: str
    source: str
    spans: tuple[Span, ...]
    ways: tuple[tuple[str, float], ...] = ()


def join(pieces: list[Piece], source: str) -> Document:
    """Lay pieces end to end.

    >>> join([Piece("I ran. ", "afraid"), Piece("Done.")], "test").spans[0]
    Span(start=0, end=7, emotion='afraid', weight=1)
    """
    spans, at, text = [], 0, "".join(piece.text for piece in pieces)
    ways: tuple[tuple[str, float], ...] = ()
    for piece in pieces:
        spans.append(Span(at, at + len(piece.text), piece.emotion, piece.weight))
        end = at + len(piece.text)
        if piece.ways:
            ways = tuple((text[:at] + way + text[end:], chance) for way, chance in piece.ways)
        at = end
    return Document(text, source, tuple(spans), ways)
