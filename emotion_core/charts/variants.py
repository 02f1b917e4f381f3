"""The table of estimators and reading positions, and its chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import altair as alt
import pandas as pd

from emotion_core.charts.palette import CHOSEN, INK, NULL, POSITIVE
from emotion_core.evaluation.variants import Variant, differing
from emotion_core.vectors.settings import ESTIMATOR_WORDS

_POOLING_WORDS = {
    "mean": "mean of tokens",
    "last_content": "last token of the text",
    "last": "last token of all",
    "answer": "where the answer begins",
}


def variant_table(rows: Sequence[Variant], emotion: str) -> pd.DataFrame:
    """One row a way of making the vector of one emotion."""
    return pd.DataFrame(
        [
            {
                "shown": one.shown,
                "estimator": ESTIMATOR_WORDS[one.estimator],
                "neutral": "projected out" if one.neutral_projection else "as it is",
                "reading": reading_words(one.reading),
                "layer": one.layer,
                "cohens_d": one.cohens_d,
                "d_low": one.d_low,
                "d_high": one.d_high,
                "auroc": one.auroc,
                "auroc_low": one.auroc_low,
                "auroc_high": one.auroc_high,
                "cosine": one.cosine,
                "split_half": one.split_half,
            }
            for one in rows
            if one.emotion == emotion
        ]
    )


def reading_words(key: str) -> str:
    """A reading position in words, from `ReadingPosition.key`."""
    pooling, start, template, *rest = key.split(":")
    words = _POOLING_WORDS[pooling] + (f" from token {start}" if start != "0" else "")
    words += " with the first one" if pooling == "mean" and start == "0" and not rest else ""
    return words + (", in the chat template" if template == "chat" else "")


def variant_chart(rows: Sequence[Variant], emotion: str) -> alt.LayerChart:
    """Held-out AUROC of every way with its interval; the one shown on the page is ringed.

    Args:
        rows: Of all emotions.
        emotion: The one that is drawn.
    """
    own = [one for one in rows if one.emotion == emotion]
    table = variant_table(own, emotion).dropna(subset=["auroc"])
    plain = table["neutral"] == "as it is"
    table["way"] = table["estimator"] + ["" if one else ", neutral out" for one in plain] + ", " + table["reading"]
    names = table["way"].tolist()
    # Names stand above their marks, inside the plot: beside it they would leave a phone no room for the plot.
    table["name_at"] = 0.0
    base = alt.Chart(table).encode(
        y=alt.Y("way:N", sort=names, title=None, axis=None),
        tooltip=[
            alt.Tooltip("way:N", title="Way"),
            alt.Tooltip("layer:Q", title="Layer"),
            alt.Tooltip("cohens_d:Q", title="Cohen's d", format=".2f"),
            alt.Tooltip("auroc:Q", title="AUROC", format=".2f"),
            alt.Tooltip("cosine:Q", title="Cosine", format=".2f"),
        ],
    )
    scale = alt.Scale(domain=[0, 1])
    x = alt.X("auroc_low:Q", title="Held-out AUROC (0.5 is chance)", scale=scale)
    bars = base.mark_rule(color=POSITIVE, strokeWidth=2, opacity=0.7).encode(x=x, x2="auroc_high:Q")
    dots = base.mark_point(filled=True, color=POSITIVE, size=70, opacity=1).encode(x=alt.X("auroc:Q", scale=scale))
    ring = base.transform_filter("datum.shown").mark_point(size=240, strokeWidth=2.5, color=CHOSEN, opacity=1)
    ring = ring.encode(x=alt.X("auroc:Q", scale=scale))
    chance = alt.Chart(pd.DataFrame({"x": [0.5]})).mark_rule(strokeDash=[4, 3], color=NULL).encode(x="x:Q")
    words = base.mark_text(align="left", dx=2, dy=-11, fontSize=11, color=INK)
    words = words.encode(x=alt.X("name_at:Q", scale=scale), text="way:N")
    text = differing(own)
    title = alt.TitleParams(
        text,
        subtitle="Each at the layer that its own training texts chose; ring: the vectors of this page",
        anchor="start",
    )
    chart = alt.layer(chance, bars, dots, ring, words).properties(title=title, height=50 + 36 * len(table))
    return cast(alt.LayerChart, chart.properties(description=f"{text}."))
