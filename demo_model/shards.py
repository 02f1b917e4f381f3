"""Documents to token arrays on disk: what ``python -m demo_model.build`` writes and the sampler reads.

A shard is arrays of one length (token, emotion index, loss weight; where a planted cause decides between tokens, one
rival token and the chance of the one that stands there) and the starts of its rows. A row begins where a document
begins, so that a model never sees half a situation; a document longer than a row goes on in the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from demo_model import branches
from demo_model.documents import Document
from demo_model.overlap import overlaps
from demo_model.tokenizer import END_OF_TEXT, SPECIAL

NO_EMOTION = 171


@dataclass(frozen=True)
class Shard:
    """One source: ``tokens`` uint16 [n], ``emotions`` and ``weights`` uint8 [n], ``starts`` int64 [rows].

    ``rivals`` uint16 [n] and ``chances`` float16 [n]: another token that could stand there, and the planted chance of
    the one that does; the token itself and 1 where nothing is planted, and None where that holds everywhere.
    """

    tokens: NDArray[np.uint16]
    emotions: NDArray[np.uint8]
    weights: NDArray[np.uint8]
    starts: NDArray[np.int64]
    rivals: NDArray[np.uint16] | None = None
    chances: NDArray[np.float16] | None = None

    def save(self, file: Path) -> None:
        """Write the arrays under a temporary name first, so that a kill leaves no half shard."""
        part = file.with_suffix(".part.npz")
        np.savez(part, **{name: value for name, value in vars(self).items() if value is not None})
        part.replace(file)

    @staticmethod
    def load(file: Path) -> Shard:
        """Read what :meth:`save` wrote."""
        with np.load(file) as arrays:
            return Shard(**{name: arrays[name] for name in arrays.files})


def row_starts(lengths: NDArray[np.int64], row: int) -> NDArray[np.int64]:
    """Where rows of ``row`` tokens begin, given document lengths in tokens.

    >>> row_starts(np.array([5, 5, 5, 30]), 12).tolist()
    [0, 10, 27]
    """
    edges = np.concatenate([[0], np.cumsum(lengths)])
    total, at, starts = int(edges[-1]), 0, []
    while at < total:
        starts.append(at)
        previous = int(edges[np.searchsorted(edges, at + row, side="right") - 1])
        at = previous if previous > at else at + row
        # A tail that begins inside a long document is worth a row only if much of it is left.
        if previous <= starts[-1] and int(edges[np.searchsorted(edges, at)]) - at < row // 3:
            at = int(edges[np.searchsorted(edges, at)])
    return np.array(starts, dtype=np.int64)


def encode(
    documents: Iterable[Document], tokenizer: Tokenizer, emotions: list[str], banned: frozenset[str], row: int
) -> tuple[Shard, int]:
    """Tokenise documents; those that hold a forbidden word run are left out and counted.

    Returns:
        The shard, and how many documents were left out.
    """
    index = {emotion: number for number, emotion in enumerate(emotions)}
    end = tokenizer.token_to_id(END_OF_TEXT)
    specials = {tokenizer.token_to_id(name) for name in SPECIAL}
    tokens: list[NDArray[np.uint16]] = []
    labels: list[NDArray[np.uint8]] = []
    weights: list[NDArray[np.uint8]] = []
    rivals: list[NDArray[np.uint16]] = []
    chances: list[NDArray[np.float16]] = []
    dropped, iterator = 0, iter(documents)
    while chunk := list(islice(iterator, 2000)):
        kept = [document for document in chunk if not overlaps(document.text, banned)]
        dropped += len(chunk) - len(kept)
        for document, encoding in zip(kept, tokenizer.encode_batch([d.text for d in kept]), strict=True):
            ids, label, weight = _mark(document, encoding.ids, encoding.offsets, index, specials)
            ways = [(tokenizer.encode(way).ids, chance) for way, chance in document.ways]
            rival, chance = branches.rivals(encoding.ids, ways, seed=len(tokens))
            weight = np.where(chance < 1, branches.WEIGHT, weight)
            tokens.append(np.append(ids, end).astype(np.uint16))
            labels.append(np.append(label, NO_EMOTION).astype(np.uint8))
            weights.append(np.append(weight, 1).astype(np.uint8))
            rivals.append(np.append(rival, end).astype(np.uint16))
            chances.append(np.append(chance, 1).astype(np.float16))
    lengths = np.array([len(part) for part in tokens], dtype=np.int64)
    planted = any((chance < 1).any() for chance in chances)
    shard = Shard(
        np.concatenate(tokens),
        np.concatenate(labels),
        np.concatenate(weights),
        row_starts(lengths, row),
        np.concatenate(rivals) if planted else None,
        np.concatenate(chances) if planted else None,
    )
    return shard, dropped


def _mark(
    document: Document, ids: list[int], offsets: list[tuple[int, int]], index: dict[str, int], specials: set[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Emotion index and loss weight of each token, by the character where it ends."""
    bounds = np.array([span.end for span in document.spans])
    last = np.array([end - 1 for _, end in offsets], dtype=np.int64)
    which = np.minimum(np.searchsorted(bounds, last, side="right"), len(bounds) - 1)
    emotion = np.array([index[s.emotion] if s.emotion is not None else NO_EMOTION for s in document.spans])
    weight = np.array([span.weight for span in document.spans])
    return np.array(ids), emotion[which], weight[which]


def texts(documents: Iterable[Document]) -> Iterator[str]:
    """Only the text of documents."""
    for document in documents:
        yield document.text
