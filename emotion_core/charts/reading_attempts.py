"""Charts of a run of failing attempts: one trace from blue to red, with encouragement as a second one."""

from __future__ import annotations

from typing import cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.charts.diverging import INK
from emotion_core.charts.palette import CHOSEN, COOL, NULL, USABLE, WARM
from emotion_core.charts.reading import MOST_POINTS, smoothed
from emotion_core.reading.attempts import TRACES, AttemptsReading

_FULL = 3.0  # standard deviations with the full colour
_MIDDLE = "#b9b3a6"  # visible on light and dark grounds


def attempts_table(found: AttemptsReading) -> pd.DataFrame:
    """One row a token and trace: its attempt and its reading on every emotion."""
    parts = []
    for t, trace in enumerate(TRACES):
        rows = pd.DataFrame(
            {
                "trace": trace,
                "token": np.arange(len(found.tokens)),
                "text": list(found.tokens),
                "attempt": np.array(found.attempt) + 1,
            }
        )
        values = pd.DataFrame(found.values[t], columns=[f"{name} (SD)" for name in found.emotions])
        parts.append(pd.concat([rows, values], axis=1))
    return pd.concat(parts, ignore_index=True)


def means_table(found: AttemptsReading, emotion: str) -> pd.DataFrame:
    """One row an attempt: its mean without and with encouragement."""
    e = found.emotions.index(emotion)
    return pd.DataFrame(
        {
            "attempt": np.arange(1, found.means.shape[1] + 1),
            "plain": found.means[0, :, e],
            "encouraged": found.means[1, :, e],
            "difference": found.means[1, :, e] - found.means[0, :, e],
        }
    )


def attempts(found: AttemptsReading, emotion: str) -> alt.LayerChart:
    """The smoothed course over all attempts, coloured by its height; the encouraged one as a dashed line."""
    e = found.emotions.index(emotion)
    rows = pd.DataFrame(
        {
            "token": np.arange(len(found.tokens)),
            "text": list(found.tokens),
            "attempt": np.array(found.attempt) + 1,
            "plain": smoothed(found.values[0, :, e]),
            "encouraged": smoothed(found.values[1, :, e]),
        }
    )
    step = -(-len(rows) // MOST_POINTS)
    if step > 1:
        groups = rows.groupby(rows["token"] // step)
        means = groups[["plain", "encouraged"]].mean()
        rows = pd.DataFrame(
            {
                "token": groups["token"].first(),
                "text": groups["text"].agg("".join),
                "attempt": groups["attempt"].first(),
                **means,
            }
        )
    x = alt.X("token:Q", title="Token of the attempts", scale=alt.Scale(nice=False))
    base = alt.Chart(rows).encode(x=x)
    scale = alt.Scale(domain=[-_FULL, 0, _FULL], range=[COOL, _MIDDLE, WARM], clamp=True, interpolate="rgb")
    dots = base.mark_point(filled=True, size=34, opacity=1).encode(
        y=alt.Y("plain:Q", title="Reading (SD)"),
        color=alt.Color("plain:Q", scale=scale, legend=None),
        tooltip=[
            alt.Tooltip("text:N", title="Token"),
            alt.Tooltip("attempt:Q", title="Attempt"),
            alt.Tooltip("plain:Q", title="Reading", format="+.2f"),
            alt.Tooltip("encouraged:Q", title="Encouraged", format="+.2f"),
        ],
    )
    kind = base.mark_line(color=USABLE, strokeDash=[5, 3], strokeWidth=2).encode(y="encouraged:Q")
    starts = pd.DataFrame({"token": [found.attempt.index(i) for i in sorted(set(found.attempt))]})
    starts["label"] = [f"{i + 1}" for i in range(len(starts))]
    fences = alt.Chart(starts).mark_rule(color=NULL, opacity=0.5).encode(x="token:Q")
    numbers = (
        alt.Chart(starts).mark_text(align="left", dx=4, color=INK).encode(x="token:Q", y=alt.value(8), text="label:N")
    )
    layers = [fences, base.mark_line(color=NULL, strokeWidth=1).encode(y="plain:Q"), kind, dots, numbers]
    start, end = found.cheat
    if end > start:
        place = pd.DataFrame({"start": [start], "end": [end], "words": [found.cheat_words]})
        mark = alt.Chart(place).mark_rect(color=CHOSEN, opacity=0.3)
        layers.insert(
            0, mark.encode(x="start:Q", x2="end:Q", tooltip=[alt.Tooltip("words:N", title="The option to cheat")])
        )
    _, sentence = found.drift_of(emotion)
    title = alt.TitleParams(
        sentence.rstrip("."),
        subtitle=f"Layer {found.layer}; running means of seven tokens in SD of neutral tokens, from blue (less) "
        "to red (more); dashed green: with encouragement" + ("; violet: the cheat" if end > start else ""),
        anchor="start",
    )
    return cast(alt.LayerChart, alt.layer(*layers).properties(title=title, height=320))
