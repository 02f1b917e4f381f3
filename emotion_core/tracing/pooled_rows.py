"""Where pooled rows are gathered while texts are read: the arrays of the result itself, so that nothing lies twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emotion_core.base.activations import Activations, ModelInfo, ReadingPosition
from emotion_core.base.cache import ActivationCache, CachedRow

# Rows fetched from the cache at a time: what is on its way from the file is all that exists beside the result.
_AT_A_TIME = 500


class Rows:
    """One row a text, filled in any order.

    Args:
        n: Texts.
        depth: Layers.
        width: Of the residual stream.
    """

    def __init__(self, n: int, depth: int, width: int) -> None:
        self._depth, self._width = depth, width
        self._values = np.empty((n, 1 + depth, width), dtype=np.float32)  # row 0 is the input of block 0
        self._token_norms = np.empty((n, depth), dtype=np.float32)
        self._n_tokens = np.zeros(n, dtype=np.int64)
        self._filled = np.zeros(n, dtype=bool)

    @property
    def n_filled(self) -> int:
        """Rows that are there."""
        return int(self._filled.sum())

    def missing(self) -> list[int]:
        """Rows that are not there yet."""
        return [int(i) for i in np.flatnonzero(~self._filled)]

    def fill(self, index: Sequence[int], rows: Sequence[CachedRow]) -> None:
        """Takes rows over."""
        for i, row in zip(index, rows, strict=True):
            self._values[i], self._token_norms[i], self._n_tokens[i] = row.values, row.token_norms, row.n_tokens
            self._filled[i] = True

    def fill_from(self, cache: ActivationCache, keys: Sequence[str]) -> None:
        """Takes over every row that a cache has under its key."""
        for begin in range(0, len(keys), _AT_A_TIME):
            found = cache.get_many(keys[begin : begin + _AT_A_TIME], self._depth, self._width)
            self.fill([begin + i for i in found], list(found.values()))

    def activations(
        self, model: ModelInfo, reading: ReadingPosition, texts: Sequence[str], unique: Sequence[str]
    ) -> Activations:
        """The rows as activations of texts; a copy is made only where a text comes twice.

        Args:
            model: That was read.
            reading: Where.
            texts: As asked for.
            unique: The texts of the rows.
        """
        values, norms, n_tokens = self._values, self._token_norms, self._n_tokens
        if len(unique) != len(texts):
            place = {text: i for i, text in enumerate(unique)}
            index = [place[text] for text in texts]
            values, norms, n_tokens = values[index], norms[index], n_tokens[index]
        return Activations(model, reading, tuple(texts), values[:, 1:], values[:, 0], norms, n_tokens)
