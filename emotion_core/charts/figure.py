"""A figure as plain values, so that results can hold one and be stored: `charts.replication` draws it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from emotion_core.base.activations import FloatArray


@dataclass(frozen=True)
class Figure:
    """A chart of a row, one entry a mark.

    Attributes:
        title: What it shows.
        kind: `points` with intervals by name, `lines` over x, or a `scatter` of x and y.
        x_title: Of the horizontal axis.
        y_title: Of the vertical axis, with its unit.
        names: One a mark: the word, prompt or pair it stands for.
        series: One a mark.
        x: float32 [marks].
        y: float32 [marks].
        low: float32 [marks], lower end of an interval; nan where there is none.
        high: float32 [marks].
        null_low: Where the null's middle 95 % begin; nan where it is not drawn.
        null_high: Where they end.
    """

    title: str
    kind: Literal["points", "lines", "scatter"]
    x_title: str
    y_title: str
    names: tuple[str, ...]
    series: tuple[str, ...]
    x: FloatArray
    y: FloatArray
    low: FloatArray
    high: FloatArray
    null_low: float = math.nan
    null_high: float = math.nan


def marks(
    kind: Literal["points", "lines", "scatter"],
    title: str,
    axes: tuple[str, str],
    rows: Sequence[tuple[str, str, float, float]],
    ends: Sequence[tuple[float, float]] = (),
    null: tuple[float, float] = (math.nan, math.nan),
) -> Figure:
    """A chart from rows of (name, series, x, y).

    Args:
        kind: See `Figure`.
        title: What it shows.
        axes: Titles of x and y.
        rows: One a mark.
        ends: Interval of each mark; none by default.
        null: Band of the null.
    """
    x, y = (np.array([row[k] for row in rows], np.float32) for k in (2, 3))
    low, high = (np.array([end[k] for end in ends] or [math.nan] * len(rows), np.float32) for k in (0, 1))
    names, series = (tuple(str(row[k]) for row in rows) for k in (0, 1))
    return Figure(title, kind, axes[0], axes[1], names, series, x, y, low, high, *null)
