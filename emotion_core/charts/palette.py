"""The colours of all charts. Chosen to be told apart by colour-blind people and to read on light and dark grounds."""

from __future__ import annotations

import io
import textwrap
import threading
from collections.abc import Sequence
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd
import vl_convert

from emotion_core.stats.separation import Array

# Readings and effects diverge around 0, from cool to warm.
WARM = "#c8503f"
COOL = "#3b7cb5"

# The two sides of a prompt set.
POSITIVE = "#d9822b"
NEGATIVE = "#3b7cb5"

# Null bands and control directions are this grey everywhere, and nothing else is.
NULL = "#8b8f96"
NULL_OPACITY = 0.28

# The chosen layer, the chosen emotion.
CHOSEN = "#8a6fc0"

# The usable window.
USABLE = "#3a9a78"

# Selected emotions, at most eight, in this order.
CATEGORICAL = ("#3b7cb5", "#d9822b", "#3a9a78", "#b9577f", "#8a6fc0", "#a8873a", "#5b8a99", "#c8503f")


# What is written on the cells of a heat map: dark on a bright page, bright on a dark one.
INK = alt.ExprRef("luminance(background) < 0.35 ? '#f3f3f1' : '#1c1d20'")


def diverging(reach: float, middle: float = 0.0) -> alt.Scale:
    """Cool below the middle, warm above it, and more transparent the nearer to it.

    A middle colour would be a bright patch on a dark page, or a dark one on a bright page.

    Args:
        reach: Distance from the middle with the full colour, either way; larger ones keep it.
        middle: Value that has no colour.
    """
    near = reach * 1e-6
    steps = (-reach, -near, near, reach)
    return alt.Scale(
        domain=[middle + step for step in steps],
        range=[COOL, _clear(COOL), _clear(WARM), WARM],
        clamp=True,
        interpolate="rgb",
    )


def _clear(colour: str) -> str:
    """The same colour, fully transparent."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0)"


# Pixels of a plot on a desk and on a phone; on a larger one names only get more room.
WIDE, NARROW = (480.0, 380.0), (265.0, 380.0)
# Room around the points, in shares of their span: names stand beside theirs, most of them to the right.
_ACROSS, _DOWN = (0.1, 0.17), (0.06, 0.06)
RIGHT, LEFT, UNNAMED = 1, -1, 0
_LETTER, _LINE, _GAP, _DOT = 6.2, 13.0, 8.0, 5.0  # pixels


def capital(text: str) -> str:
    """A text that begins a title: its first letter large, the others as they are."""
    return text[:1].upper() + text[1:]


def span(values: Array, *, across: bool) -> list[float]:
    """The domain of an axis with room for dots and names; a scale that is drawn with it must not be made "nice".

    Args:
        values: float64 [points].
        across: Whether it is the horizontal axis.
    """
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    before, after = _ACROSS if across else _DOWN
    size = high - low or 1.0
    return [low - before * size, high + after * size]


def name_layers(base: alt.Chart, text: str, **mark: Any) -> list[alt.Chart]:
    """The chosen names as two layers, those to the right and those to the left of their points.

    Which choice fits is a filter: the browser knows the width, Python does not.

    Args:
        base: A chart of a table that `choose_names` was given, with both axes.
        text: Column of the names.
        mark: Further properties of the text.
    """
    chosen = f"(width < {WIDE[0] * 0.95:g} ? datum.named_narrow : datum.named)"
    right = base.transform_filter(f"{chosen} == {RIGHT}").mark_text(align="left", dx=_GAP, color=INK, **mark)
    left = base.transform_filter(f"{chosen} == {LEFT}").mark_text(align="right", dx=-_GAP, color=INK, **mark)
    return [right.encode(text=alt.Text(f"{text}:N")), left.encode(text=alt.Text(f"{text}:N"))]


def choose_names(table: pd.DataFrame, x: str, y: str, names: Sequence[str], always: Sequence[str] = ()) -> None:
    """Adds the columns `named` and `named_narrow`, which `name_layers` chooses from.

    Args:
        table: One row a point.
        x: Column on the horizontal axis.
        y: Column on the vertical axis.
        names: One a point.
        always: Names that are written whatever they cover.
    """
    across, down = table[x].to_numpy(float), -table[y].to_numpy(float)
    table["named"] = readable(across, down, names, always)
    table["named_narrow"] = readable(across, down, names, always, NARROW)


def readable(
    x: Array, y: Array, names: Sequence[str], always: Sequence[str] = (), plot: tuple[float, float] = WIDE
) -> list[int]:
    """Chooses names that cover neither each other nor a point: first those asked for, then from the outside in.

    Args:
        x: float64 [points].
        y: float64 [points], downwards.
        names: One a point.
        always: Names that are written whatever they cover.
        plot: Width and height in pixels.

    Returns:
        For each name on which side of its point it is written: `RIGHT`, `LEFT` or `UNNAMED`.
    """
    across, down = _scaled(x, plot[0], across=True), _scaled(y, plot[1], across=False)
    outside = -np.hypot((across - plot[0] / 2) / plot[0], (down - plot[1] / 2) / plot[1])
    order = sorted(range(len(names)), key=lambda i: (names[i] not in always, outside[i]))
    dots = [(across[i] - _DOT, down[i] - _DOT, across[i] + _DOT, down[i] + _DOT) for i in range(len(names))]
    boxes: list[tuple[float, float, float, float]] = []
    chosen = [UNNAMED] * len(names)
    for i in order:
        top, long = down[i] - _LINE / 2, _GAP + _LETTER * len(names[i])
        right = (across[i] + _GAP, top, across[i] + long, top + _LINE)
        left = (across[i] - long, top, across[i] - _GAP, top + _LINE)
        others = boxes + dots[:i] + dots[i + 1 :]
        for side, box in ((RIGHT, right), (LEFT, left)):
            inside = box[0] >= 0 and box[2] <= plot[0]
            if inside and not any(_overlap(box, other) for other in others):
                chosen[i] = side
                boxes.append(box)
                break
        else:
            if names[i] in always:
                chosen[i] = RIGHT
                boxes.append(right)
    return chosen


def _scaled(values: Array, size: float, *, across: bool) -> Array:
    low, high = span(values, across=across)
    scaled: Array = (values - low) / (high - low) * size
    return scaled


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


# Charts as files to take along.

_EXPORT_WIDTH = 640
_EXPORT_HEIGHT = 340
_TITLE_LETTER, _NOTE_LETTER = 6.6, 5.2  # mean widths of a letter in Vega's title and subtitle

# What Altair does with a chart's data is a setting of the whole process, which Streamlit changes while it draws.
# Whoever turns a chart into a document holds this lock, so that a download never gets the data of another chart.
ALTAIR_LOCK = threading.Lock()


def chart_bytes(chart: alt.TopLevelMixin, kind: Literal["png", "svg"], notes: Sequence[str] = ()) -> bytes:
    """A chart as a PNG (twice the pixels, for print and slides) or an SVG, on white.

    Args:
        chart: The chart.
        kind: Of the file.
        notes: Lines under its title with which the picture stands alone: what was found, and where it is from.
    """
    with ALTAIR_LOCK, alt.data_transformers.enable("default", max_rows=None):
        spec = _sized(chart.to_dict())
    if any(notes):
        spec["title"] = _noted(spec, notes)
    if kind == "png":
        return bytes(vl_convert.vegalite_to_png(spec, scale=2.0))
    return str(vl_convert.vegalite_to_svg(spec)).encode()


def _noted(spec: dict[str, Any], notes: Sequence[str]) -> dict[str, Any]:
    """The title of a chart's document with further lines under it, none longer than the chart is wide."""
    title = spec.get("title") or ""
    title = dict(title) if isinstance(title, dict) else {"text": title}
    wide = spec["width"] if isinstance(spec.get("width"), int) else _EXPORT_WIDTH
    lines = [title.pop("subtitle", []), list(notes)]
    said = [line for part in lines for line in ([part] if isinstance(part, str) else part) if line]
    head = [title["text"]] if isinstance(title["text"], str) else title["text"]
    head = [short for line in head for short in textwrap.wrap(line, int(wide / _TITLE_LETTER))]
    below = [short for line in said for short in textwrap.wrap(line, int(wide / _NOTE_LETTER))]
    return {**title, "text": head, "subtitle": below, "anchor": "start", "frame": "group", "subtitlePadding": 6}


def table_bytes(table: pd.DataFrame) -> bytes:
    """A table as CSV that a spreadsheet shows and does not run.

    A text that begins with = + - @ is a formula to a spreadsheet, and texts here come from visitors and models: such a
    cell gets an apostrophe in front, unless it is a number.
    """
    safe = table.rename(columns=lambda name: _neutral(str(name)))
    for i in range(safe.shape[1]):
        if not pd.api.types.is_numeric_dtype(safe.dtypes.iloc[i]):
            safe.isetitem(i, [_neutral(cell) if isinstance(cell, str) else cell for cell in safe.iloc[:, i]])
    stream = io.StringIO()
    safe.to_csv(stream, index=False)
    return stream.getvalue().encode()


def parquet_bytes(table: pd.DataFrame) -> bytes:
    """A table as parquet: types and texts exactly as they are."""
    stream = io.BytesIO()
    table.to_parquet(stream, index=False)
    return stream.getvalue()


# The last four are the wide forms, which spreadsheets of some countries take for the narrow ones.
_FORMULA = ("=", "+", "-", "@", "\t", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def _neutral(cell: str) -> str:
    cell = cell.replace("\r\n", "\n").replace("\r", "\n")  # a bare one ends the row for some readers
    if cell.lstrip("\n")[:1] not in _FORMULA:
        return cell
    try:
        float(cell)
    except ValueError:
        return "'" + cell
    return cell


def _sized(spec: dict[str, Any]) -> dict[str, Any]:
    """On a page a chart takes the width it gets; in a file it needs one of its own."""
    spec = {**spec, "background": "white"}
    if "hconcat" not in spec and "vconcat" not in spec:
        if spec.get("width") in (None, "container"):
            spec["width"] = _EXPORT_WIDTH
        if spec.get("height") in (None, "container"):
            spec["height"] = _EXPORT_HEIGHT
    return spec
