"""One's own separation by depth beside a published one."""

from __future__ import annotations

from typing import cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.charts.palette import NEGATIVE, NULL, NULL_OPACITY, POSITIVE
from emotion_core.evaluation.report import PublishedStudy
from emotion_core.evaluation.scores import HeldOutScores


def beside_published(scores: HeldOutScores, emotion: str, study: PublishedStudy) -> pd.DataFrame:
    """A row a layer of both models, with the interval and the band of shuffled labels where they are known.

    Columns: `model`, `layer`, `depth` (0 first layer, 1 last), `cohens_d`, `d_low`, `d_high`, `null_d_low`,
    `null_d_high`.
    """
    at = scores.emotions.index(emotion)
    rows = [
        {
            "model": f"{scores.model.name} (computed here)",
            "layer": layer,
            "depth": _depth(layer, scores.n_layers),
            "cohens_d": float(scores.cohens_d[at, layer]),
            "d_low": float(scores.d_low[at, layer]),
            "d_high": float(scores.d_high[at, layer]),
            "null_d_low": float(scores.null_d_low[at, layer]),
            "null_d_high": float(scores.null_d_high[at, layer]),
        }
        for layer in range(scores.n_layers)
    ]
    rows += [
        {
            "model": f"{study.model} (as published)",
            "layer": layer,
            "depth": _depth(layer, len(study.cohens_d)),
            "cohens_d": value,
            **dict.fromkeys(("d_low", "d_high", "null_d_low", "null_d_high"), np.nan),
        }
        for layer, value in enumerate(study.cohens_d)
    ]
    return pd.DataFrame(rows)


def published_chart(scores: HeldOutScores, emotion: str, study: PublishedStudy) -> alt.LayerChart:
    """Both lines over relative depth; interval and band where they are known, which is only for ours."""
    table = beside_published(scores, emotion, study)
    names = list(dict.fromkeys(table["model"]))
    axis = alt.Axis(grid=False, values=[0, 0.25, 0.5, 0.75, 1], format=".2f")
    base = alt.Chart(table).encode(x=alt.X("depth:Q", title="Depth (0 first layer, 1 last)", axis=axis))
    ours = base.transform_filter(alt.datum.model == names[0])
    band = ours.mark_area(color=NULL, opacity=NULL_OPACITY).encode(
        y=alt.Y("null_d_low:Q", title="Cohen's d on held-out texts"), y2="null_d_high:Q"
    )
    interval = ours.transform_filter("isValid(datum.d_low)").mark_rule(color=POSITIVE, opacity=0.7)
    interval = interval.encode(y="d_low:Q", y2="d_high:Q")
    colour = alt.Color(
        "model:N",
        title=None,
        scale=alt.Scale(domain=names, range=[POSITIVE, NEGATIVE]),
        legend=alt.Legend(orient="bottom", columns=1, labelLimit=300),
    )
    shape = alt.Shape("model:N", title=None, scale=alt.Scale(domain=names, range=["circle", "square"]), legend=None)
    line = base.mark_line(strokeWidth=2).encode(y="cohens_d:Q", color=colour)
    tooltip = ["model:N", "layer:Q", alt.Tooltip("cohens_d:Q", title="Cohen's d", format=".2f")]
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(
        y="cohens_d:Q", color=colour, shape=shape, tooltip=tooltip
    )
    best = max(study.cohens_d)
    own = float(np.nanmax(table.loc[table["model"] == names[0], "cohens_d"]))
    title = alt.TitleParams(
        f"Published: up to {best:.2f} standard deviations apart; {scores.model.name}: up to {own:.2f}",
        subtitle=f"Grey: 95 % of {scores.null_words}; bars: 95 % intervals. Neither was published.",
        anchor="start",
    )
    return cast(alt.LayerChart, alt.layer(band, interval, line, dots).properties(height=360, title=title))


def _depth(layer: int, layers: int) -> float:
    return layer / max(1, layers - 1)
