"""Charts of the map of emotions: the plane of two components, the matrix of cosines, and the tree."""

from __future__ import annotations

from typing import Any, Literal, cast

import altair as alt
import numpy as np
import pandas as pd
from scipy.cluster.hierarchy import dendrogram

from emotion_core.charts.labels import readable
from emotion_core.charts.palette import CATEGORICAL, CHOSEN, DIVERGING_LIGHT, NULL
from emotion_core.geometry.emotion_map import EmotionMap
from emotion_core.geometry.words import axis_name, map_sentence, map_title

# Above this many emotions the matrix leaves their names to the tooltips.
_NAMED = 40

Colour = Literal["cluster", "valence"]


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


def component_plane(
    emotions: EmotionMap, chosen: str, *, x: int = 1, y: int = 2, colour: Colour = "cluster"
) -> alt.LayerChart:
    """Emotions on two principal components; a click selects one (selection `emotion`).

    Args:
        emotions: The map.
        chosen: The emotion that is ringed.
        x: Component on the horizontal axis, counted from 1.
        y: Component on the vertical axis; may be one that does not exist, then all lie on a line.
        colour: `cluster`, or human `valence` where the ratings know the words.
    """
    table = map_table(emotions)
    for component in (x, y):
        if f"pc{component}" not in table:
            table[f"pc{component}"] = 0.0
    table["named"] = readable(table[f"pc{x}"].to_numpy(), -table[f"pc{y}"].to_numpy(), emotions.emotions, (chosen,))
    pick = alt.selection_point(name="emotion", fields=["emotion"], on="click", empty=False)
    base = alt.Chart(table).encode(x=_axis(emotions, x, alt.X), y=_axis(emotions, y, alt.Y))
    # A thin edge keeps neutral valence, which has the colour of the ground, in sight.
    dots = base.mark_circle(size=110, opacity=0.95, cursor="pointer", stroke=NULL, strokeWidth=0.7)
    dots = dots.encode(color=_colour(emotions, colour), tooltip=_tooltip(table)).add_params(pick)
    ring = base.transform_filter(alt.datum.emotion == chosen).mark_point(size=330, strokeWidth=2.5, color=CHOSEN)
    names = base.transform_filter("datum.named").mark_text(align="left", dx=9, fontSize=12, color=NULL)
    names = names.encode(text="emotion:N")
    title = alt.TitleParams(_plane_title(emotions, chosen), subtitle=_subtitle(emotions), anchor="start")
    chart = alt.layer(ring, dots, names)
    return cast(alt.LayerChart, chart.properties(title=title, height=460, description=map_sentence(emotions)))


def cosine_chart(emotions: EmotionMap, chosen: str) -> alt.LayerChart:
    """Cosines of all pairs of emotions, in the order of the tree; a click selects the row's emotion."""
    order = [emotions.emotions[i] for i in emotions.order]
    n = len(order)
    cosines = emotions.cosines[np.ix_(emotions.order, emotions.order)].round(3)
    table = pd.DataFrame({"emotion": np.repeat(order, n), "other": order * n, "cosine": cosines.ravel()})
    labels = alt.Axis(labels=n <= _NAMED, ticks=False, title=None, labelAngle=-60, labelOverlap=False)
    side = alt.Axis(labels=n <= _NAMED, ticks=False, title=None, labelOverlap=False)
    base = alt.Chart(table)
    base = base.encode(x=alt.X("other:N", sort=order, axis=labels), y=alt.Y("emotion:N", sort=order, axis=side))
    pick = alt.selection_point(name="emotion", fields=["emotion"], on="click", empty=False)
    cells = base.mark_rect().encode(
        color=alt.Color(
            "cosine:Q",
            scale=alt.Scale(domain=[-1, 1], range=list(DIVERGING_LIGHT), interpolate="rgb"),
            legend=alt.Legend(title="Cosine", orient="bottom"),
        ),
        tooltip=[
            alt.Tooltip("emotion:N", title="Emotion"),
            alt.Tooltip("other:N", title="With"),
            alt.Tooltip("cosine:Q", title="Cosine", format=".2f"),
        ],
    )
    row = base.transform_filter(alt.datum.emotion == chosen).mark_rect(filled=False, stroke=CHOSEN)
    row = row.encode(strokeWidth=alt.value(1.5 if n <= _NAMED else 0.5))
    first, second, closest = _most_alike(emotions)
    title = alt.TitleParams(
        f"{first} and {second} are most alike (cosine {closest:.2f})",
        subtitle=f"Cosine of every pair of {n} emotions, ordered by the tree",
        anchor="start",
    )
    chart = alt.layer(cells.add_params(pick), row).properties(title=title, height=min(720, 150 + 24 * min(n, 24)))
    return cast(alt.LayerChart, chart.properties(description=f"{title.text}."))


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
    # The names stand to the right of distance 0, where the axis has no numbers.
    ticks = alt.Axis(values=[round(top * i / 5, 2) for i in range(6)], format=".2~f")
    scale = alt.Scale(domain=[top * 1.02, -0.35 * top], nice=False)
    x = alt.X("distance:Q", title="Cosine distance", scale=scale, axis=ticks)
    links = alt.Chart(lines).mark_line(color=NULL, strokeWidth=1.3).encode(x=x, y=y, detail="join:N", order="step:Q")
    names = alt.Chart(leaves).mark_text(align="left", dx=6, fontSize=12)
    names = names.encode(
        x=x, y=y, text="emotion:N", color=alt.condition("datum.chosen", alt.value(CHOSEN), alt.value(NULL))
    )
    first, second, _ = _most_alike(emotions)
    title = alt.TitleParams(
        f"{first} and {second} join first", subtitle=f"Average linkage of {n} emotions", anchor="start"
    )
    chart = alt.layer(links, names).properties(title=title, height=max(160, (20 if n <= _NAMED else 13) * n))
    return cast(alt.LayerChart, chart.properties(description=f"{title.text}."))


def _axis(emotions: EmotionMap, component: int, channel: type[alt.X] | type[alt.Y]) -> Any:
    scale = alt.Scale(zero=False, padding=28)
    return channel(f"pc{component}:Q", title=axis_name(emotions, component), scale=scale)


def _colour(emotions: EmotionMap, colour: Colour) -> alt.Color:
    if colour == "valence" and np.isfinite(emotions.valence).any():
        low, high = float(np.nanmin(emotions.valence)), float(np.nanmax(emotions.valence))
        scale = alt.Scale(domain=[low, high], range=list(DIVERGING_LIGHT), interpolate="rgb")
        return alt.Color("valence:Q", scale=scale, legend=alt.Legend(title="Valence (human)", orient="bottom"))
    # The palette repeats past its eight colours; the tooltip and the table say which cluster is which.
    clusters = list(range(1, emotions.n_clusters + 1))
    colours = [CATEGORICAL[i % len(CATEGORICAL)] for i in range(emotions.n_clusters)]
    legend = alt.Legend(title="Cluster", orient="bottom", columns=10, symbolLimit=20)
    return alt.Color("cluster:N", scale=alt.Scale(domain=clusters, range=colours), legend=legend)


def _most_alike(emotions: EmotionMap) -> tuple[str, str, float]:
    """The two nearest emotions, the first with a capital, and their cosine."""
    others = np.where(np.eye(len(emotions.emotions), dtype=bool), -np.inf, emotions.cosines)
    i, j = divmod(int(np.argmax(others)), len(emotions.emotions))
    first = emotions.emotions[min(i, j)]
    return first[:1].upper() + first[1:], emotions.emotions[max(i, j)], float(others[i, j])


def _plane_title(emotions: EmotionMap, chosen: str) -> str:
    if chosen not in emotions.emotions:
        return map_title(emotions)
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
