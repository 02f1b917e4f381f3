"""Charts of readings token by token: the course along a text, and a heat map of emotions."""

from __future__ import annotations

from typing import cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.base.activations import FloatArray
from emotion_core.charts.diverging import diverging
from emotion_core.charts.labels import capital
from emotion_core.charts.palette import CHOSEN, NULL, NULL_OPACITY
from emotion_core.reading.text import TokenReading

# More points than this are averaged: a chart with thousands of them is slow in a browser and shows no more.
MOST_POINTS = 400
_FULL = 3.0  # standard deviations with the full colour


def smoothed(values: FloatArray, width: int = 7) -> FloatArray:
    """Centred running mean over `width` tokens, shorter at the ends; float32 [tokens]."""
    if len(values) < 2:
        return values
    kernel = np.ones(min(width, len(values)))
    sums = np.convolve(values, kernel, mode="same")
    counts = np.convolve(np.ones(len(values)), kernel, mode="same")
    result: FloatArray = (sums / counts).astype(np.float32)
    return result


def course_table(reading: TokenReading, emotion: str, most: int = MOST_POINTS) -> pd.DataFrame:
    """One row a token, or a stretch of tokens where the text is long: at most `most` rows."""
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
    step = -(-len(table) // most)
    if step == 1:
        return table
    groups = table.groupby(table["token"] // step)
    means = groups[["reading", "smoothed", "null_low", "null_high"]].mean()
    return pd.DataFrame({"token": groups["token"].first(), "text": groups["text"].agg("".join), **means})


def course(reading: TokenReading, emotion: str, height: int = 280) -> alt.LayerChart:
    """One emotion along the text, raw and smoothed, over the band of random directions."""
    table = course_table(reading, emotion)
    x = alt.X("token:Q", title="Token", scale=alt.Scale(nice=False))
    base = alt.Chart(table).encode(x=x)
    band = base.mark_area(color=NULL, opacity=NULL_OPACITY).encode(
        y=alt.Y("null_low:Q", title="Reading (SD)"), y2="null_high:Q"
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
        f"{capital(emotion)} leaves the range of random directions at {outside:.0%} of the tokens",
        subtitle=f"Layer {reading.layers[0]}; {len(reading.tokens):,} tokens, in standard deviations of neutral "
        "tokens; bold: running mean of seven tokens",
        anchor="start",
    )
    return cast(alt.LayerChart, alt.layer(band, zero, raw, smooth, dots).properties(title=title, height=height))


def top_movers(reading: TokenReading, count: int = 12) -> list[str]:
    """Emotions with the largest smoothed reading anywhere, either way."""
    highest = [np.abs(smoothed(reading.values[:, 0, e])).max(initial=0.0) for e in range(len(reading.emotions))]
    return [reading.emotions[e] for e in np.argsort(-np.array(highest), kind="stable")[:count]]


def heat_table(reading: TokenReading, emotions: list[str]) -> pd.DataFrame:
    """One row an emotion and token, or stretch of tokens of a long text: the smoothed reading that the map shows."""
    tables = [course_table(reading, emotion, MOST_POINTS // 2).assign(emotion=emotion) for emotion in emotions]
    return pd.concat(tables, ignore_index=True)[["emotion", "token", "text", "smoothed"]]


def heat(reading: TokenReading, emotions: list[str]) -> alt.Chart:
    """Emotions by tokens, smoothed, cool to warm."""
    chart = alt.Chart(heat_table(reading, emotions)).mark_rect()
    chart = chart.encode(
        x=alt.X("token:O", title="Token", axis=alt.Axis(labels=False, ticks=False)),
        y=alt.Y("emotion:N", title=None, sort=emotions),
        color=alt.Color(
            "smoothed:Q", scale=diverging(_FULL), title="SD", legend=alt.Legend(orient="right", gradientLength=120)
        ),
        tooltip=[
            alt.Tooltip("text:N", title="Token"),
            alt.Tooltip("emotion:N", title="Emotion"),
            alt.Tooltip("smoothed:Q", title="Reading", format="+.2f"),
        ],
    )
    title = alt.TitleParams(
        f"{capital(emotions[0])} moves most along this text",
        subtitle="Running means of seven tokens, in standard deviations of neutral tokens; the strongest emotions",
        anchor="start",
    )
    return cast(alt.Chart, chart.properties(title=title, height=24 * len(emotions) + 20))


def layer_heat(reading: TokenReading, emotion: str) -> alt.Chart:
    """One emotion at all layers along the text, cool to warm; a long text in stretches."""
    e = reading.emotions.index(emotion)
    values = reading.values[:, :, e]  # (tokens, layers)
    step = -(-len(values) // (MOST_POINTS // 2))
    rows = []
    for start in range(0, len(values), step):
        text, means = "".join(reading.tokens[start : start + step]), values[start : start + step].mean(axis=0)
        rows += [
            {"token": start, "text": text, "layer": layer, "reading": float(mean)}
            for layer, mean in zip(reading.layers, means, strict=True)
        ]
    chart = alt.Chart(pd.DataFrame(rows)).mark_rect()
    chart = chart.encode(
        x=alt.X("token:O", title="Token", axis=alt.Axis(labels=False, ticks=False)),
        y=alt.Y("layer:O", title="Layer", sort="descending"),
        color=alt.Color(
            "reading:Q", scale=diverging(_FULL), title="SD", legend=alt.Legend(orient="right", gradientLength=120)
        ),
        tooltip=[
            alt.Tooltip("text:N", title="Token"),
            alt.Tooltip("layer:O", title="Layer"),
            alt.Tooltip("reading:Q", title="Reading", format="+.2f"),
        ],
    )
    outside = (values > reading.band_high) | (values < reading.band_low)
    strongest = reading.layers[int(outside.mean(axis=0).argmax())]
    title = alt.TitleParams(
        f"{capital(emotion)} leaves the range of random directions most often at layer {strongest}",
        subtitle=f"{outside.mean(axis=0).max():.0%} of the tokens there; each layer in standard deviations of its own "
        "neutral tokens" + (f"; means of {step} tokens" if step > 1 else ""),
        anchor="start",
    )
    return cast(alt.Chart, chart.properties(title=title, height=26 * len(reading.layers) + 50))
