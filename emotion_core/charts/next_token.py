"""The dose-response at the next token: what steering does before any text is sampled."""

from __future__ import annotations

from typing import Any, cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.charts.palette import COOL, NULL, NULL_OPACITY, WARM
from emotion_core.numbers import finite
from emotion_core.steering.finding import signed
from emotion_core.steering.next_token import NextTokenDose

_AXIS_EXTENT = 48


def next_token_table(dose: NextTokenDose) -> pd.DataFrame:
    """One row a strength: change in nats, the band of random directions, divergence, and where it stands."""
    return pd.DataFrame(
        [
            {
                "strength": strength,
                "change": finite(change),
                "null_low": finite(low),
                "null_high": finite(high),
                "divergence": finite(nats),
                "verdict": _verdict(float(change), float(low), float(high)),
            }
            for strength, change, (low, high), nats in zip(
                dose.strengths, dose.change, dose.band, dose.divergence, strict=True
            )
        ]
    )


def next_token_sentence(dose: NextTokenDose) -> str:
    """What the curve shows, from its numbers alone."""
    emotion, table = dose.settings.emotion, next_token_table(dose)
    broken = [signed(s) for s in table.loc[table["verdict"] == "broken", "strength"]]
    tail = f" At {', '.join(broken)} the model's numbers are not finite." if broken else ""
    outside = table.loc[table["verdict"] == "beyond chance", "strength"]
    if not np.isfinite(dose.band).any():
        return f"With fewer than 3 random directions there is no range to compare {emotion} with.{tail}"
    if outside.empty:
        return f"Nowhere does {emotion} move its own tokens further than random directions do.{tail}"
    return (
        f"At {len(outside)} of {len(table) - 1} strengths {emotion} moves its own tokens beyond random directions, "
        f"from {signed(float(outside.min()))} to {signed(float(outside.max()))}.{tail}"
    )


def next_token_chart(dose: NextTokenDose) -> alt.LayerChart:
    """Change of the direction's own tokens at each strength, over the band of random directions."""
    base = alt.Chart(next_token_table(dose)).encode(x=_x(dose))
    band = base.transform_filter("isValid(datum.null_low)").mark_area(color=NULL, opacity=NULL_OPACITY)
    y = alt.Y("null_low:Q", title="Change of log-probability (nats)", axis=alt.Axis(minExtent=_AXIS_EXTENT))
    band = band.encode(y=y, y2="null_high:Q")
    valid = base.transform_filter("isValid(datum.change)")
    line = valid.mark_line(color=NULL, strokeWidth=1.5).encode(y="change:Q")
    domain = {"beyond chance": WARM, "inside the range of chance": COOL}
    colour = alt.Color(
        "verdict:N",
        scale=alt.Scale(domain=list(domain), range=list(domain.values())),
        legend=alt.Legend(orient="bottom", title=None),
    )
    dots = valid.mark_point(filled=True, size=45, opacity=1).encode(
        y="change:Q",
        color=colour,
        shape=alt.Shape("verdict:N", scale=alt.Scale(domain=list(domain), range=["circle", "diamond"])),
        tooltip=_tooltip(),
    )
    title = alt.TitleParams(
        next_token_sentence(dose),
        subtitle=(
            f"Layer {dose.layer}, {len(dose.settings.prompts)} prompts; grey: where 95 % of random directions fall, "
            f"from {dose.settings.controls} of them, at each strength for itself"
        ),
        anchor="start",
    )
    return cast(alt.LayerChart, alt.layer(band, line, dots).properties(title=title, height=320))


def divergence_chart(dose: NextTokenDose) -> alt.Chart:
    """How far the whole next-token distribution has moved at each strength."""
    table = next_token_table(dose)
    known = table[["strength", "divergence"]].dropna().itertuples(index=False, name=None)
    most, at = max(((float(nats), float(strength)) for strength, nats in known), default=(0.0, 0.0))
    title = alt.TitleParams(
        f"The whole distribution moves most at {signed(at)}: {most:.2f} nats" if most else "No divergence is known",
        subtitle="Divergence of the next-token distribution from the unsteered one, mean over the prompts",
        anchor="start",
    )
    base = alt.Chart(table).transform_filter("isValid(datum.divergence)")
    y = alt.Y("divergence:Q", title="Divergence (nats)", axis=alt.Axis(minExtent=_AXIS_EXTENT))
    chart = base.mark_line(color=COOL, point=alt.OverlayMarkDef(color=COOL, size=30))
    return cast(alt.Chart, chart.encode(x=_x(dose), y=y, tooltip=_tooltip()).properties(height=170, title=title))


def _x(dose: NextTokenDose) -> alt.X:
    low, high = dose.strengths[0], dose.strengths[-1]
    unit = "fraction of the residual norm" if dose.settings.unit == "fraction" else "multiples of the unit direction"
    scale = alt.Scale(domain=[low, high] if high > low else [low - 1, high + 1], nice=False)
    return alt.X("strength:Q", title=f"Strength ({unit})", scale=scale)


def _tooltip() -> list[Any]:
    return [
        alt.Tooltip("strength:Q", title="Strength", format="+.3~f"),
        alt.Tooltip("change:Q", title="Change (nats)", format="+.2f"),
        alt.Tooltip("null_low:Q", title="Random directions from", format="+.2f"),
        alt.Tooltip("null_high:Q", title="to", format="+.2f"),
        alt.Tooltip("divergence:Q", title="Divergence (nats)", format=".2f"),
        alt.Tooltip("verdict:N", title="Verdict"),
    ]


def _verdict(change: float, low: float, high: float) -> str:
    if not np.isfinite(change):
        return "broken"
    if not np.isfinite([low, high]).all():
        return "no range to compare with"
    return "inside the range of chance" if low <= change <= high else "beyond chance"
