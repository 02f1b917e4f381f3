"""A sentence's emotions as bars."""

from __future__ import annotations

from typing import cast

import altair as alt
import pandas as pd

from emotion_core.charts.diverging import INK
from emotion_core.charts.palette import COOL, WARM


def ranking_chart(table: pd.DataFrame, emotions: int) -> alt.LayerChart:
    """Bars of `reading.ranking.ranking`, with their intervals.

    Args:
        table: Columns `emotion`, `mean`, `low`, `high`.
        emotions: How many emotions were ranked, for the title.
    """
    names = list(table["emotion"])
    base = alt.Chart(table).encode(
        y=alt.Y("emotion:N", sort=names, title=None, axis=alt.Axis(labelLimit=140, labelOverlap=False)),
        tooltip=["emotion:N", alt.Tooltip("mean:Q", format="+.2f", title="mean, SD of neutral tokens")],
    )
    colour = alt.condition("datum.mean > 0", alt.value(WARM), alt.value(COOL))
    bars = base.mark_bar(height=12).encode(
        x=alt.X("mean:Q", title="Mean over the tokens, SD of neutral tokens", axis=alt.Axis(tickCount=7))
    )
    rules = base.transform_filter("isValid(datum.low)").mark_rule(strokeWidth=1.5, opacity=0.6, color=INK)
    chart = alt.layer(bars.encode(color=colour), rules.encode(x="low:Q", x2="high:Q"))
    title = f"Of {emotions} emotions it reads highest on {names[0]} and {names[1]}" if len(names) > 1 else names[0]
    titled = chart.properties(
        height=28 * len(names) + 60,
        title=alt.TitleParams(title, subtitle="Lines: 95 % interval over the tokens", anchor="start"),
    )
    return cast(alt.LayerChart, titled)
