"""What a visitor takes along: tables, charts, vector files. Made at the click, so nobody waits for files they skip."""

from __future__ import annotations

import json
from collections.abc import Callable

import altair as alt
import pandas as pd
import streamlit as st

from emotion_core.charts.palette import chart_bytes, parquet_bytes, table_bytes

Data = bytes | str | Callable[[], bytes]


def download(label: str, data: Data, file_name: str, mime: str, *, key: str) -> None:
    """One download button that does not rerun the page."""
    st.download_button(label, data, file_name, mime, key=key, on_click="ignore", icon=":material/download:")


def json_download(label: str, document: Callable[[], object], file_name: str, *, key: str) -> None:
    """A download of what `to_json` gives; a NaN in it would be a defect, so it is not let out."""

    def data() -> bytes:
        return json.dumps(document(), ensure_ascii=False, allow_nan=False).encode()

    download(label, data, file_name, "application/json", key=key)


def downloads(
    name: str,
    *,
    chart: alt.TopLevelMixin | None = None,
    table: pd.DataFrame | Callable[[], pd.DataFrame] | None = None,
    key: str,
    parquet: bool = False,
) -> None:
    """The usual row under a figure: PNG, SVG and the numbers as CSV.

    Args:
        name: File name without an ending.
        chart: The figure.
        table: The numbers behind it; a function where making them takes a while.
        key: Unique on the page.
        parquet: Whether the numbers are offered as parquet too.
    """
    with st.container(horizontal=True, key=f"downloads-{key}"):
        if chart is not None:
            for ending, mime in (("png", "image/png"), ("svg", "image/svg+xml")):
                download(
                    ending.upper(),
                    lambda ending=ending: chart_bytes(chart, ending),
                    f"{name}.{ending}",
                    mime,
                    key=f"{key}-{ending}",
                )
        if table is not None:
            made = table if callable(table) else lambda: table
            download("CSV", lambda: table_bytes(made()), f"{name}.csv", "text/csv", key=f"{key}-csv")
            if parquet:
                download(
                    "Parquet",
                    lambda: parquet_bytes(made()),
                    f"{name}.parquet",
                    "application/vnd.apache.parquet",
                    key=f"{key}-parquet",
                )
