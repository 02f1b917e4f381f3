"""Charts of an emotion map: the map, its cosines, its tree, its layers, and its agreement with people and models."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import altair as alt
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.cluster.hierarchy import dendrogram

from emotion_core.base.numbers import counted
from emotion_core.charts.palette import (
    CATEGORICAL,
    CHOSEN,
    INK,
    NEGATIVE,
    NULL,
    NULL_OPACITY,
    POSITIVE,
    USABLE,
    choose_names,
    diverging,
    name_layers,
    span,
)
from emotion_core.charts.parts import Q, by_name, layered, tips, titled
from emotion_core.geometry.claims import LEVEL, map_title
from emotion_core.geometry.compare import Comparison, LayerAgreement, Overlay, comparison_title
from emotion_core.geometry.emotion_map import EmotionMap, LayerProfile, axis_name, closeness, map_sentence, rated
from emotion_core.geometry.stability import Stability, Variant
from emotion_core.geometry.supervised import Reading
from emotion_core.stats.intervals import p_words

# The map of emotions as a chart: the plane of two components.

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
    plane = layered(
        parts,
        title=_plane_title(emotions, chosen),
        subtitle=_subtitle(emotions, look),
        height=560,
        description=map_sentence(emotions),
    )
    return cast(alt.LayerChart, plane.resolve_scale(size="independent"))


_POSTER = (1500, 1050)  # pixels of its plot
_LINE, _LETTER, _DOT = 14.0, 6.4, 8.0  # height of a word and mean width of a letter at 12 pixels; width of a point


def map_poster(emotions: EmotionMap, notes: Sequence[str], look: Look | None = None) -> alt.LayerChart:
    """The plane as one picture that stands alone: every word is written, and what is known of it stands above.

    Words that would cover each other are moved apart, each tied to its point by a line. Grey crosses: one standard
    deviation of each place when the texts are drawn again, where that is known.

    Args:
        emotions: The map.
        notes: Lines under the title, such as the claims with their rivals, and where the vectors are from.
        look: Axes and colours.
    """
    look = look or Look()
    table = map_table(emotions, look)
    x, y = f"pc{look.x}", f"pc{look.y}"
    reach = [np.ptp(table[name]) or 1.0 for name in (x, y)]
    ends = [
        (float(table[name].min() - 0.06 * wide), float(table[name].max() + 0.06 * wide))
        for name, wide in zip((x, y), reach, strict=True)
    ]
    scales = [alt.Scale(domain=list(end), nice=False, zero=False) for end in ends]
    axis = alt.Axis(tickCount=8, titleFontSize=14)
    axes = {
        "x": alt.X(f"{x}:Q", title=axis_name(emotions, look.x), scale=scales[0], axis=axis),
        "y": alt.Y(f"{y}:Q", title=axis_name(emotions, look.y), scale=scales[1], axis=axis),
    }
    scale = [(high - low) / pixels for (low, high), pixels in zip(ends, _POSTER, strict=True)]
    at = np.column_stack([table[x] / scale[0], table[y] / scale[1]])
    sizes = np.array([(_LETTER * len(name), _LINE) for name in emotions.emotions])
    words = moved_apart(at + np.array([0, _LINE * 0.8]), sizes, at)
    table["word_x"], table["word_y"] = words[:, 0] * scale[0], words[:, 1] * scale[1]
    table["weight"] = _weights(look, len(table))
    base = alt.Chart(table)
    layers = []
    if look.spread is not None and max(look.x, look.y) <= look.spread.shape[1]:
        for along, component in (("x", look.x), ("y", look.y)):
            sd, name = look.spread[:, component - 1], f"pc{component}"
            table[f"low_{along}"], table[f"high_{along}"] = table[name] - sd, table[name] + sd
        cross = base.mark_rule(color=NULL, opacity=0.35, strokeWidth=1)
        layers.append(cross.encode(x=alt.X("low_x:Q", scale=scales[0]), x2=alt.X2("high_x:Q"), y=axes["y"]))
        layers.append(cross.encode(y=alt.Y("low_y:Q", scale=scales[1]), y2=alt.Y2("high_y:Q"), x=axes["x"]))
    layers.append(
        base.mark_rule(color=NULL, opacity=0.8, strokeWidth=0.7).encode(
            **axes, x2=alt.X2("word_x"), y2=alt.Y2("word_y")
        )
    )
    dots = base.mark_point(size=45, filled=True, stroke=NULL, strokeWidth=0.5)
    layers.append(dots.encode(**axes, **_colour(emotions, look.colour), opacity=alt.Opacity("weight:Q", scale=None)))
    text = base.mark_text(fontSize=12, color=INK)
    word_x, word_y = (alt.X("word_x:Q", scale=scales[0]), alt.Y("word_y:Q", scale=scales[1]))
    layers.append(text.encode(x=word_x, y=word_y, text=alt.Text("emotion:N")))
    words_of = f"{len(emotions.emotions)} emotions in {emotions.model.name}, layer {emotions.layer}"
    title = alt.TitleParams(
        words_of, subtitle=[*notes], anchor="start", fontSize=26, subtitleFontSize=14, offset=18, subtitlePadding=8
    )
    chart = alt.layer(*layers).properties(title=title, width=_POSTER[0], height=_POSTER[1])
    return cast(alt.LayerChart, chart.configure_axis(gridOpacity=0.4).properties(description=map_sentence(emotions)))


def moved_apart(
    places: npt.NDArray[np.float64], sizes: npt.NDArray[np.float64], points: npt.NDArray[np.float64], rounds: int = 400
) -> npt.NDArray[np.float64]:
    """Moves words until none covers another or a point: along the shorter way out of each overlap.

    Args:
        places: float64 [words, 2], where their middles would best be.
        sizes: float64 [words, 2], widths and heights.
        points: float64 [points, 2], which stay where they are.
        rounds: At most so many.

    Returns:
        float64 [words, 2]; where there is no room for all, some still overlap.
    """
    n = len(places)
    still = np.concatenate([sizes, np.full((len(points), 2), _DOT)])
    half = (sizes[:, None] + still[None]) / 2
    # Words at the same place would stay on each other: a fixed shift by their order tells them apart.
    shift = np.linspace(-1e-3, 1e-3, n)
    found = places + np.column_stack([shift, -shift])
    rng = np.random.default_rng(0)
    best, fewest = found, len(still) ** 2
    for done in range(rounds):
        apart = found[:, None] - np.concatenate([found, points])[None]
        inside = half - np.abs(apart)
        covered = (inside > 0).all(-1)
        covered[np.arange(n), np.arange(n)] = False
        if (covers := int(covered.sum())) < fewest:
            best, fewest = found, covers
        if not covers:
            break
        word, other = np.nonzero(covered)
        axis = inside[word, other].argmin(-1)
        if done >= 40:  # words that push each other in a circle now and then take the longer way
            axis = np.where(rng.random(len(axis)) < 0.15, 1 - axis, axis)
        # Two words go half the way each, and a little more, so that they do not creep; a word beside a point goes all.
        way = inside[word, other, axis] * np.where(other < n, 0.55, 1.05) * np.sign(apart[word, other, axis])
        push, count = np.zeros((n, 2)), np.zeros((n, 2))
        np.add.at(push, (word, axis), way)
        np.add.at(count, (word, axis), 1)
        found = found + push / np.maximum(1, count)
    return best


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
                found.append(line.encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"), y=alt.Y("y:Q")))
            else:
                found.append(line.encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q"), x=alt.X("x:Q")))
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
    at = emotions.emotions.index(chosen)
    alike = [emotions.emotions[i] for i in emotions.neighbours[at][:3] if emotions.cosines[at, i] > 0]
    name = chosen[:1].upper() + chosen[1:]
    if not alike:
        return f"{name} lies near none of the others"
    before = f"{', '.join(alike[:-1])} and " if len(alike) > 1 else ""
    return f"{name} lies nearest to {before}{alike[-1]}"


def _subtitle(emotions: EmotionMap, look: Look) -> str:
    text = (
        f"{emotions.model.name}, layer {emotions.layer}; {len(emotions.emotions)} emotions, "
        f"{emotions.n_clusters} clusters (silhouette {emotions.silhouette:.2f}); nearest in the full space"
    )
    return text if look.place is None else f"{text}; the lighter a dot, the less certain its place"


def _tooltip(table: pd.DataFrame) -> list[Any]:
    shown = tips(emotion="Emotion", cluster="Cluster")
    shown.append(alt.Tooltip("nearest:N", title="Nearest"))
    shown += [alt.Tooltip(f"pc{c}:Q", title=f"Component {c}", format=".2f") for c in (1, 2) if f"pc{c}" in table]
    if "reliability" in table:
        shown.append(alt.Tooltip("reliability:Q", title="Reliability of its place", format=".2f"))
    return shown


# Above this many emotions the matrix leaves their names to the tooltips.
_NAMED = 40
_LONGEST = 110  # pixels of a name beside a matrix or tree


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
    plain: dict[str, Any] = {
        "labels": n <= _NAMED,
        "ticks": False,
        "title": None,
        "labelOverlap": False,
        "labelLimit": _LONGEST,
    }
    labels, side = alt.Axis(labelAngle=-60, **plain), alt.Axis(**plain)
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
        tooltip=tips(emotion="Emotion", other="With", cosine=("Cosine", ".2f")),
    )
    rows = [
        alt.Chart(pd.DataFrame({"emotion": [name], "from": [order[0]], "to": [order[-1]]}))
        .mark_rule(color=colour, strokeWidth=3, opacity=0.75)
        .encode(y=alt.Y("emotion:N", scale=tree_order), x=alt.X("from:N", scale=tree_order), x2=alt.X2("to:N"))
        for name, colour in marks(chosen, held)
        if name in emotions.emotions
    ]
    first, second, closest = _most_alike(emotions)
    title = f"{first} and {second} are most alike (cosine {closest:.2f})"
    if closest <= 0:
        title = f"No two emotions are alike: no cosine is above {closest:.2f} ({first} and {second})"
    return layered(
        [cells.add_params(pick), *rows],
        title=title,
        subtitle=f"Cosine of every pair of {n} emotions, ordered by the tree",
        described=True,
        height=min(720, max(340, 150 + 24 * min(n, 24))),  # a matrix of few needs room for the names all the same
    )


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
    links = (
        alt.Chart(lines)
        .mark_line(color=NULL, strokeWidth=1.3)
        .encode(x=x, y=y, detail=alt.Detail("join:N"), order=alt.Order("step:Q"))
    )
    pick = alt.selection_point(name="emotion", fields=["emotion"], on="click", empty=False)
    # The chosen and the held names are heavier too: colour alone would not tell them from the others.
    weight = alt.ExprRef("datum.colour ? 700 : 400")
    names = alt.Chart(leaves).mark_text(
        align="left", dx=6, fontSize=12, fontWeight=weight, cursor="pointer", limit=_LONGEST
    )
    colour = alt.condition("datum.colour", alt.Color("colour:N", scale=None), alt.value(INK))
    names = names.encode(x=x, y=y, text=alt.Text("emotion:N"), color=colour).add_params(pick)
    first, second, _ = _most_alike(emotions)
    return layered(
        [links, names],
        title=f"{first} and {second} join first",
        subtitle=f"Average linkage of {n} emotions",
        described=True,
        height=max(220, (20 if n <= _NAMED else 13) * n),
    )


def _most_alike(emotions: EmotionMap) -> tuple[str, str, float]:
    """The two nearest emotions, the first with a capital, and their cosine."""
    others = np.where(np.eye(len(emotions.emotions), dtype=bool), -np.inf, emotions.cosines)
    i, j = divmod(int(np.argmax(others)), len(emotions.emotions))
    first = emotions.emotions[min(i, j)]
    return first[:1].upper() + first[1:], emotions.emotions[max(i, j)], float(others[i, j])


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
        tooltip=tips(layer=("Layer", Q), measure="Measure", value=("Value", ".2f")),
    )
    chance = pd.DataFrame({"low": [0.0], "high": [float(np.nan_to_num(found.chance[0]))]})
    band = alt.Chart(chance).mark_rect(color=NULL, opacity=NULL_OPACITY).encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q"))
    here = (
        alt.Chart(pd.DataFrame({"layer": [layer]}))
        .mark_rule(color=CHOSEN, strokeDash=[4, 3])
        .encode(x=alt.X("layer:Q"))
    )
    text = _profile_title(found)
    subtitle = (
        f"{found.n} rated emotions; grey: what 95 % of shuffled valence ratings stay below at their best layer; "
        f"dashed: layer {layer}; layers are not tested against each other, nor against words alone"
    )
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(shape=shape)
    return layered([band, here, base.mark_line(), dots], title=text, subtitle=subtitle, described=True, height=340)


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
    tooltip = tips(emotion="Emotion", distance=("Moves by", ".3f"))
    colour = by_name("side", [first, second], [NEGATIVE, POSITIVE], columns=1, labelLimit=300)
    x = alt.X("x:Q", title="PC1 of the first", scale=_around(found.first[:, 0], found.second[:, 0], across=True))
    y = alt.Y("y:Q", title="PC2 of the first", scale=_around(found.first[:, 1], found.second[:, 1], across=False))
    base = alt.Chart(table.assign(side=first)).encode(x=x, y=y)
    lines = base.mark_rule(color=NULL, opacity=0.45).encode(x2=alt.X2("x2:Q"), y2=alt.Y2("y2:Q"))
    one = base.mark_circle(size=60, cursor="pointer").encode(color=colour, tooltip=tooltip).add_params(pick)
    two = alt.Chart(table.assign(side=second)).mark_circle(size=60)
    two = two.encode(x=alt.X("x2:Q"), y=alt.Y("y2:Q"), color=colour, tooltip=tooltip)
    ring = base.transform_filter(alt.datum.emotion == chosen).mark_point(size=300, strokeWidth=2.5, color=CHOSEN)
    names = name_layers(base, "emotion", fontSize=11)
    text = f"{found.match:.0%} of the first map is reproduced by the second, "
    text += "no more than by chance" if found.p_value > LEVEL else "more than with other names; not held against words"
    subtitle = (
        f"{len(found.emotions)} shared emotions, {found.components} components turned onto each other, "
        f"{p_words(found.p_value)} by permutation"
    )
    return layered([lines, ring, one, two, *names], title=text, subtitle=subtitle, described=True, height=440)


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
        tooltip=tips(emotion="Emotion", rated=("Rated", ".2f"), predicted=("Predicted", ".2f")),
    )
    ring = base.transform_filter(alt.datum.emotion == chosen).mark_point(size=240, strokeWidth=2.5, color=CHOSEN)
    text = f"{found.target.capitalize()} of emotions left out is predicted at r = {found.r:.2f}"
    subtitle = (
        f"Ridge regression; n = {found.n}; 95 % of shuffled ratings stay below r = {found.chance:.2f}, "
        f"{p_words(found.p_value)} by permutation; what words alone predict stands with the claims"
    )
    dots = base.mark_circle(size=45, color=POSITIVE, opacity=0.65)
    return layered([dots, ring], title=text, subtitle=subtitle, described=True, height=250)


def _profile_title(found: LayerProfile) -> str:
    if not np.isfinite(found.valence).any():
        return "What two components explain at every layer"
    best = int(np.nanargmax(found.valence))
    value, p = found.valence[best], found.valence_p[best]
    if p <= LEVEL:
        how, beyond = closeness(float(value)), int((found.valence_p <= LEVEL).sum())
        return (
            f"The main axis follows valence beyond chance at {counted(beyond, 'layer')} of {len(found.valence)}; "
            f"its |r| is largest at layer {best}, {how} ({value:.2f}, {p_words(p)} corrected for the layers)"
        )
    return f"At no layer does the main axis follow valence beyond chance (best |r| = {value:.2f}, {p_words(p)})"


def variant_table(variants: tuple[Variant, ...], layer: int) -> pd.DataFrame:
    """One row a way of making the map, at one layer."""
    return pd.DataFrame(
        [
            {
                "map": one.name,
                "same_map_r": one.agreement[layer],
                "same_map_p": one.p_value[layer],
                "explained_pc1": one.explained[layer, 0],
                "explained_pc2": one.explained[layer, 1],
                "valence_r": one.valence[layer],
                "arousal_r": one.arousal[layer],
                "largest_dimension": one.largest[layer],
            }
            for one in variants
        ]
    )


def variant_plane(one: Variant, emotions: tuple[str, ...], layer: int, chosen: str) -> alt.LayerChart:
    """The plane of one way of making the map, small, the chosen emotion marked."""
    x, y = one.places[layer, :, 0], one.places[layer, :, 1]
    table = pd.DataFrame({"emotion": emotions, "x": x, "y": y})
    base = alt.Chart(table).encode(
        x=alt.X("x:Q", title="PC1", axis=alt.Axis(labels=False, ticks=False)),
        y=alt.Y("y:Q", title="PC2", axis=alt.Axis(labels=False, ticks=False)),
        tooltip=tips(emotion="Emotion"),
    )
    dots = base.mark_circle(size=26, color=POSITIVE, opacity=0.6)
    ring = base.transform_filter(alt.datum.emotion == chosen).mark_point(size=180, strokeWidth=2.5, color=CHOSEN)
    return layered(
        [dots, ring],
        title=one.name[:1].upper() + one.name[1:],
        height=230,
        description=f"The map {one.name}: {len(emotions)} emotions.",
    )


def variant_planes(planes: Sequence[alt.LayerChart], sentence: str) -> alt.HConcatChart:
    """The planes side by side under one title, as a figure to take along."""
    title = alt.TitleParams(sentence, subtitle="The same emotions, mapped in several ways", anchor="start")
    return alt.hconcat(*[one.properties(width=210, height=190) for one in planes]).properties(title=title)


def variant_sentence(variants: Sequence[Variant], layer: int) -> str:
    """How alike the maps are, and how much of the vectors one dimension holds; no full stop."""
    most = float(variants[0].largest[layer])
    length = f"one dimension holds {most:.0%} of the vectors' length"
    found = [float(one.agreement[layer]) for one in variants if one.agreement[layer] == one.agreement[layer]]
    if not found:
        return f"The maps cannot be compared at this layer; {length}"
    least = min(found)
    alike = "the same" if least > 0.9 else "nearly the same" if least > 0.7 else "another"
    return f"The other ways give {alike} map (r = {least:.2f} or more); {length}"


# Charts of whether maps agree: layers with layers, models with models; and what the components explain.

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
        parts.append(dots.encode(x=alt.X("component:O"), y=alt.Y("own:Q"), tooltip=tooltip))
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
        color=_rating_colour(),
        tooltip=[
            alt.Tooltip("layer:O", title="Layer"),
            alt.Tooltip("other:O", title="With layer"),
            alt.Tooltip("r:Q", title="r", format=".2f"),
            alt.Tooltip("p:Q", title="p (permutation)", format=".3f"),
        ],
    )
    beside = [float(found.r[i, i + 1]) for i in range(len(found.layers) - 1)]
    text = f"Neighbouring layers agree at r = {np.mean(beside):.2f} on average" if beside else "A single layer"
    return titled(
        cells, title=text, subtitle="Correlation of the cosines of all pairs of emotions", described=True, height=340
    )


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
    return titled(
        dots,
        title=text,
        subtitle=f"{n * (n - 1) // 2} pairs of {n} shared emotions; p by permutation",
        described=True,
        height=320,
    )


def _rating_colour() -> alt.Color:
    return alt.Color("r:Q", scale=diverging(1.0), legend=alt.Legend(title="r", orient="bottom"))
