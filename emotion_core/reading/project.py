"""Projections of a text of any length, window by window, so that memory is bounded by what is kept of a window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import FloatArray
from emotion_core.base.jobs import Job, Progress
from emotion_core.models.encode import Encoding
from emotion_core.models.loaded import LoadedModel
from emotion_core.reading.baseline import Baseline
from emotion_core.tracing.record import project_layers
from emotion_core.vectors.estimate import IntArray


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


Array = npt.NDArray[np.float64]
T = TypeVar("T")
# Windows that are projected together.
AT_ONCE = 4


def read_windows(
    model: LoadedModel, baseline: Baseline, encoding: Encoding, take: Callable[[FloatArray, FloatArray], T]
) -> Job[list[T]]:
    """Reads a text on all directions of a baseline, as a job, and keeps what `take` makes of each window.

    Args:
        model: The model.
        baseline: Directions and zero points.
        encoding: The text.
        take: Gets the projections of a window's own tokens and the same standardised, both float32
            [tokens, layers, emotions + random]; a token's position is that in its window.
    """
    found: list[T] = []
    parts = windows(len(encoding), model.info.context)
    for first in range(0, len(parts), AT_ONCE):
        group = parts[first : first + AT_ONCE]
        cuts = [Encoding(encoding.ids[one.start : one.end], encoding.content[one.start : one.end]) for one in group]
        projected = yield from project_layers(model, cuts, baseline.by_layer)
        for one, rows in zip(group, projected, strict=True):
            own = one.first_kept - one.start
            found.append(take(rows[own:], baseline.tokens(rows)[own:]))
        if len(parts) > 1:
            yield Progress(len(found), len(parts), "reading windows")
    return found


class GroupMeans:
    """Means over groups of tokens on all directions, summed window by window: no token's controls are kept.

    Args:
        groups: int64 [tokens], the group of each token of the text, -1 for none.
        count: Number of groups.
    """

    def __init__(self, groups: IntArray, count: int) -> None:
        self._groups, self._count, self._at = groups, count, 0
        self._sums: Array | None = None

    def add(self, values: FloatArray) -> None:
        """The next tokens of the text, float32 [tokens, directions]."""
        groups = self._groups[self._at : self._at + len(values)]
        self._at += len(values)
        if self._sums is None:
            self._sums = np.zeros((self._count, values.shape[1]))
        for group in np.unique(groups[groups >= 0]):
            self._sums[group] += values[groups == group].sum(axis=0, dtype=np.float64)

    @property
    def means(self) -> Array:
        """float64 [groups, directions]; nan for a group without tokens."""
        if self._sums is None:
            raise AssertionError("no token was added")
        sizes = np.bincount(self._groups[self._groups >= 0], minlength=self._count)[:, None]
        means: Array = np.where(sizes > 0, self._sums / np.maximum(1, sizes), np.nan)
        return means
