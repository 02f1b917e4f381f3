"""Charts of readings: the course over tokens, a heat map of emotions, turns of a conversation, doses."""

from __future__ import annotations

from typing import Any, cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.charts.palette import CATEGORICAL, CHOSEN, COOL, NULL, NULL_OPACITY, WARM
from emotion_core.reading.conversation import ConversationReading
from emotion_core.reading.dose import DoseReading
from emotion_core.reading.text import TokenReading
from emotion_core.tracing.activations import FloatArray

# More points than this are averaged: a chart with thousands of them is slow in a browser and shows no more.
MOST_POINTS = 400
_FULL = 3.0  # standard deviations with the full colour
_ROLES = {"system": NULL, "user": COOL, "assistant": WARM}


def smoothed(values: FloatArray, width: int = 7) -> FloatArray:
    """Centred running mean over `width` tokens, shorter at the ends; float32 [tokens]."""
    if len(values) < 2:
        return values
    kernel = np.ones(min(width, len(values)))
    sums = np.convolve(values, kernel, mode="same")
    counts = np.convolve(np.ones(len(values)), kernel, mode="same")
    result: FloatArray = (sums / counts).astype(np.float32)
    return result


def course_table(reading: TokenReading, emotion: str) -> pd.DataFrame:
    """One row a token, or a stretch of tokens where the text is long."""
    values = reading.of(emotion)
    table = pd.DataFrame(
        {
            "token": np.arange(len(values)),
            "text": list(reading.tokens),
            "reading": values,
            "smoothed": smoothed(values),
            "null_low": reading.band_low[:, 0],
            "null_high": reading.band_high[:, 0],
        }
    )
    step = -(-len(table) // MOST_POINTS)
    if step == 1:
        return table
    groups = table.groupby(table["token"] // step)
    means = groups[["reading", "smoothed", "null_low", "null_high"]].mean()
    return pd.DataFrame({"token": groups["token"].first(), "text": groups["text"].agg("".join), **means})


def course(reading: TokenReading, emotion: str, height: int = 240) -> alt.LayerChart:
    """One emotion along the text, raw and smoothed, over the band of random directions."""
    table = course_table(reading, emotion)
    x = alt.X("token:Q", title="Token", scale=alt.Scale(nice=False))
    base = alt.Chart(table).encode(x=x)
    band = base.mark_area(color=NULL, opacity=NULL_OPACITY).encode(
        y=alt.Y("null_low:Q", title="Reading (SD of neutral tokens)"), y2="null_high:Q"
    )
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=NULL, strokeDash=[3, 3]).encode(y="y:Q")
    raw = base.mark_line(color=CHOSEN, strokeWidth=1, opacity=0.45).encode(y="reading:Q")
    smooth = base.mark_line(color=CHOSEN, strokeWidth=2.5).encode(y="smoothed:Q")
    dots = base.mark_point(filled=True, size=28, opacity=0.9, color=CHOSEN).encode(
        y="reading:Q",
        tooltip=[
            alt.Tooltip("text:N", title="Token"),
            alt.Tooltip("reading:Q", title="Reading", format="+.2f"),
            alt.Tooltip("null_low:Q", title="Random directions from", format="+.2f"),
            alt.Tooltip("null_high:Q", title="to", format="+.2f"),
        ],
    )
    outside = float(((table["reading"] > table["null_high"]) | (table["reading"] < table["null_low"])).mean())
    title = alt.TitleParams(
        f"{emotion} leaves the range of random directions at {outside:.0%} of the tokens",
        subtitle=f"layer {reading.layers[0]}; {len(reading.tokens):,} tokens; bold: running mean of seven tokens",
        anchor="start",
    )
    return cast(alt.LayerChart, alt.layer(band, zero, raw, smooth, dots).properties(title=title, height=height))


def top_movers(reading: TokenReading, count: int = 12) -> list[str]:
    """Emotions with the largest smoothed reading anywhere, either way."""
    highest = [np.abs(smoothed(reading.values[:, 0, e])).max(initial=0.0) for e in range(len(reading.emotions))]
    return [reading.emotions[e] for e in np.argsort(-np.array(highest), kind="stable")[:count]]


def heat(reading: TokenReading, emotions: list[str]) -> alt.Chart:
    """Emotions by tokens, smoothed, cool to warm."""
    parts = []
    for emotion in emotions:
        table = course_table(reading, emotion)[["token", "text", "smoothed"]]
        parts.append(table.assign(emotion=emotion))
    scale = alt.Scale(domain=[-_FULL, 0, _FULL], range=[COOL, "#f1eee7", WARM], clamp=True)
    chart = alt.Chart(pd.concat(parts)).mark_rect()
    chart = chart.encode(
        x=alt.X("token:O", title="Token", axis=alt.Axis(labels=False, ticks=False)),
        y=alt.Y("emotion:N", title=None, sort=emotions),
        color=alt.Color("smoothed:Q", scale=scale, title="SD", legend=alt.Legend(orient="right", gradientLength=120)),
        tooltip=[
            alt.Tooltip("text:N", title="Token"),
            alt.Tooltip("emotion:N", title="Emotion"),
            alt.Tooltip("smoothed:Q", title="Reading", format="+.2f"),
        ],
    )
    title = alt.TitleParams(
        f"{emotions[0]} moves most along this text",
        subtitle="running means of seven tokens, in standard deviations of neutral tokens; the strongest emotions",
        anchor="start",
    )
    return cast(alt.Chart, chart.properties(title=title, height=24 * len(emotions) + 20))


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
    line = base.mark_line(strokeWidth=2).encode(y=alt.Y("reading:Q", title="Mean reading (SD of neutral tokens)"))
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
    r, p = found.drift.spearman[e], found.drift.p_value[e]
    moves = "drifts up" if r > 0 else "drifts down"
    text = f"{emotion} {moves} over the turns" if p < 0.05 else f"No drift of {emotion} beyond chance"
    rank = f"rank correlation with the turn {r:+.2f}, p = {p:.3f}" if np.isfinite(r) else "too few turns for a trend"
    title = alt.TitleParams(text, subtitle=f"layer {found.tokens.layers[0]}; {rank}", anchor="start")
    return cast(alt.LayerChart, alt.layer(zero, line, dots).properties(title=title, height=260))


def dose_table(found: DoseReading) -> pd.DataFrame:
    """One row an emotion: its correlation, p-values, range, and what was expected."""
    return pd.DataFrame(
        {
            "emotion": list(found.emotions),
            "spearman": found.trend.spearman,
            "p": found.trend.p_value,
            "q": found.trend.q_value,
            "range": found.ranges,
            "expected": [found.expected.get(name, "") for name in found.emotions],
            "outcome": [found.outcome(name) if name in found.expected else "" for name in found.emotions],
        }
    ).sort_values(["expected", "q", "range"], ascending=[False, True, False])


def dose(found: DoseReading, emotions: list[str], *, logarithmic: bool) -> alt.LayerChart:
    """Readings of some emotions against the number."""
    rows: list[dict[str, Any]] = []
    for emotion in emotions:
        e = found.emotions.index(emotion)
        rows += [
            {"x": x, "reading": float(value), "emotion": emotion}
            for x, value in zip(found.x, found.values[:, e], strict=True)
        ]
    scale = alt.Scale(type="log") if logarithmic else alt.Scale(nice=True)
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("x:Q", title="Number in the text", scale=scale),
        y=alt.Y("reading:Q", title="Reading (SD of neutral texts)"),
        color=alt.Color(
            "emotion:N",
            scale=alt.Scale(domain=emotions, range=list(CATEGORICAL[: len(emotions)])),
            legend=alt.Legend(orient="bottom", title=None),
        ),
    )
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(
        shape=alt.Shape("emotion:N", legend=None),
        tooltip=[
            alt.Tooltip("emotion:N", title="Emotion"),
            alt.Tooltip("x:Q", title="Number"),
            alt.Tooltip("reading:Q", title="Reading", format="+.2f"),
        ],
    )
    outcomes = [found.outcome(name) for name in found.expected]
    if outcomes:
        text = f"{outcomes.count('met')} of {len(outcomes)} expected rises and falls are met"
    else:
        moving = int(np.nansum((found.trend.q_value < 0.05) & (found.ranges >= 0.2)))
        text = f"{moving} of {len(found.emotions)} emotions go with the number beyond chance"
    title = alt.TitleParams(text, subtitle=f"layer {found.layer}; {len(found.x)} values", anchor="start")
    return cast(alt.LayerChart, alt.layer(base.mark_line(strokeWidth=1.5), dots).properties(title=title, height=280))
