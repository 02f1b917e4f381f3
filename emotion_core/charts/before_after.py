"""Held-out separation before and after directions were projected out."""

from __future__ import annotations

from typing import cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.charts.palette import NEGATIVE, NULL, POSITIVE
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.evaluation.variants import cosine
from emotion_core.vectors.emotion_vectors import EmotionVectors

_SIDES = ("before", "after")


def before_after_table(before: HeldOutScores, after: HeldOutScores, emotion: str) -> pd.DataFrame:
    """One row a layer and vector: before and after."""
    columns = ("cohens_d", "d_low", "d_high", "auroc", "null_auroc_95")
    tables = []
    for name, scores in zip(_SIDES, (before, after), strict=True):
        e = scores.emotions.index(emotion)
        layers = np.arange(scores.n_layers)
        table = pd.DataFrame({"vector": name, "layer": layers, "chosen": layers == scores.selected_layers[e]})
        table[list(columns)] = np.stack([getattr(scores, column)[e] for column in columns], axis=1)
        table["verdict"] = scores.verdicts[e].word
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def before_after_chart(before: HeldOutScores, after: HeldOutScores, emotion: str) -> alt.LayerChart:
    """Cohen's d with its interval at every layer, before and after.

    Args:
        before: Scores of the vectors as built.
        after: Scores of the vectors without the directions.
        emotion: An emotion of both.
    """
    table = before_after_table(before, after, emotion)
    table["place"] = table["layer"] + np.where(table["vector"] == "after", 0.12, -0.12)
    layers = before.n_layers
    base = alt.Chart(table).encode(
        x=alt.X(
            "place:Q",
            title="Layer (output of the block)",
            scale=alt.Scale(domain=[-0.4, layers - 0.6], nice=False),
            axis=alt.Axis(values=list(range(0, layers, max(1, layers // 16))), format="d"),
        ),
        color=alt.Color(
            "vector:N",
            scale=alt.Scale(domain=list(_SIDES), range=[NEGATIVE, POSITIVE]),
            legend=alt.Legend(orient="bottom", title=None),
        ),
        tooltip=[
            alt.Tooltip("vector:N", title="Vector"),
            alt.Tooltip("layer:Q", title="Layer"),
            alt.Tooltip("cohens_d:Q", title="Cohen's d", format=".2f"),
            alt.Tooltip("auroc:Q", title="AUROC", format=".2f"),
            alt.Tooltip("null_auroc_95:Q", title="Shuffled labels reach", format=".2f"),
        ],
    )
    y = alt.Y("d_low:Q", title="Cohen's d on held-out texts")
    bars = base.transform_filter("isValid(datum.d_low)").mark_rule(strokeWidth=1.5).encode(y=y, y2="d_high:Q")
    shapes = alt.Scale(domain=list(_SIDES), range=["diamond", "circle"])
    dots = base.mark_point(filled=True, size=70, opacity=1)
    dots = dots.encode(y="cohens_d:Q", shape=alt.Shape("vector:N", scale=shapes, legend=None))
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=NULL, strokeDash=[3, 3]).encode(y="y:Q")
    text = change_sentence(before, after, emotion)
    title = alt.TitleParams(text, subtitle="The same held-out texts; 95 % intervals", anchor="start")
    chart = alt.layer(zero, bars, dots).properties(title=title, height=260, description=f"{text}.")
    return cast(alt.LayerChart, chart)


def change_sentence(before: HeldOutScores, after: HeldOutScores, emotion: str) -> str:
    """Held-out AUROC at the chosen layer, before and after, with chance."""
    b, a = before.emotions.index(emotion), after.emotions.index(emotion)
    layer, same = after.selected_layers[a], before.selected_layers[b]
    return (
        f"Held-out AUROC of {emotion}: {before.auroc[b, same]:.2f} before, {after.auroc[a, layer]:.2f} without these "
        f"directions (chance reaches {after.null_auroc_95[a, layer]:.2f})"
    )


def kept_sentence(before: EmotionVectors, after: EmotionVectors, emotion: str) -> str:
    """How much of the vector is left at its layer."""
    layer = after.layer_of(emotion)
    kept = cosine(after.values[after.index(emotion), layer], before.values[before.index(emotion), layer])
    return f"The new vector has a cosine of {kept:.2f} to the old one at layer {layer}; 1 means nothing was taken out"
