"""A training text with what is known about its stretches: the emotion it shows, and tokens that count more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Piece(NamedTuple):
    """A stretch of text. ``emotion`` is what it shows (None: nothing known); ``weight`` multiplies its loss."""

    text: str
    emotion: str | None = None
    weight: int = 1


class Span(NamedTuple):
    """Characters ``start`` to ``end`` of a document, with the emotion and the loss weight that hold there."""

    start: int
    end: int
    emotion: str | None
    weight: int


@dataclass(frozen=True)
class Document:
    """One training text, its source, and spans that cover it without gaps."""

    text: str
    source: str
    spans: tuple[Span, ...]


def join(pieces: list[Piece], source: str) -> Document:
    """Lay pieces end to end.

    >>> join([Piece("I ran. ", "afraid"), Piece("Done.")], "test").spans[0]
    Span(start=0, end=7, emotion='afraid', weight=1)
    """
    spans, at = [], 0
    for piece in pieces:
        spans.append(Span(at, at + len(piece.text), piece.emotion, piece.weight))
        at += len(piece.text)
    return Document("".join(piece.text for piece in pieces), source, tuple(spans))
