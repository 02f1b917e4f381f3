"""Charts on a page: title in words above, full width, a text alternative, and a selection paired with a widget."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import altair as alt
import streamlit as st

from emotion_core.charts.palette import ALTAIR_LOCK
from ui.plain import minus, plain

T = TypeVar("T")


def show_chart(
    chart: alt.TopLevelMixin, *, alt_text: str, key: str, select: str | None = None, titled: bool = True
) -> Any:
    """Shows a chart with its title as text, where it can wrap on a phone and be read aloud.

    Args:
        chart: As a chart function gives it, title included.
        alt_text: What is seen on it, in a sentence.
        key: Unique on the page.
        titled: Whether the title is shown; the subtitle always is.
        select: Name of the selection that reruns the page; None where the chart is only looked at.

    Returns:
        The selection, None without one.
    """
    bare = _title_as_text(chart, titled)
    bare.description = alt_text
    height = getattr(bare, "height", None)
    # A height that the page knows keeps its place before the chart is drawn, so that nothing below it jumps.
    size: dict[str, Any] = {"width": "stretch", "height": height if isinstance(height, int) else "content"}
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
