"""A text that was read token by token: coloured tokens, the course of one emotion, the strongest of all."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts import reading as charts
from emotion_core.charts.reading import token_table
from emotion_core.reading.text import TokenReading
from ui.charts import show_chart
from ui.downloads import downloads
from ui.read.strip import reading_strip
from ui.verdict import shows


def text_result(found: TokenReading, emotion: str) -> None:
    """Everything about one text."""
    if found.n_windows > 1:
        st.caption(
            f"{len(found.tokens):,} tokens are more than the model takes at once: read in {found.n_windows} windows, "
            "each token with at least half a context before it."
        )
    one = found.single
    reading_strip(one, emotion, key="text")
    chart = charts.course(one, emotion)
    show_chart(chart, alt_text=f"{emotion} along the text; the table has the same.", key="course")
    shows(
        "How far each token lies along the direction, compared with neutral texts at the same place in a text. The "
        "grey band holds 95 % of random directions at that token.",
        "That a single token outside the band means something: of a hundred, five are outside by chance. Look for "
        "stretches.",
    )
    downloads(f"reading-{emotion}", chart=chart, table=lambda: token_table(one), key="course", parquet=True)
    if len(found.layers) > 1:
        layers = charts.layer_heat(found, emotion)
        show_chart(layers, alt_text=f"{emotion} along the text at every layer", key="layers")
        downloads(
            f"reading-{emotion}-layers", chart=layers, table=lambda: token_table(found), key="layers", parquet=True
        )
        shows(
            "Where in the model the direction shows along the text: each layer beside its own neutral tokens, so that "
            "deep layers, which have longer vectors, do not look stronger.",
            "That the strongest layer is the one that matters to what is written: steering tests that. Of many cells "
            "some are far out by chance.",
        )
    if len(found.emotions) > 1:
        movers = charts.top_movers(one)
        heat = charts.heat(one, movers)
        show_chart(heat, alt_text="Readings of the strongest emotions along the text", key="heat")
        downloads("reading-heat", chart=heat, table=lambda: charts.heat_table(one, movers), key="heat", parquet=True)
        shows(
            "The emotions that move most along this text, each in standard deviations of neutral tokens.",
            "That each moves by itself: directions that are alike rise together, and these are the strongest of "
            f"{len(found.emotions)}.",
        )
