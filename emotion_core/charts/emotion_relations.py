"""Which emotions are alike, as charts: the matrix of cosines and the tree."""

from __future__ import annotations

from typing import cast

import altair as alt
import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import dendrogram

from emotion_core.charts.diverging import INK, diverging
from emotion_core.charts.emotion_map import marks
from emotion_core.charts.palette import NULL
from emotion_core.geometry.emotion_map import EmotionMap

# Above this many emotions the matrix leaves their names to the tooltips.
_NAMED = 40


def cosine_table(emotions: EmotionMap) -> pd.DataFrame:
    """One row an ordered pair of emotions, in the order of the tree: what the matrix draws and the CSV holds."""
    order = [emotions.emotions[i] for i in emotions.order]
    cosines = emotions.cosines[np.ix_(emotions.order, emotions.order)].round(3)
    return pd.DataFrame(
        {"emotion": np.repeat(order, len(order)), "other": order * len(order), "cosine": cosines.ravel()}
    )


def cosine_chart(emotions: EmotionMap, chosen: str, held: tuple[str, ...] = ()) -> alt.LayerChart:
    """Cosines of all pairs of emotions, in the order of the tree; a click selects the row's emotion."""
    order = [emotions.emotions[i] for i in emotions.order]
    n = len(order)
    labels = alt.Axis(labels=n <= _NAMED, ticks=False, title=None, labelAngle=-60, labelOverlap=False)
    side = alt.Axis(labels=n <= _NAMED, ticks=False, title=None, labelOverlap=False)
    base = alt.Chart(cosine_table(emotions))
    # As a domain, not as a sort: layers whose sorts come from different fields are put into alphabetical order.
    tree_order = alt.Scale(domain=order)
    base = base.encode(
        x=alt.X("other:N", scale=tree_order, axis=labels), y=alt.Y("emotion:N", scale=tree_order, axis=side)
    )
    pick = alt.selection_point(name="emotion", fields=["emotion"], on="click", empty=False)
    cells = base.mark_rect().encode(
        color=alt.Color(
            "cosine:Q",
            scale=diverging(1.0),
            legend=alt.Legend(title="Cosine", orient="bottom"),
        ),
        tooltip=[
            alt.Tooltip("emotion:N", title="Emotion"),
            alt.Tooltip("other:N", title="With"),
            alt.Tooltip("cosine:Q", title="Cosine", format=".2f"),
        ],
    )
    rows = [
        alt.Chart(pd.DataFrame({"emotion": [name], "from": [order[0]], "to": [order[-1]]}))
        .mark_rule(color=colour, strokeWidth=3, opacity=0.75)
        .encode(y=alt.Y("emotion:N", scale=tree_order), x=alt.X("from:N", scale=tree_order), x2="to:N")
        for name, colour in marks(chosen, held)
        if name in emotions.emotions
    ]
    first, second, closest = _most_alike(emotions)
    title = alt.TitleParams(
        f"{first} and {second} are most alike (cosine {closest:.2f})",
        subtitle=f"Cosine of every pair of {n} emotions, ordered by the tree",
        anchor="start",
    )
    chart = alt.layer(cells.add_params(pick), *rows).properties(title=title, height=min(720, 150 + 24 * min(n, 24)))
    return cast(alt.LayerChart, chart.properties(description=f"{title.text}."))


def tree(emotions: EmotionMap, chosen: str, held: tuple[str, ...] = ()) -> alt.LayerChart:
    """Average-linkage tree on cosine distance; a click on a name chooses it (selection `emotion`)."""
    drawn = dendrogram(emotions.merges, no_plot=True, labels=list(emotions.emotions))
    joins = zip(drawn["dcoord"], drawn["icoord"], strict=True)
    lines = pd.DataFrame(
        [
            {"join": j, "step": step, "distance": float(d), "place": float(i)}
            for j, (distances, places) in enumerate(joins)
            for step, (d, i) in enumerate(zip(distances, places, strict=True))
        ]
    )
    n = len(emotions.emotions)
    leaves = pd.DataFrame({"emotion": drawn["ivl"], "place": [5.0 + 10.0 * i for i in range(n)], "distance": 0.0})
    colours = dict(reversed(marks(chosen, held)))
    leaves["colour"] = [colours.get(name, "") for name in leaves["emotion"]]
    y = alt.Y("place:Q", axis=None, scale=alt.Scale(domain=[0, 10.0 * n], nice=False))
    top = float(lines["distance"].max()) if len(lines) else 1.0
    # The names stand to the right of distance 0, where the axis has no numbers.
    ticks = alt.Axis(values=[round(top * i / 5, 2) for i in range(6)], format=".2~f")
    scale = alt.Scale(domain=[top * 1.02, -0.35 * top], nice=False)
    x = alt.X("distance:Q", title="Cosine distance", scale=scale, axis=ticks)
    links = alt.Chart(lines).mark_line(color=NULL, strokeWidth=1.3).encode(x=x, y=y, detail="join:N", order="step:Q")
    pick = alt.selection_point(name="emotion", fields=["emotion"], on="click", empty=False)
    # The chosen and the held names are heavier too: colour alone would not tell them from the others.
    weight = alt.ExprRef("datum.colour ? 700 : 400")
    names = alt.Chart(leaves).mark_text(align="left", dx=6, fontSize=12, fontWeight=weight, cursor="pointer")
    colour = alt.condition("datum.colour", alt.Color("colour:N", scale=None), alt.value(INK))
    names = names.encode(x=x, y=y, text="emotion:N", color=colour).add_params(pick)
    first, second, _ = _most_alike(emotions)
    title = alt.TitleParams(
        f"{first} and {second} join first", subtitle=f"Average linkage of {n} emotions", anchor="start"
    )
    chart = alt.layer(links, names).properties(title=title, height=max(160, (20 if n <= _NAMED else 13) * n))
    return cast(alt.LayerChart, chart.properties(description=f"{title.text}."))


def _most_alike(emotions: EmotionMap) -> tuple[str, str, float]:
    """The two nearest emotions, the first with a capital, and their cosine."""
    others = np.where(np.eye(len(emotions.emotions), dtype=bool), -np.inf, emotions.cosines)
    i, j = divmod(int(np.argmax(others)), len(emotions.emotions))
    first = emotions.emotions[min(i, j)]
    return first[:1].upper() + first[1:], emotions.emotions[max(i, j)], float(others[i, j])
