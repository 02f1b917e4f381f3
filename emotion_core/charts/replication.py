"""The chart of a row of the replication table: points with intervals, lines over layers, or a scatter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.base.activations import FloatArray
from emotion_core.charts.palette import CATEGORICAL, CHOSEN, NULL, NULL_OPACITY

# A figure as plain values, so that results can hold one and be stored: `charts.replication` draws it.


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


def figure_table(figure: Figure) -> pd.DataFrame:
    """One row a mark."""
    table = pd.DataFrame(
        {
            "name": list(figure.names),
            "series": list(figure.series),
            "x": figure.x,
            "y": figure.y,
            "low": figure.low,
            "high": figure.high,
        }
    )
    return table.replace([np.inf, -np.inf], np.nan)


def figure_chart(figure: Figure) -> alt.LayerChart:
    """The figure of a row; a grey band is the middle 95 % of its null."""
    table = figure_table(figure)
    series = list(dict.fromkeys(figure.series))
    colour: Any = alt.value(CHOSEN)
    if len(series) > 1:
        scale = alt.Scale(domain=series, range=list(CATEGORICAL[: len(series)]))
        colour = alt.Color("series:N", title=None, scale=scale, legend=alt.Legend(orient="top", labelLimit=240))
    drawn = {"points": _points, "lines": _lines, "scatter": _scatter}[figure.kind](figure, table, colour)
    title = alt.TitleParams(figure.title, anchor="start")
    if np.isfinite(figure.null_low):
        title.subtitle = "Grey: the middle 95 % of the null"
    # Title, legend and axis are a part of the height.
    height = 24 * len(dict.fromkeys(figure.names)) + 130 if figure.kind == "points" else 300
    return cast(alt.LayerChart, alt.layer(*_null(figure), *drawn).properties(title=title, height=height))


def _null(figure: Figure) -> list[alt.Chart]:
    if not np.isfinite(figure.null_low):
        return []
    ends = pd.DataFrame({"low": [figure.null_low], "high": [figure.null_high]})
    band = alt.Chart(ends).mark_rect(color=NULL, opacity=NULL_OPACITY)
    if figure.kind == "points":
        return [band.encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"))]
    return [band.encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q"))]


def _points(figure: Figure, table: pd.DataFrame, colour: Any) -> list[alt.Chart]:
    base = alt.Chart(table).encode(
        y=alt.Y("name:N", sort=list(dict.fromkeys(figure.names)), title=figure.y_title or None),
        tooltip=["name:N", "series:N", alt.Tooltip("x:Q", format="+.3f", title=figure.x_title)],
    )
    x = alt.X("x:Q", title=figure.x_title, scale=alt.Scale(zero=False))
    intervals = (
        base.transform_filter("isValid(datum.low)")
        .mark_rule()
        .encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"), color=colour)
    )
    return [intervals, base.mark_point(filled=True, size=70, opacity=0.9).encode(x=x, color=colour)]


def _lines(figure: Figure, table: pd.DataFrame, colour: Any) -> list[alt.Chart]:
    base = alt.Chart(table).encode(x=alt.X("x:Q", title=figure.x_title, axis=alt.Axis(tickMinStep=1)))
    y = alt.Y("y:Q", title=figure.y_title)
    ribbon = (
        base.transform_filter("isValid(datum.low)")
        .mark_area(opacity=0.15)
        .encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q"), color=colour)
    )
    tooltip = ["series:N", "x:Q", alt.Tooltip("y:Q", format="+.3f")]
    return [ribbon, base.mark_line(point=True).encode(y=y, color=colour, tooltip=tooltip)]


def _scatter(figure: Figure, table: pd.DataFrame, colour: Any) -> list[alt.Chart]:
    points = alt.Chart(table).mark_point(filled=True, size=45, opacity=0.75)
    return [
        points.encode(
            x=alt.X("x:Q", title=figure.x_title, scale=alt.Scale(zero=False)),
            y=alt.Y("y:Q", title=figure.y_title, scale=alt.Scale(zero=False)),
            color=colour,
            tooltip=["name:N", "series:N", alt.Tooltip("x:Q", format="+.2f"), alt.Tooltip("y:Q", format="+.2f")],
        )
    ]
