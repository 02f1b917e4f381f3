"""Charts of system prompts compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.charts.labels import capital
from emotion_core.charts.palette import CATEGORICAL, NULL, NULL_OPACITY
from emotion_core.reading.priors import PriorsReading


def priors_table(found: PriorsReading, emotions: Sequence[str] | None = None) -> pd.DataFrame:
    """One row a system prompt, emotion and turn: difference from the first one, its interval and the null band."""
    parts = []
    for s in range(1, len(found.names)):
        for emotion in emotions or found.emotions:
            mean, low, high = found.differences(s, emotion)
            parts.append(
                pd.DataFrame(
                    {
                        "system": found.names[s],
                        "emotion": emotion,
                        "turn": np.arange(1, len(mean) + 1),
                        "difference": mean,
                        "low": low,
                        "high": high,
                        "null_low": found.null_by_turn[s - 1, :, 0],
                        "null_high": found.null_by_turn[s - 1, :, 1],
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def turn_means(found: PriorsReading) -> pd.DataFrame:
    """One row a system prompt, conversation and turn: the mean reading on every emotion."""
    rows = []
    for s, name in enumerate(found.names):
        for c, roles in enumerate(found.roles):
            rows += [
                {"system": name, "conversation": c + 1, "turn": t + 1, "role": role}
                | {f"{e} (SD)": float(v) for e, v in zip(found.emotions, found.means[s, c, t], strict=True)}
                for t, role in enumerate(roles)
            ]
    return pd.DataFrame(rows)


def lasting_table(found: PriorsReading, emotion: str) -> pd.DataFrame:
    """One row a system prompt: the difference in the last third of the turns."""
    rows = []
    for s in range(1, len(found.names)):
        late = found.lasting(s, emotion)
        rows.append({"system": found.names[s], **late._asdict()})
    return pd.DataFrame(rows)


def priors(found: PriorsReading, emotion: str) -> alt.LayerChart:
    """Difference from the first system prompt by turn, with intervals over conversations and the null band."""
    table = priors_table(found, [emotion]).dropna(subset=["difference"])
    names = list(found.names[1:])
    bands = table.groupby("turn", as_index=False).agg(null_low=("null_low", "min"), null_high=("null_high", "max"))
    x = alt.X("turn:Q", title="Turn", axis=alt.Axis(tickMinStep=1, format="d"))
    y = alt.Y("difference:Q", title="Difference (SD)")
    colour = alt.Color(
        "system:N",
        scale=alt.Scale(domain=names, range=list(CATEGORICAL[: len(names)])),
        legend=alt.Legend(orient="bottom", title=None, columns=2, symbolOpacity=1),
    )
    band = alt.Chart(bands).mark_area(color=NULL, opacity=NULL_OPACITY)
    base = alt.Chart(table).encode(x=x, color=colour)
    interval = base.mark_area(opacity=0.15).encode(y=alt.Y("low:Q", title="Difference (SD)"), y2="high:Q")
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(
        y=y,
        shape=alt.Shape("system:N", legend=None),
        tooltip=[
            alt.Tooltip("system:N", title="System prompt"),
            alt.Tooltip("turn:Q", title="Turn"),
            alt.Tooltip("difference:Q", title="Difference", format="+.2f"),
            alt.Tooltip("low:Q", title="95 % from", format="+.2f"),
            alt.Tooltip("high:Q", title="to", format="+.2f"),
        ],
    )
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=NULL, strokeDash=[3, 3]).encode(y="y:Q")
    lasting = [name for s, name in enumerate(names, start=1) if found.lasting(s, emotion).lasts]
    title = alt.TitleParams(
        f"{capital(emotion)} under {', '.join(lasting)} still differs in the last third of the turns"
        if lasting
        else f"No lasting difference of {emotion} beyond chance",
        subtitle=f"Difference from {found.names[0]}; layer {found.layer}; shaded: 95 % over {len(found.roles)} "
        "conversations; grey: random directions",
        anchor="start",
    )
    layers = [
        band.encode(x=x, y=alt.Y("null_low:Q", title="Difference (SD)"), y2="null_high:Q"),
        zero,
        interval,
        base.mark_line(strokeWidth=2).encode(y=y),
        dots,
    ]
    return cast(alt.LayerChart, alt.layer(*layers).properties(title=title, height=320))
