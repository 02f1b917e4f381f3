"""Charts of a check-up: what else a vector lights up for, and how many rows it needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import cast

import altair as alt
import pandas as pd

from emotion_core.charts.palette import COOL, NEGATIVE, NULL, POSITIVE, WARM
from emotion_core.evaluation.confounds import ConfoundScore
from emotion_core.evaluation.sample_size import SizePoint, enough


def confound_table(confounds: Sequence[ConfoundScore]) -> pd.DataFrame:
    """One row a vector and contrast."""
    table = pd.DataFrame([asdict(one) for one in confounds])
    table["verdict"] = [_word(one) for one in confounds]
    return table


def confound_chart(confounds: Sequence[ConfoundScore], emotion: str) -> alt.LayerChart:
    """AUROC of one vector on each contrast that is not its emotion, with its interval.

    Args:
        confounds: Of all vectors.
        emotion: The one that is drawn.
    """
    own = [one for one in confounds if one.emotion == emotion]
    verdicts = ["lights up", "turns away", "does not see it"]
    table = confound_table(own)
    base = alt.Chart(table).encode(
        y=alt.Y("contrast:N", title=None, sort=None, axis=alt.Axis(labelLimit=180, labelOverlap=False)),
        color=alt.Color(
            "verdict:N",
            scale=alt.Scale(domain=verdicts, range=[WARM, COOL, NEGATIVE]),
            legend=alt.Legend(orient="bottom", title=None),
        ),
        tooltip=[
            alt.Tooltip("contrast:N", title="Contrast"),
            alt.Tooltip("auroc:Q", title="AUROC", format=".2f"),
            alt.Tooltip("low:Q", title="95 % interval from", format=".2f"),
            alt.Tooltip("high:Q", title="to", format=".2f"),
            alt.Tooltip("n:Q", title="Pairs"),
        ],
    )
    scale = alt.Scale(domain=[0, 1])
    bars = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title="AUROC (0.5 is chance)", scale=scale), x2="high:Q"
    )
    shapes = alt.Scale(domain=verdicts, range=["circle", "triangle-down", "diamond"])
    dots = base.mark_point(filled=True, size=90, opacity=1)
    dots = dots.encode(x="auroc:Q", shape=alt.Shape("verdict:N", scale=shapes, title=None))
    chance = alt.Chart(pd.DataFrame({"x": [0.5]})).mark_rule(strokeDash=[4, 3], color=NULL).encode(x="x:Q")
    lit = [one.contrast for one in own if one.lights_up]
    away = [one.contrast for one in own if one.turns_away]
    found = [f"also sees {_listed(lit)}"] * bool(lit) + [f"turns away from {_listed(away)}"] * bool(away)
    text = f"The {emotion} direction " + (" and ".join(found) or "sees none of these")
    title = alt.TitleParams(
        text, subtitle=f"Pairs that differ in something that is not {emotion}; 95 % intervals", anchor="start"
    )
    chart = alt.layer(chance, bars, dots).properties(title=title, height=240, description=f"{text}.")
    return cast(alt.LayerChart, chart)


def size_table(points: Sequence[SizePoint]) -> pd.DataFrame:
    """One row a size."""
    return pd.DataFrame([asdict(one) for one in points])


def size_chart(points: Sequence[SizePoint], unit: str) -> alt.LayerChart:
    """How close the vector from fewer rows comes to the full one.

    Args:
        points: The curve.
        unit: What is counted, `pairs` or `texts of each emotion`.
    """
    base = alt.Chart(size_table(points)).encode(x=alt.X("n:Q", title=f"Training {unit}", scale=alt.Scale(zero=True)))
    band = base.mark_area(color=POSITIVE, opacity=0.18)
    y = alt.Y("cosine_low:Q", title="Cosine with the full one", scale=alt.Scale(domain=[0, 1], clamp=True))
    band = band.encode(y=y, y2="cosine_high:Q")
    line = base.mark_line(color=POSITIVE, point=alt.OverlayMarkDef(color=POSITIVE, size=50))
    line = line.encode(
        y="cosine_to_full:Q",
        tooltip=[
            alt.Tooltip("n:Q", title=unit.capitalize()),
            alt.Tooltip("cosine_to_full:Q", title="Cosine", format=".2f"),
            alt.Tooltip("auroc:Q", title="Held-out AUROC", format=".2f"),
        ],
    )
    found = enough(points)
    if found is None:
        text = "More rows would still turn the direction"
    else:
        text = f"{found} {unit} already give nearly the same direction"
    title = alt.TitleParams(
        text, subtitle="Random parts of the training rows; band: 5th to 95th percentile", anchor="start"
    )
    return cast(alt.LayerChart, alt.layer(band, line).properties(title=title, height=240, description=f"{text}."))


def _word(one: ConfoundScore) -> str:
    if one.turns_away:
        return "turns away"
    return "lights up" if one.lights_up else "does not see it"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
