"""What charts are put together from: the title, zero and chance, the null's band, an interval, names by colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

import altair as alt
import pandas as pd

from emotion_core.charts.palette import CATEGORICAL, INK, NULL, NULL_OPACITY

Q: Final = ""  # a number as it comes, in a tooltip


def layered(layers: Sequence[alt.Chart], **words: Any) -> alt.LayerChart:
    """The finished chart of several layers, the last one in front; its words as those of `titled`."""
    return cast(alt.LayerChart, titled(alt.layer(*layers), **words))


def titled(chart: Any, *, title: str, subtitle: str = "", described: bool = False, **properties: Any) -> alt.Chart:
    """The finished chart.

    Args:
        chart: With its marks.
        title: What it shows, without a full stop.
        subtitle: What was measured, and how sure it is.
        described: Whether the title is also what a screen reader says.
        properties: Height, width, another description.
    """
    properties["title"] = alt.TitleParams(title, subtitle=subtitle or alt.Undefined, anchor="start")
    if described:
        properties["description"] = f"{title}."
    finished = chart.copy(deep=False)  # as `properties` does, which would validate each of them alone as well
    for name, value in properties.items():
        setattr(finished, name, value)
    return cast(alt.Chart, finished)


def tips(**columns: str | tuple[str, str]) -> list[alt.Tooltip]:
    """What a tooltip says: a name's words, or the words and the format of a number.

    Example:
        `tips(emotion="Emotion", r=("Correlation", "+.2f"), n=("Pairs", Q))`
    """
    return [
        alt.Tooltip(f"{column}:N", title=words)
        if isinstance(words, str)
        else alt.Tooltip(f"{column}:Q", title=words[0], format=words[1] or alt.Undefined)
        for column, words in columns.items()
    ]


def zero_line() -> alt.Chart:
    """No effect, across the chart."""
    return cast(alt.Chart, _at("y", 0).mark_rule(color=NULL, strokeDash=[3, 3]).encode(y=alt.Y("y:Q")))


def chance_line() -> alt.Chart:
    """An AUROC of .5, upright."""
    return cast(alt.Chart, _at("x", 0.5).mark_rule(color=NULL, strokeDash=[4, 3]).encode(x=alt.X("x:Q")))


def _at(axis: str, value: float) -> alt.Chart:
    return alt.Chart(pd.DataFrame({axis: [value]}))


def null_band(
    base: alt.Chart, title: str, low: str = "null_low", high: str = "null_high", known: str = "", **axis: Any
) -> alt.Chart:
    """Where what means nothing lies.

    Args:
        base: A chart with its horizontal axis.
        title: Of the vertical axis.
        low: Column of the lower edge.
        high: Column of the upper edge.
        known: Column that has to be known for a place to be drawn; none by default.
        axis: Further properties of the vertical axis.
    """
    drawn = base.transform_filter(f"isValid(datum.{known})") if known else base
    band = drawn.mark_area(color=NULL, opacity=NULL_OPACITY)
    return cast(alt.Chart, band.encode(y=alt.Y(f"{low}:Q", title=title, **axis), y2=f"{high}:Q"))


def between(low: str, high: str, form: str = ".2f", words: str = "95 % interval from") -> dict[str, tuple[str, str]]:
    """Both ends of an interval, for `tips`."""
    return {low: (words, form), high: ("to", form)}


def by_name(field: str, names: Sequence[str], colours: Sequence[str] = CATEGORICAL, **legend: Any) -> alt.Color:
    """A colour a name, with the legend beneath.

    Args:
        field: Column of the names.
        names: In the order of the legend.
        colours: One a name, or more.
        legend: Further properties of the legend.
    """
    scale = alt.Scale(domain=list(names), range=list(colours[: len(names)]))
    return alt.Color(f"{field}:N", scale=scale, legend=alt.Legend(orient="bottom", title=None, **legend))


def layer_axis(n_layers: int, field: str = "layer", most: int = 16) -> alt.X:
    """Layers from left to right, with room for the marks at both ends.

    Args:
        n_layers: Of the model.
        field: Column of the places.
        most: Numbers on the axis, about.
    """
    ticks = alt.Axis(values=list(range(0, n_layers, max(1, n_layers // most))), format="d")
    scale = alt.Scale(domain=[-0.4, n_layers - 0.6], nice=False)
    return alt.X(f"{field}:Q", title="Layer (output of the block)", scale=scale, axis=ticks)


def figures(base: alt.Chart, field: str, n: int, each: int = 30) -> alt.Chart:
    """The figures inside the cells of a matrix; where a cell is too narrow for its own, as on a phone, none.

    Args:
        base: The matrix.
        field: Column of the figures.
        n: Cells in a row.
        each: Pixels that a figure needs.
    """
    roomy = base.transform_filter(f"isValid(datum.{field}) && width > {each * n}").mark_text(fontSize=11)
    return cast(alt.Chart, roomy.encode(text=alt.Text(f"{field}:Q", format="+.1f"), color=alt.value(INK)))
