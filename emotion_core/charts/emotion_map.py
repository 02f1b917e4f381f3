"""The map of emotions as a chart: the plane of two components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

import altair as alt
import numpy as np
import numpy.typing as npt
import pandas as pd

from emotion_core.charts.diverging import diverging
from emotion_core.charts.labels import choose_names, name_layers, span
from emotion_core.charts.palette import CATEGORICAL, CHOSEN, NULL
from emotion_core.geometry.emotion_map import EmotionMap
from emotion_core.geometry.words import axis_name, map_sentence, map_title, rated

# Components that can be put on the axes.
COMPONENTS = 8

Colour = Literal["cluster", "valence"]
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")


@dataclass(frozen=True)
class Look:
    """How a map is drawn.

    Attributes:
        x: Component on the horizontal axis, counted from 1.
        y: Component on the vertical axis.
        colour: `cluster`, or rated `valence` where the ratings know the words.
        size: Component shown as the size of the dots; 0 for none.
        held: Emotions held for comparison, ringed in the palette's order.
        place: float [emotions], how reliable each place is, 0 to 1: what is unstable is drawn lighter. None: not known.
        spread: float [emotions, components], standard deviation of each place under other training texts.
    """

    x: int = 1
    y: int = 2
    colour: Colour = "cluster"
    size: int = 0
    held: tuple[str, ...] = ()
    place: npt.NDArray[Any] | None = None
    spread: npt.NDArray[Any] | None = None


def map_table(emotions: EmotionMap, look: Look | None = None) -> pd.DataFrame:
    """One row an emotion: what the plane draws and the CSV holds."""
    coordinates = emotions.components.coordinates
    table = pd.DataFrame({"emotion": emotions.emotions})
    for c in range(min(COMPONENTS, coordinates.shape[1])):
        table[f"pc{c + 1}"] = coordinates[:, c]
    table["cluster"] = emotions.clusters + 1
    table["nearest"] = [", ".join(emotions.emotions[i] for i in row) for row in emotions.neighbours]
    table["valence"], table["arousal"] = emotions.valence, emotions.arousal
    if look is not None and look.place is not None:
        table["reliability"] = look.place
    return table


def component_plane(emotions: EmotionMap, chosen: str, look: Look | None = None) -> alt.LayerChart:
    """Emotions on two principal components; a click selects one (selection `emotion`).

    Args:
        emotions: The map.
        chosen: The emotion that is ringed.
        look: Axes, colours, what is held; a component that does not exist puts all on a line.
    """
    look = look or Look()
    table = map_table(emotions, look)
    for component in (look.x, look.y):
        if f"pc{component}" not in table:
            table[f"pc{component}"] = 0.0
    marked = (chosen, *look.held)
    names = emotions.emotions
    choose_names(table, f"pc{look.x}", f"pc{look.y}", names, marked)
    table["marked"] = table["emotion"].isin(marked)
    table["weight"] = _weights(look, len(table))
    pick = alt.selection_point(name="emotion", fields=["emotion"], on="click", empty=False)
    axes = {"x": _axis(emotions, look.x, table, alt.X), "y": _axis(emotions, look.y, table, alt.Y)}
    base = alt.Chart(table).encode(**axes)
    # A thin edge keeps neutral valence, which has the colour of the ground, in sight.
    dots = base.mark_point(size=110, filled=True, cursor="pointer", stroke=NULL, strokeWidth=0.7).add_params(pick)
    dots = dots.encode(
        **_colour(emotions, look.colour), tooltip=_tooltip(table), opacity=alt.Opacity("weight:Q", scale=None)
    )
    if look.size and f"pc{look.size}" in table:
        scale = alt.Scale(range=[25, 420], zero=False)
        dots = dots.encode(size=alt.Size(f"pc{look.size}:Q", scale=scale, title=axis_name(emotions, look.size)))
    rings = [
        base.transform_filter(alt.datum.emotion == name).mark_point(size=330, strokeWidth=2.5, color=colour)
        for name, colour in reversed(marks(chosen, look.held))
    ]
    weight = alt.ExprRef("datum.marked ? 700 : 400")
    text = name_layers(base, "emotion", fontSize=12, fontWeight=weight)
    parts = [*_crosses(emotions, table, look, chosen), *rings, dots, *text]
    title = alt.TitleParams(_plane_title(emotions, chosen), subtitle=_subtitle(emotions, look), anchor="start")
    chart = alt.layer(*parts).resolve_scale(size="independent")
    return cast(alt.LayerChart, chart.properties(title=title, height=560, description=map_sentence(emotions)))


def marks(chosen: str, held: tuple[str, ...]) -> list[tuple[str, str]]:
    """Names and colours of what is ringed: the chosen emotion in its own colour, the held ones in the palette's."""
    colours = [colour for colour in CATEGORICAL if colour != CHOSEN]
    return [(chosen, CHOSEN), *((name, colours[i]) for i, name in enumerate(held) if name != chosen)]


def _weights(look: Look, n: int) -> npt.NDArray[np.float64]:
    """Opacity of each dot: from a quarter where the place is noise to nearly full where it is certain."""
    if look.place is None:
        return np.full(n, 0.95)
    return 0.2 + 0.75 * np.clip(np.nan_to_num(np.asarray(look.place, np.float64)), 0, 1)


def _crosses(emotions: EmotionMap, table: pd.DataFrame, look: Look, chosen: str) -> list[Any]:
    """1.96 standard deviations of the resampled places of the chosen and the held emotions, along both axes."""
    if look.spread is None or max(look.x, look.y) > look.spread.shape[1]:
        return []
    found = []
    for name, colour in marks(chosen, look.held):
        if name not in emotions.emotions:
            continue
        at = emotions.emotions.index(name)
        here = {"x": float(table[f"pc{look.x}"][at]), "y": float(table[f"pc{look.y}"][at])}
        for axis, component in (("x", look.x), ("y", look.y)):
            reach = 1.96 * float(look.spread[at, component - 1])
            row = pd.DataFrame([{**here, "low": here[axis] - reach, "high": here[axis] + reach}])
            line = alt.Chart(row).mark_rule(color=colour, strokeWidth=1.5, opacity=0.8)
            if axis == "x":
                found.append(line.encode(x="low:Q", x2="high:Q", y="y:Q"))
            else:
                found.append(line.encode(y="low:Q", y2="high:Q", x="x:Q"))
    return found


def _axis(emotions: EmotionMap, component: int, table: pd.DataFrame, channel: type[alt.X] | type[alt.Y]) -> Any:
    domain = span(table[f"pc{component}"].to_numpy(float), across=channel is alt.X)
    scale = alt.Scale(domain=domain, nice=False, zero=False)
    return channel(f"pc{component}:Q", title=axis_name(emotions, component), scale=scale)


def _colour(emotions: EmotionMap, colour: Colour) -> dict[str, Any]:
    """Colour of the dots, and of clusters their shape, by channel."""
    if colour == "valence" and np.isfinite(emotions.valence).any():
        low, high = float(np.nanmin(emotions.valence)), float(np.nanmax(emotions.valence))
        scale = diverging(max((high - low) / 2, 1e-9), middle=(low + high) / 2)
        title = rated("valence", emotions.human.name, emotions.model.name)
        legend = alt.Legend(title=title[:1].upper() + title[1:], orient="bottom")
        return {"color": alt.Color("valence:Q", scale=scale, legend=legend)}
    legend = alt.Legend(
        title="Cluster", orient="bottom", columns=5, symbolLimit=20, symbolOpacity=1, symbolStrokeWidth=0
    )
    clusters = list(range(1, emotions.n_clusters + 1))
    # The palette repeats past its eight colours, with another shape each time.
    rounds = [divmod(i, len(CATEGORICAL)) for i in range(emotions.n_clusters)]
    colours = alt.Scale(domain=clusters, range=[CATEGORICAL[i] for _, i in rounds])
    shapes = alt.Scale(domain=clusters, range=[_SHAPES[turn % len(_SHAPES)] for turn, _ in rounds])
    return {
        "color": alt.Color("cluster:N", scale=colours, legend=legend),
        "shape": alt.Shape("cluster:N", scale=shapes, legend=legend),
    }


def _plane_title(emotions: EmotionMap, chosen: str) -> str:
    if chosen not in emotions.emotions:
        return map_title(emotions)
    neighbours = [emotions.emotions[i] for i in emotions.neighbours[emotions.emotions.index(chosen)][:3]]
    name = chosen[:1].upper() + chosen[1:]
    return f"{name} lies nearest to {', '.join(neighbours[:-1])} and {neighbours[-1]}" if len(neighbours) > 1 else name


def _subtitle(emotions: EmotionMap, look: Look) -> str:
    text = (
        f"{emotions.model.name}, layer {emotions.layer}; {len(emotions.emotions)} emotions, "
        f"{emotions.n_clusters} clusters (silhouette {emotions.silhouette:.2f}); nearest in the full space"
    )
    return text if look.place is None else f"{text}; the lighter a dot, the less certain its place"


def _tooltip(table: pd.DataFrame) -> list[Any]:
    shown = [alt.Tooltip("emotion:N", title="Emotion"), alt.Tooltip("cluster:N", title="Cluster")]
    shown.append(alt.Tooltip("nearest:N", title="Nearest"))
    shown += [alt.Tooltip(f"pc{c}:Q", title=f"Component {c}", format=".2f") for c in (1, 2) if f"pc{c}" in table]
    if "reliability" in table:
        shown.append(alt.Tooltip("reliability:Q", title="Reliability of its place", format=".2f"))
    return shown
