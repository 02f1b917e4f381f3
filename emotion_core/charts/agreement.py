"""Charts of whether maps agree: layers with layers, models with models; and what the components explain."""

from __future__ import annotations

from typing import cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.charts.palette import CHOSEN, POSITIVE, diverging
from emotion_core.geometry.compare import Comparison, LayerAgreement
from emotion_core.geometry.emotion_map import EmotionMap, comparison_title

# More pairs than this are drawn as counts in squares: thousands of dots only hide each other.
_DOTS = 2000
_COMPONENTS = 15  # that are drawn; the table has all


def scree_table(found: EmotionMap, chosen: str = "") -> pd.DataFrame:
    """One row a component: its share of the variance, and of the chosen emotion's distance from the mean emotion."""
    shares = found.components.explained
    table = pd.DataFrame({"component": np.arange(1, len(shares) + 1), "share": shares})
    if chosen in found.emotions:
        squares = found.components.coordinates[found.emotions.index(chosen)] ** 2
        table["own"] = (squares / squares.sum())[: len(shares)]
    return table


def scree(found: EmotionMap, chosen: str = "", height: int = 210) -> alt.LayerChart:
    """Share of the variance that each component explains, and where the chosen emotion differs from the mean."""
    table = scree_table(found, chosen).head(_COMPONENTS)
    bars = (
        alt.Chart(table)
        .mark_bar(color=POSITIVE)
        .encode(
            x=alt.X("component:O", title="Component", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("share:Q", title="Share of variance", axis=alt.Axis(format="%", tickCount=4)),
            tooltip=[
                alt.Tooltip("component:O", title="Component"),
                alt.Tooltip("share:Q", title="Explains", format=".1%"),
            ],
        )
    )
    two = float(found.components.explained[:2].sum())
    text = f"Two components explain {two:.0%} of what sets emotions apart" if np.isfinite(two) else "Nothing varies"
    subtitle = f"{found.model.name}, layer {found.layer}; {len(found.emotions)} emotion vectors"
    title = alt.TitleParams(text, subtitle=subtitle, anchor="start")
    parts: list[alt.Chart] = [bars]
    if chosen in found.emotions:
        tooltip = [alt.Tooltip("component:O", title="Component"), alt.Tooltip("own:Q", title=chosen, format=".1%")]
        dots = alt.Chart(table).mark_point(color=CHOSEN, filled=True, size=70)
        parts.append(dots.encode(x="component:O", y="own:Q", tooltip=tooltip))
        title.subtitle = f"{subtitle}. Dots: where {chosen} differs from the mean of all emotions"
    chart = alt.layer(*parts).properties(title=title, height=height, description=f"{text}.")
    return cast(alt.LayerChart, chart)


def layer_matrix(found: LayerAgreement) -> alt.Chart:
    """How much the geometry of every layer agrees with that of every other."""
    rows = [
        {"layer": a, "other": b, "r": float(found.r[i, j]), "p": float(found.p_value[i, j])}
        for i, a in enumerate(found.layers)
        for j, b in enumerate(found.layers)
    ]
    cells = alt.Chart(pd.DataFrame(rows)).mark_rect()
    cells = cells.encode(
        x=alt.X("other:O", title="Layer", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("layer:O", title="Layer"),
        color=_colour(),
        tooltip=[
            alt.Tooltip("layer:O", title="Layer"),
            alt.Tooltip("other:O", title="With layer"),
            alt.Tooltip("r:Q", title="r", format=".2f"),
            alt.Tooltip("p:Q", title="p (permutation)", format=".3f"),
        ],
    )
    beside = [float(found.r[i, i + 1]) for i in range(len(found.layers) - 1)]
    text = f"Neighbouring layers agree at r = {np.mean(beside):.2f} on average" if beside else "A single layer"
    title = alt.TitleParams(text, subtitle="Correlation of the cosines of all pairs of emotions", anchor="start")
    return cast(alt.Chart, cells.properties(title=title, height=340, description=f"{text}."))


def pair_table(found: Comparison) -> pd.DataFrame:
    """One row a pair of shared emotions: its cosine in each of the two."""
    i, j = np.triu_indices(len(found.emotions), 1)
    names = np.array(found.emotions, dtype=object)
    return pd.DataFrame({"emotion": names[i], "other": names[j], "first": found.cosines[0], "second": found.cosines[1]})


def comparison_chart(found: Comparison) -> alt.Chart:
    """Cosine of every pair of emotions in one model against the same in the other."""
    first, second = found.models
    table = pd.DataFrame({"first": found.cosines[0].round(4), "second": found.cosines[1].round(4)})
    many = len(table) > _DOTS
    if many:
        counts, across, up = np.histogram2d(table["first"], table["second"], bins=40)
        i, j = np.nonzero(counts)
        table = pd.DataFrame({"first": across[i], "second": up[j], "pairs": counts[i, j]})
    base = alt.Chart(table).encode(
        x=alt.X("first:Q", title=f"Cosine in {first}, layer {found.layers[0]}", scale=alt.Scale(zero=False)),
        y=alt.Y("second:Q", title=f"Cosine in {second}, layer {found.layers[1]}", scale=alt.Scale(zero=False)),
    )
    dots = base.mark_point(filled=True, color=POSITIVE, opacity=0.5, size=30)
    if many:
        dots = base.mark_square(color=POSITIVE, size=45).encode(opacity=alt.Opacity("pairs:Q", title="Pairs"))
    text = comparison_title(found)
    n = len(found.emotions)
    title = alt.TitleParams(
        text, subtitle=f"{n * (n - 1) // 2} pairs of {n} shared emotions; p by permutation", anchor="start"
    )
    return cast(alt.Chart, dots.properties(title=title, height=320, description=f"{text}."))


def _colour() -> alt.Color:
    return alt.Color("r:Q", scale=diverging(1.0), legend=alt.Legend(title="r", orient="bottom"))
