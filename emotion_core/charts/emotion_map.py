"""Charts of the map of emotions: the plane of two components, the matrix of cosines, and the tree."""

from __future__ import annotations

from typing import Any, cast

import altair as alt
import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import dendrogram

from emotion_core.charts.palette import CATEGORICAL, CHOSEN, DIVERGING_LIGHT, NULL
from emotion_core.geometry.emotion_map import EmotionMap

# Above this many emotions the plane names only some of them; the rest have tooltips.
_NAMED = 40


def map_table(emotions: EmotionMap) -> pd.DataFrame:
    """One row an emotion: what the plane draws and the CSV holds."""
    coordinates = emotions.components.coordinates
    table = pd.DataFrame({"emotion": emotions.emotions})
    for c in range(min(3, coordinates.shape[1])):
        table[f"pc{c + 1}"] = coordinates[:, c]
    table["cluster"] = emotions.clusters + 1
    table["nearest"] = [", ".join(emotions.emotions[i] for i in row) for row in emotions.neighbours]
    table["valence"], table["arousal"] = emotions.valence, emotions.arousal
    return table


def component_plane(emotions: EmotionMap, chosen: str, *, x: int = 1, y: int = 2) -> alt.LayerChart:
    """Emotions on two principal components, coloured by cluster; a click selects one (selection `emotion`).

    Args:
        emotions: The map.
        chosen: The emotion that is ringed.
        x: Component on the horizontal axis, counted from 1.
        y: Component on the vertical axis; may be one that does not exist, then all lie on a line.
    """
    table = map_table(emotions)
    if f"pc{y}" not in table:
        table[f"pc{y}"] = 0.0
    table["named"] = _named(emotions, chosen)
    pick = alt.selection_point(name="emotion", fields=["emotion"], on="click", empty=False)
    base = alt.Chart(table).encode(x=_axis(emotions, x), y=_axis(emotions, y))
    colour = alt.Color(
        "cluster:N",
        scale=alt.Scale(range=list(CATEGORICAL)),
        legend=alt.Legend(title="Cluster", orient="bottom", columns=10, symbolLimit=20),
    )
    dots = base.mark_point(filled=True, size=110, opacity=0.9, cursor="pointer")
    dots = dots.encode(color=colour, tooltip=_tooltip(table)).add_params(pick)
    ring = base.transform_filter(alt.datum.emotion == chosen).mark_point(size=330, strokeWidth=2.5, color=CHOSEN)
    names = base.transform_filter("datum.named").mark_text(dy=-12, fontSize=12, color=NULL)
    names = names.encode(text="emotion:N")
    title = alt.TitleParams(_plane_title(emotions, chosen), subtitle=_subtitle(emotions), anchor="start")
    return cast(alt.LayerChart, alt.layer(ring, dots, names).properties(title=title, height=460))


def cosine_chart(emotions: EmotionMap, chosen: str) -> alt.LayerChart:
    """Cosines of all pairs of emotions, in the order of the tree; a click selects the row's emotion."""
    order = [emotions.emotions[i] for i in emotions.order]
    n = len(order)
    grid = [(a, b, float(emotions.cosines[a, b])) for a in range(n) for b in range(n)]
    table = pd.DataFrame(
        {
            "emotion": [emotions.emotions[a] for a, _, _ in grid],
            "other": [emotions.emotions[b] for _, b, _ in grid],
            "cosine": [value for _, _, value in grid],
        }
    )
    labels = alt.Axis(labels=n <= _NAMED, ticks=False, title=None, labelAngle=-60)
    side = alt.Axis(labels=n <= _NAMED, ticks=False, title=None)
    base = alt.Chart(table).encode(
        x=alt.X("other:N", sort=order, axis=labels), y=alt.Y("emotion:N", sort=order, axis=side)
    )
    pick = alt.selection_point(name="emotion", fields=["emotion"], on="click", empty=False)
    cells = base.mark_rect().encode(
        color=alt.Color(
            "cosine:Q",
            scale=alt.Scale(domain=[-1, 1], range=list(DIVERGING_LIGHT)),
            legend=alt.Legend(title="Cosine", orient="bottom"),
        ),
        tooltip=[
            alt.Tooltip("emotion:N", title="Emotion"),
            alt.Tooltip("other:N", title="With"),
            alt.Tooltip("cosine:Q", title="Cosine", format=".2f"),
        ],
    )
    row = base.transform_filter(alt.datum.emotion == chosen).mark_rect(filled=False, stroke=CHOSEN, strokeWidth=1.5)
    title = alt.TitleParams(
        "Which directions point the same way", subtitle="Cosine of every pair, ordered by the tree", anchor="start"
    )
    chart = alt.layer(cells.add_params(pick), row).properties(title=title, height=min(700, 140 + 22 * min(n, 26)))
    return cast(alt.LayerChart, chart)


def tree(emotions: EmotionMap, chosen: str) -> alt.LayerChart:
    """Average-linkage tree on cosine distance, leaves named on the left."""
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
    leaves["chosen"] = leaves["emotion"] == chosen
    y = alt.Y("place:Q", axis=None, scale=alt.Scale(domain=[0, 10.0 * n], nice=False))
    top = float(lines["distance"].max()) if len(lines) else 1.0
    x = alt.X("distance:Q", title="Cosine distance", scale=alt.Scale(domain=[top * 1.02, -0.35 * top], nice=False))
    links = alt.Chart(lines).mark_line(color=NULL, strokeWidth=1.3).encode(x=x, y=y, detail="join:N", order="step:Q")
    names = alt.Chart(leaves).mark_text(align="left", dx=6, fontSize=12)
    names = names.encode(
        x=x, y=y, text="emotion:N", color=alt.condition("datum.chosen", alt.value(CHOSEN), alt.value(NULL))
    )
    title = alt.TitleParams("Which emotions join first", subtitle="Average linkage on cosine distance", anchor="start")
    return cast(alt.LayerChart, alt.layer(links, names).properties(title=title, height=max(160, 20 * n)))


def _axis(emotions: EmotionMap, component: int) -> Any:
    explained = emotions.components.explained
    share = f" ({explained[component - 1]:.0%} of the variance)" if component <= len(explained) else ""
    title = f"Component {component}{share}"
    channel = alt.X if component == 1 else alt.Y
    return channel(f"pc{component}:Q", title=title, scale=alt.Scale(zero=False, padding=28))


def _named(emotions: EmotionMap, chosen: str) -> list[bool]:
    """All of few emotions; of many, the chosen one, its neighbours, and those far from the middle."""
    n = len(emotions.emotions)
    if n <= _NAMED:
        return [True] * n
    kept = set(np.argsort(-np.linalg.norm(emotions.components.coordinates[:, :2], axis=1))[: _NAMED - 10].tolist())
    if chosen in emotions.emotions:
        at = emotions.emotions.index(chosen)
        kept |= {at, *emotions.neighbours[at].tolist()}
    return [i in kept for i in range(n)]


def _plane_title(emotions: EmotionMap, chosen: str) -> str:
    if chosen not in emotions.emotions:
        return "How the emotions lie next to each other"
    neighbours = [emotions.emotions[i] for i in emotions.neighbours[emotions.emotions.index(chosen)][:3]]
    name = chosen[:1].upper() + chosen[1:]
    return f"{name} lies nearest to {', '.join(neighbours[:-1])} and {neighbours[-1]}" if len(neighbours) > 1 else name


def _subtitle(emotions: EmotionMap) -> str:
    return (
        f"{emotions.model.name}, layer {emotions.layer}; {len(emotions.emotions)} emotions, "
        f"{emotions.n_clusters} clusters (silhouette {emotions.silhouette:.2f}); nearest in the full space"
    )


def _tooltip(table: pd.DataFrame) -> list[Any]:
    shown = [alt.Tooltip("emotion:N", title="Emotion"), alt.Tooltip("cluster:N", title="Cluster")]
    shown.append(alt.Tooltip("nearest:N", title="Nearest"))
    shown += [alt.Tooltip(f"pc{c}:Q", title=f"Component {c}", format=".2f") for c in (1, 2) if f"pc{c}" in table]
    return shown
