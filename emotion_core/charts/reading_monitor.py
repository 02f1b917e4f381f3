"""Charts of a monitor: its score along a text with the threshold, and the ROC over labelled conversations."""

from __future__ import annotations

from typing import cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.charts.palette import CHOSEN, NULL, WARM
from emotion_core.charts.reading import MOST_POINTS
from emotion_core.reading.monitor import LabelledReading, Watched
from emotion_core.stats.intervals import wilson


def watched_table(found: Watched) -> pd.DataFrame:
    """One row a token: reading, score, and whether it fires."""
    return pd.DataFrame(
        {
            "token": np.arange(len(found.tokens)),
            "text": list(found.tokens),
            "reading": found.values,
            "score": found.scores,
            "threshold": found.threshold.value,
            "fires": found.scores > found.threshold.value,
        }
    )


def watched(found: Watched) -> alt.LayerChart:
    """The score along the text; a long text as the highest score of each stretch, so that no alarm is lost."""
    table = watched_table(found)
    step = -(-len(table) // MOST_POINTS)
    if step > 1:
        groups = table.groupby(table["token"] // step)
        table = pd.DataFrame(
            {
                "token": groups["token"].first(),
                "text": groups["text"].agg("".join),
                "score": groups["score"].max(),
                "fires": groups["fires"].any(),
            }
        )
    table = table.dropna(subset=["score"]).assign(alarm=lambda t: np.where(t["fires"], "above", "below"))
    x = alt.X("token:Q", title="Token", scale=alt.Scale(nice=False))
    base = alt.Chart(table).encode(x=x, y=alt.Y("score:Q", title="Score (SD)"))
    line = base.mark_line(color=CHOSEN, strokeWidth=1.5)
    dots = base.mark_point(filled=True, opacity=1).encode(
        color=alt.Color("alarm:N", scale=alt.Scale(domain=["above", "below"], range=[WARM, CHOSEN]), legend=None),
        size=alt.condition(alt.datum.alarm == "above", alt.value(55), alt.value(14)),
        tooltip=[alt.Tooltip("text:N", title="Token"), alt.Tooltip("score:Q", title="Score", format="+.2f")],
    )
    rule = alt.Chart(pd.DataFrame({"y": [found.threshold.value]})).mark_rule(color=WARM, strokeDash=[6, 4])
    layers = [rule.encode(y="y:Q"), line, dots]
    if found.flagged:
        places = pd.DataFrame({"token": [one.token for one in found.flagged], "phrase": found.phrase})
        mark = alt.Chart(places).mark_rule(color=NULL, strokeWidth=2)
        layers.append(mark.encode(x="token:Q", tooltip=[alt.Tooltip("phrase:N", title="Phrase")]))
    settings = found.threshold.settings
    count = len(found.alarms)
    title = alt.TitleParams(
        f"The monitor on {settings.emotion} fires {count} time{'' if count == 1 else 's'}",
        subtitle=f"Layer {found.threshold.layer}; mean reading of the last {settings.window} tokens in SD of neutral "
        f"tokens; dashed: threshold {found.threshold.value:.2f}" + ("; grey: the phrase" if found.flagged else ""),
        anchor="start",
    )
    return cast(alt.LayerChart, alt.layer(*layers).properties(title=title, height=280))


def labelled_table(found: LabelledReading) -> pd.DataFrame:
    """One row a conversation: its label, highest score, and the first alarm."""
    return pd.DataFrame(
        {
            "conversation": list(found.names),
            "label": list(found.labels),
            "highest_score": found.peaks,
            "fires": [first >= 0 for first in found.first],
            "first_alarm": [first if first >= 0 else None for first in found.first],
            "tokens": list(found.lengths),
        }
    ).astype({"first_alarm": "Int64"})


def roc(found: LabelledReading) -> alt.LayerChart:
    """The curve, the diagonal of chance, and the chosen threshold with its intervals."""
    scale = alt.Scale(domain=[0, 1])
    curve = pd.DataFrame({"x": found.false_positives, "y": found.true_positives})
    x = alt.X("x:Q", title="False alarms (share of the others)", scale=scale, axis=alt.Axis(format="%"))
    y = alt.Y("y:Q", title="Caught (share)", scale=scale, axis=alt.Axis(format="%"))
    diagonal = alt.Chart(pd.DataFrame({"x": [0, 1], "y": [0, 1]})).mark_line(color=NULL, strokeDash=[3, 3])
    line = alt.Chart(curve).mark_line(color=CHOSEN, strokeWidth=2.5, interpolate="step-after").encode(x=x, y=y)
    caught, positives = found.caught(True)
    false, negatives = found.caught(False)
    low, high = wilson(caught, positives)
    left, right = wilson(false, negatives)
    at = pd.DataFrame(
        [{"x": false / negatives, "y": caught / positives, "low": low, "high": high, "left": left, "right": right}]
    )
    point = alt.Chart(at).mark_point(filled=True, size=110, color=WARM, opacity=1)
    cross = [
        alt.Chart(at).mark_rule(color=WARM).encode(x=x, y=alt.Y("low:Q"), y2="high:Q"),
        alt.Chart(at).mark_rule(color=WARM).encode(y=y, x=alt.X("left:Q"), x2="right:Q"),
    ]
    title = alt.TitleParams(
        f"A labelled conversation peaks higher than another one in {found.auroc:.0%} of pairs",
        subtitle=f"AUROC {found.auroc:.2f}, 95 % {found.auroc_low:.2f} to {found.auroc_high:.2f}; {positives} labelled "
        f"and {negatives} others; the point is the chosen threshold with its intervals",
        anchor="start",
    )
    layers = [diagonal.encode(x=x, y=y), line, *cross, point.encode(x=x, y=y)]
    return cast(alt.LayerChart, alt.layer(*layers).properties(title=title, height=320))
