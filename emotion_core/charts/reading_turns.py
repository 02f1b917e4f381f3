"""Charts of conversations turn by turn."""

from __future__ import annotations

from typing import cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.charts.labels import capital
from emotion_core.charts.palette import COOL, NULL, WARM
from emotion_core.reading.conversation import ConversationReading

_ROLES = {"system": NULL, "user": COOL, "assistant": WARM}


def turn_table(found: ConversationReading, emotion: str) -> pd.DataFrame:
    """One row a turn."""
    e = found.tokens.emotions.index(emotion)
    return pd.DataFrame(
        {
            "turn": np.arange(1, len(found.dialogue.turns) + 1),
            "role": [turn.role for turn in found.dialogue.turns],
            "reading": found.turns[:, e],
            "before": found.before[:, e],
            "text": [turn.content[:160] for turn in found.dialogue.turns],
        }
    )


def turns(found: ConversationReading, emotion: str) -> alt.LayerChart:
    """Mean of each turn, a line for each role."""
    table = turn_table(found, emotion)
    shown = [role for role in _ROLES if role in set(table["role"])]
    colour = alt.Color(
        "role:N",
        scale=alt.Scale(domain=shown, range=[_ROLES[role] for role in shown]),
        legend=alt.Legend(orient="bottom", title=None),
    )
    base = alt.Chart(table).encode(
        x=alt.X("turn:Q", title="Turn", axis=alt.Axis(tickMinStep=1, format="d")), color=colour
    )
    line = base.mark_line(strokeWidth=2).encode(y=alt.Y("reading:Q", title="Mean reading (SD)"))
    dots = base.mark_point(filled=True, size=80, opacity=1).encode(
        y="reading:Q",
        shape=alt.Shape("role:N", legend=None),
        tooltip=[
            alt.Tooltip("turn:Q", title="Turn"),
            alt.Tooltip("role:N", title="Role"),
            alt.Tooltip("reading:Q", title="Mean reading", format="+.2f"),
            alt.Tooltip("before:Q", title="Just before it", format="+.2f"),
            alt.Tooltip("text:N", title="Text"),
        ],
    )
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=NULL, strokeDash=[3, 3]).encode(y="y:Q")
    e = found.tokens.emotions.index(emotion)
    _, sentence = found.drift_of(emotion)
    r = found.drift.spearman[e]
    rank = f"rank correlation with the turn {r:+.2f}" if np.isfinite(r) else "too few turns for a trend"
    title = alt.TitleParams(
        capital(sentence.rstrip(".")),
        subtitle=f"Layer {found.tokens.layer}, in standard deviations of neutral tokens; {rank}",
        anchor="start",
    )
    return cast(alt.LayerChart, alt.layer(zero, line, dots).properties(title=title, height=300))
