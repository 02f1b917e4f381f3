"""Charts as files to take along."""

from __future__ import annotations

import io
import threading
from typing import Any, Literal

import altair as alt
import pandas as pd
import vl_convert

_EXPORT_WIDTH = 640
_EXPORT_HEIGHT = 340

# What Altair does with a chart's data is a setting of the whole process, which Streamlit changes while it draws.
# Whoever turns a chart into a document holds this lock, so that a download never gets the data of another chart.
ALTAIR_LOCK = threading.Lock()


def chart_bytes(chart: alt.TopLevelMixin, kind: Literal["png", "svg"]) -> bytes:
    """A chart as a PNG (twice the pixels, for print and slides) or an SVG, on white."""
    with ALTAIR_LOCK, alt.data_transformers.enable("default", max_rows=None):
        spec = _sized(chart.to_dict())
    if kind == "png":
        return bytes(vl_convert.vegalite_to_png(spec, scale=2.0))
    return str(vl_convert.vegalite_to_svg(spec)).encode()


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
