"""Charts on a page: the title is text, and the place is kept before the chart is drawn."""

from typing import Any

import altair as alt
import pandas as pd
import pytest
import streamlit as st

from ui.figure import show_chart


def test_a_known_height_is_kept_and_the_title_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[alt.TopLevelMixin, dict[str, Any]]] = []
    said: list[str] = []
    monkeypatch.setattr(st, "altair_chart", lambda chart, **size: drawn.append((chart, size)))
    monkeypatch.setattr(st, "markdown", said.append)
    bars = alt.Chart(pd.DataFrame({"x": [1]})).mark_bar().encode(x="x:Q")
    show_chart(bars.properties(height=230, title="It moves by -0.50"), alt_text="Bars", key="one")
    show_chart(alt.hconcat(bars, bars), alt_text="Two", key="two")
    (one, size), (_, other) = drawn
    assert said == [r"**It moves by −0\.50**"] and one.description == "Bars" and one.title is alt.Undefined
    assert size["height"] == 230 and other["height"] == "content"
