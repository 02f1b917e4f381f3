"""A figure: its chart, what it shows and does not, its verdict, and its downloads."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, Literal, TypeVar

import altair as alt
import pandas as pd
import streamlit as st
from altair.utils.schemapi import disable_debug_mode

from emotion_core.charts.palette import ALTAIR_LOCK, chart_bytes, parquet_bytes, table_bytes
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.evaluation.verdict import Verdict, kind_of
from ui.plain import minus, plain

# Altair would validate every part of a chart when it is made. What a page shows comes from functions whose charts the
# tests validate.
disable_debug_mode()

# Charts on a page: title in words above, full width, a text alternative, and a selection paired with a widget.

T = TypeVar("T")


def show_chart(
    chart: alt.TopLevelMixin, *, alt_text: str = "", key: str, select: str | None = None, titled: bool = True
) -> Any:
    """Shows a chart with its title as text, where it can wrap on a phone and be read aloud.

    Args:
        chart: As a chart function gives it, title included.
        alt_text: What is seen on it, in a sentence; by default the chart's own description.
        key: Unique on the page.
        titled: Whether the title is shown; the subtitle always is.
        select: Name of the selection that reruns the page; None where the chart is only looked at.

    Returns:
        The selection, None without one.
    """
    bare = _title_as_text(chart, titled)
    bare.description = alt_text or getattr(chart, "description", "")
    height = getattr(bare, "height", None)
    # A height that the page knows keeps its place before the chart is drawn, so that nothing below it jumps.
    size: dict[str, Any] = {"width": "stretch", "height": height if isinstance(height, int) else "content"}
    # Streamlit would hold the whole chart against the schema of Vega-Lite at every click, which takes as long as making
    # it and which the tests of the charts do. An attribute set in the usual way would become a part of the chart.
    object.__setattr__(bare, "to_dict", partial(bare.to_dict, validate=False))
    with ALTAIR_LOCK:
        if select is None:
            st.altair_chart(bare, **size, key=key)
            return None
        event = st.altair_chart(bare, **size, key=key, on_select="rerun", selection_mode=[select])
    return event.selection.get(select)


def picked(selection: Any, field: str) -> str | None:
    """The value of a field in a point selection, None where nothing is selected."""
    for point in selection or []:
        if field in point:
            return str(point[field])
    return None


def new_click(clicked: T | None, key: str) -> T | None:
    """What was clicked just now; None where the selection is one that was acted on before.

    Charts and tables keep their selection over reruns, so without this a click would undo every later choice.

    Args:
        clicked: The present selection.
        key: Of the chart or table.
    """
    seen = f"last click on {key}"
    fresh = clicked if clicked != st.session_state.get(seen) else None
    st.session_state[seen] = clicked
    return fresh


def show_clickable(chart: alt.TopLevelMixin, field: str, *, select: str, alt_text: str = "", key: str) -> str | None:
    """Shows a chart whose points can be chosen; what was clicked just now, None where nothing was.

    Args:
        chart: As in `show_chart`.
        field: Whose value is wanted of a point.
        select: As in `show_chart`.
        alt_text: As in `show_chart`.
        key: As in `show_chart`.
    """
    return new_click(picked(show_chart(chart, alt_text=alt_text, key=key, select=select), field), key)


def _title_as_text(chart: alt.TopLevelMixin, titled: bool) -> alt.TopLevelMixin:
    title = getattr(chart, "title", alt.Undefined)
    if title is alt.Undefined or title is None:
        return chart.copy(deep=False)
    text, subtitle = (title.text, title.subtitle) if isinstance(title, alt.TitleParams) else (title, alt.Undefined)
    if titled:
        st.markdown(f"**{plain(minus(_joined(text)))}**")
    if subtitle is not alt.Undefined and subtitle:
        st.caption(plain(minus(_joined(subtitle))))
    bare = chart.copy(deep=False)
    bare.title = alt.Undefined
    return bare


def _joined(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else " ".join(text)


# Verdicts: a mark that is told apart by its shape, with a word beside it, before any figure.

Mark = Literal["evidence", "cannot be told", "explained", "not tested", "no evidence"]

# Half full: more than chance. The lower half: nothing says that it is more than a rival, nothing that it is not.
_SIGNS: dict[Mark, str] = {
    "evidence": "●",
    "cannot be told": "◒",
    "explained": "◐",
    "not tested": "◌",
    "no evidence": "○",
}


def verdict(mark: Mark, sentence: str, *, word: str = "", key: str) -> None:
    """Shows a verdict.

    Args:
        mark: Filled circle, one of two half circles, dotted circle, or empty circle.
        sentence: What was found, in words; may hold names given by the visitor.
        word: Instead of the mark's own word, such as "explained by vocabulary".
        key: Unique on the page.
    """
    with st.container(key=f"verdict-{mark.replace(' ', '-')}-{key}"):
        st.markdown(f"{_SIGNS[mark]} **{plain(word or mark)}** · {plain(minus(sentence))}")


def scored_verdict(found: Verdict, sentence: str = "", *, key: str) -> None:
    """Shows the verdict of held-out scores.

    Args:
        found: The verdict.
        sentence: Instead of its own reason.
        key: Unique on the page.
    """
    marked(found.word, sentence or found.reason, key=key)


def marked(word: str, sentence: str, *, key: str) -> None:
    """Shows a claim by the word of its verdict.

    Args:
        word: Such as "evidence" or "explained by vocabulary"; its sign is that of its kind.
        sentence: The claim with its figures.
        key: Unique on the page.
    """
    verdict(kind_of(word), sentence, word=word, key=key)


def emotion_verdict(scores: HeldOutScores, emotion: str, *, key: str) -> None:
    """The verdict of one emotion with the numbers behind it."""
    found = scores.verdicts[scores.emotions.index(emotion)]
    older = "" if scores.gaps else " Scored before leads over rivals had intervals; score it again to have them."
    scored_verdict(found, f"{emotion}: {found.reason}{older}", key=key)


def shows(what: str, what_not: str) -> None:
    """The two lines under a figure: what it shows, and what it does not."""
    st.caption(f"**What this shows.** {what}  \n**What it does not.** {what_not}")


# What a visitor takes along: tables, charts, vector files. Made at the click, so nobody waits for files they skip.

_SOURCE: ContextVar[str] = ContextVar("where the figures on the page are from", default="")


@contextmanager
def figures_from(source: str) -> Iterator[None]:
    """Has the pictures that are offered inside say where they are from; see `charts.palette.origin`."""
    token = _SOURCE.set(source)
    try:
        yield
    finally:
        _SOURCE.reset(token)


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
    chart: alt.TopLevelMixin | Callable[[], alt.TopLevelMixin] | None = None,
    table: pd.DataFrame | Callable[[], pd.DataFrame] | None = None,
    key: str,
    parquet: bool = False,
    notes: Sequence[str] = (),
) -> None:
    """The usual row under a figure: PNG, SVG and the numbers as CSV.

    A picture says where it is from (`figures_from`), since it is shown where this page is not.

    Args:
        name: File name without an ending.
        chart: The figure; a function where it is not the one that is shown.
        table: The numbers behind it; a function where making them takes a while.
        key: Unique on the page.
        parquet: Whether the numbers are offered as parquet too.
        notes: What the picture says under its title besides, such as the verdict.
    """
    said = [minus(line) for line in (*notes, _SOURCE.get()) if line]
    with st.container(horizontal=True, key=f"downloads-{key}"):
        if chart is not None:
            for ending, mime in (("png", "image/png"), ("svg", "image/svg+xml")):
                download(
                    ending.upper(),
                    lambda ending=ending: chart_bytes(chart() if callable(chart) else chart, ending, said),
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
