"""A sentence's emotions as bars."""

from __future__ import annotations

from typing import cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.charts.palette import COOL, INK, WARM
from emotion_core.reading.sentence import Ranking


def ranking_table(found: Ranking) -> pd.DataFrame:
    """One row an emotion: its mean reading, and the lines of the highest and lowest of as many random directions."""
    return pd.DataFrame(
        {
            "emotion": list(found.emotions),
            "mean": found.means,
            "lowest_random": np.full(len(found.means), found.lowest),
            "highest_random": np.full(len(found.means), found.highest),
        }
    )


def ranking_chart(found: Ranking) -> alt.LayerChart:
    """Bars of the emotions at both ends, with the line that the highest of as many random directions stays below."""
    table = ranking_table(found)
    names = list(found.emotions)
    base = alt.Chart(table).encode(
        y=alt.Y("emotion:N", sort=names, title=None, axis=alt.Axis(labelLimit=140, labelOverlap=False)),
        tooltip=["emotion:N", alt.Tooltip("mean:Q", format="+.2f", title="mean, SD of neutral tokens")],
    )
    colour = alt.condition("datum.mean > 0", alt.value(WARM), alt.value(COOL))
    bars = base.mark_bar(height=12).encode(
        x=alt.X("mean:Q", title="Mean over the tokens, SD of neutral tokens", axis=alt.Axis(tickCount=7)), color=colour
    )
    lines = pd.DataFrame({"x": [found.lowest, found.highest]})
    rules = alt.Chart(lines).mark_rule(strokeWidth=1.5, strokeDash=[5, 3], opacity=0.7, color=INK).encode(x="x:Q")
    title = f"Of {found.of} emotions it reads highest on {names[0]} and {names[1]}" if len(names) > 1 else names[0]
    titled = alt.layer(bars, rules).properties(
        height=28 * len(names) + 60,
        title=alt.TitleParams(
            title,
            subtitle=f"Dashed: the highest and the lowest of {found.of} random directions on the same words stay "
            "inside in 95 of 100 draws",
            anchor="start",
        ),
    )
    return cast(alt.LayerChart, titled)
