"""A token of a conversation by layer."""

from __future__ import annotations

from typing import cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.charts.palette import CATEGORICAL, CHOSEN, NULL
from emotion_core.reading.talk import Talk

_MOST = 5  # emotions drawn at once


def by_layer_table(talk: Talk, reply: int, token: int) -> pd.DataFrame:
    """One row a layer and emotion."""
    values = talk.replies[reply].values[token]  # (layers, emotions)
    return pd.DataFrame(
        {
            "layer": np.repeat(np.array(talk.layers), len(talk.emotions)),
            "emotion": list(talk.emotions) * len(talk.layers),
            "reading": values.reshape(-1),
        }
    )


def by_layer_chart(talk: Talk, reply: int, token: int, emotion: str) -> alt.LayerChart:
    """The strongest emotions of a token at every layer, the chosen one among them."""
    table = by_layer_table(talk, reply, token)
    at = table[table["layer"] == talk.layer]
    strongest = at.reindex(at["reading"].abs().sort_values(ascending=False).index)["emotion"].tolist()
    shown = list(dict.fromkeys([emotion, *strongest]))[:_MOST]
    colour = alt.Color(
        "emotion:N",
        scale=alt.Scale(domain=shown, range=list(CATEGORICAL[: len(shown)])),
        legend=alt.Legend(orient="bottom", title=None),
    )
    line = (
        alt.Chart(table[table["emotion"].isin(shown)])
        .mark_line(point=True)
        .encode(
            x=alt.X("layer:Q", title="Layer", axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y("reading:Q", title="Reading (SD)"),
            color=colour,
            tooltip=["layer:Q", "emotion:N", alt.Tooltip("reading:Q", format="+.2f")],
        )
    )
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=NULL, strokeDash=[3, 3]).encode(y="y:Q")
    here = alt.Chart(pd.DataFrame({"x": [talk.layer]})).mark_rule(color=CHOSEN, strokeDash=[4, 4]).encode(x="x:Q")
    spelled = talk.replies[reply].tokens[token].strip() or "this token"
    words = f"Readings of “{spelled}” by layer; the line marks layer {talk.layer}, which colours the text"
    title = alt.TitleParams(words, anchor="start")
    chart = alt.layer(zero, here, line).properties(title=title, height=240, description=words)
    return cast(alt.LayerChart, chart)
