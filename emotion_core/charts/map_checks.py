"""Charts of how far the map can be trusted: layer by layer, made in other ways, and laid over another model's."""

from __future__ import annotations

from typing import cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.charts.labels import choose_names, name_layers, span
from emotion_core.charts.palette import CATEGORICAL, CHOSEN, NEGATIVE, NULL, NULL_OPACITY, POSITIVE, USABLE
from emotion_core.geometry.claims import LEVEL
from emotion_core.geometry.layers import LayerProfile
from emotion_core.geometry.overlay import Overlay
from emotion_core.geometry.stability import Stability
from emotion_core.geometry.supervised import Reading
from emotion_core.geometry.words import closeness
from emotion_core.stats.p_words import p_words


def profile_table(found: LayerProfile, stability: Stability | None) -> pd.DataFrame:
    """One row a layer."""
    table = pd.DataFrame(
        {
            "layer": np.arange(len(found.valence)),
            "explained_pc1": found.explained[:, 0],
            "explained_pc2": found.explained[:, 1],
            "valence_r": found.valence,
            "valence_p": found.valence_p,
            "arousal_r": found.arousal,
            "arousal_p": found.arousal_p,
        }
    )
    if stability is not None:
        table["reliability"], table["reliability_p"] = stability.reliability, stability.p_value
    return table


def profile_chart(found: LayerProfile, stability: Stability | None, layer: int) -> alt.LayerChart:
    """Valence, explained variance and reliability at every layer, with what chance reaches at its best layer."""
    table = profile_table(found, stability)
    names = {"valence_r": "PC1 with valence, |r|", "arousal_r": "PC2 with arousal, |r|"}
    table["explained"] = table["explained_pc1"] + table["explained_pc2"]
    names["explained"] = "variance in two PCs"
    if stability is not None:
        names["reliability"] = "reliability"
    long = table.melt("layer", list(names), "measure", "value")
    long["measure"] = long["measure"].map(names)
    colour = alt.Color(
        "measure:N",
        scale=alt.Scale(domain=list(names.values()), range=list(_MEASURES)[: len(names)]),
        legend=alt.Legend(title=None, orient="bottom", columns=2, labelLimit=260, symbolOpacity=1),
    )
    shape = alt.Shape("measure:N", scale=alt.Scale(domain=list(names.values()), range=list(_MEASURES.values())))
    base = alt.Chart(long).encode(
        x=alt.X("layer:Q", title="Layer", axis=alt.Axis(tickMinStep=1, format="d")),
        y=alt.Y("value:Q", title="|r| or share", scale=alt.Scale(domainMax=1)),
        color=colour,
        tooltip=[
            alt.Tooltip("layer:Q", title="Layer"),
            alt.Tooltip("measure:N", title="Measure"),
            alt.Tooltip("value:Q", title="Value", format=".2f"),
        ],
    )
    chance = pd.DataFrame({"low": [0.0], "high": [float(np.nan_to_num(found.chance[0]))]})
    band = alt.Chart(chance).mark_rect(color=NULL, opacity=NULL_OPACITY).encode(y="low:Q", y2="high:Q")
    here = alt.Chart(pd.DataFrame({"layer": [layer]})).mark_rule(color=CHOSEN, strokeDash=[4, 3]).encode(x="layer:Q")
    text = _profile_title(found)
    subtitle = (
        f"{found.n} rated emotions; grey: what 95 % of shuffled valence ratings stay below at their best layer; "
        f"dashed: layer {layer}"
    )
    title = alt.TitleParams(text, subtitle=subtitle, anchor="start")
    chart = alt.layer(
        band, here, base.mark_line(), base.mark_point(filled=True, size=70, opacity=1).encode(shape=shape)
    )
    return cast(alt.LayerChart, chart.properties(title=title, height=340, description=f"{text}."))


# Colour and shape of what is drawn at every layer; grey is for chance alone.
_MEASURES = {POSITIVE: "circle", NEGATIVE: "diamond", CATEGORICAL[3]: "triangle-up", USABLE: "square"}


def overlay_table(found: Overlay) -> pd.DataFrame:
    """One row an emotion: its place in both maps, in the axes of the first."""
    return pd.DataFrame(
        {
            "emotion": found.emotions,
            "x": found.first[:, 0],
            "y": found.first[:, 1],
            "x2": found.second[:, 0],
            "y2": found.second[:, 1],
            "distance": found.distances,
        }
    )


def overlay_chart(found: Overlay, chosen: str) -> alt.LayerChart:
    """Both maps on one plane; a line joins the two places of every emotion. A click selects one."""
    table = overlay_table(found)
    choose_names(table, "x", "y", found.emotions, (chosen,))
    first, second = (f"{name}, layer {layer}" for name, layer in zip(found.models, found.layers, strict=True))
    if first == second:
        second += " (second file)"
    pick = alt.selection_point(name="emotion", fields=["emotion"], on="click", empty=False)
    tooltip = [alt.Tooltip("emotion:N", title="Emotion"), alt.Tooltip("distance:Q", title="Moves by", format=".3f")]
    colour = alt.Color(
        "side:N",
        scale=alt.Scale(domain=[first, second], range=[NEGATIVE, POSITIVE]),
        legend=alt.Legend(title=None, orient="bottom", columns=1, labelLimit=300),
    )
    x = alt.X("x:Q", title="PC1 of the first", scale=_around(found.first[:, 0], found.second[:, 0], across=True))
    y = alt.Y("y:Q", title="PC2 of the first", scale=_around(found.first[:, 1], found.second[:, 1], across=False))
    base = alt.Chart(table.assign(side=first)).encode(x=x, y=y)
    lines = base.mark_rule(color=NULL, opacity=0.45).encode(x2="x2:Q", y2="y2:Q")
    one = base.mark_circle(size=60, cursor="pointer").encode(color=colour, tooltip=tooltip).add_params(pick)
    two = alt.Chart(table.assign(side=second)).mark_circle(size=60)
    two = two.encode(x="x2:Q", y="y2:Q", color=colour, tooltip=tooltip)
    ring = base.transform_filter(alt.datum.emotion == chosen).mark_point(size=300, strokeWidth=2.5, color=CHOSEN)
    names = name_layers(base, "emotion", fontSize=11)
    text = f"{found.match:.0%} of the first map is reproduced by the second"
    if found.p_value > LEVEL:
        text += ", no more than by chance"
    subtitle = (
        f"{len(found.emotions)} shared emotions, {found.components} components turned onto each other, "
        f"{p_words(found.p_value)} by permutation"
    )
    chart = alt.layer(lines, ring, one, two, *names)
    title = alt.TitleParams(text, subtitle=subtitle, anchor="start")
    return cast(alt.LayerChart, chart.properties(title=title, height=440, description=f"{text}."))


def _around(first: np.ndarray, second: np.ndarray, *, across: bool) -> alt.Scale:
    """A scale on which both maps have room, names included."""
    return alt.Scale(domain=span(np.concatenate([first, second]), across=across), nice=False, zero=False)


def reading_table(found: Reading, rated: np.ndarray, emotions: tuple[str, ...]) -> pd.DataFrame:
    """One row a rated emotion: its rating (float64 [emotions]), and what is predicted without having seen it."""
    table = pd.DataFrame({"emotion": emotions, "rated": rated, "predicted": found.predicted})
    return table.dropna(ignore_index=True)


def reading_chart(found: Reading, rated: np.ndarray, emotions: tuple[str, ...], chosen: str) -> alt.LayerChart:
    """Rated against predicted, every prediction from a fit that did not see the emotion."""
    base = alt.Chart(reading_table(found, rated, emotions)).encode(
        x=alt.X("rated:Q", title=f"{found.target.capitalize()} as rated", scale=alt.Scale(zero=False, padding=12)),
        y=alt.Y("predicted:Q", title="Predicted from the vector", scale=alt.Scale(zero=False, padding=12)),
        tooltip=[
            alt.Tooltip("emotion:N", title="Emotion"),
            alt.Tooltip("rated:Q", title="Rated", format=".2f"),
            alt.Tooltip("predicted:Q", title="Predicted", format=".2f"),
        ],
    )
    ring = base.transform_filter(alt.datum.emotion == chosen).mark_point(size=240, strokeWidth=2.5, color=CHOSEN)
    text = f"{found.target.capitalize()} of emotions left out is predicted at r = {found.r:.2f}"
    subtitle = (
        f"Ridge regression; n = {found.n}; 95 % of shuffled ratings stay below r = {found.chance:.2f}, "
        f"{p_words(found.p_value)} by permutation; what words alone predict stands with the claims"
    )
    title = alt.TitleParams(text, subtitle=subtitle, anchor="start")
    chart = alt.layer(base.mark_circle(size=45, color=POSITIVE, opacity=0.65), ring)
    return cast(alt.LayerChart, chart.properties(title=title, height=250, description=f"{text}."))


def _profile_title(found: LayerProfile) -> str:
    if not np.isfinite(found.valence).any():
        return "What two components explain at every layer"
    best = int(np.nanargmax(found.valence))
    value, p = found.valence[best], found.valence_p[best]
    if p <= LEVEL:
        how = closeness(float(value))
        return (
            f"The main axis follows valence most at layer {best}, {how} (|r| = {value:.2f}, {p_words(p)} over layers)"
        )
    return f"At no layer does the main axis follow valence beyond chance (best |r| = {value:.2f}, {p_words(p)})"
