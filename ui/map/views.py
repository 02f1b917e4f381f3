"""The linked views: the plane, the matrix, the tree and the scree plot. A click on an emotion chooses it in all."""

from __future__ import annotations

from typing import cast

import altair as alt
import streamlit as st

from emotion_core import __version__
from emotion_core.charts.emotion_map import (
    COMPONENTS,
    Colour,
    Look,
    component_plane,
    cosine_chart,
    cosine_table,
    map_poster,
    map_table,
    scree,
    scree_table,
    tree,
)
from emotion_core.charts.palette import chart_bytes
from ui.charts import new_click, picked, show_chart
from ui.downloads import download, downloads
from ui.map.choices import MOST_HELD, held, keep, keep_held, kept, kept_held
from ui.map.data import Mapped, choose_on_map, claims_of
from ui.map.people import norms_in_use
from ui.verdict import shows


def clickable(chart: alt.TopLevelMixin, mapped: Mapped, alt_text: str, key: str) -> None:
    """Shows a chart on which a click chooses an emotion; only a new click counts."""
    clicked = new_click(picked(show_chart(chart, alt_text=alt_text, key=key, select="emotion"), "emotion"), key)
    if clicked is not None and clicked != mapped.emotion:
        choose_on_map(mapped, clicked)
        st.rerun()


def plane_part(mapped: Mapped) -> None:
    """The two boxes that do what clicks do, the axes, and the plane."""
    found = mapped.found
    one, two = st.columns([2, 3])
    st.session_state["emotion_on_map"] = mapped.emotion
    one.selectbox(
        "Emotion",
        found.emotions,
        key="emotion_on_map",
        on_change=lambda: choose_on_map(mapped, st.session_state["emotion_on_map"]),
        help="The same as a click on an emotion in any view; type to search.",
    )
    compared = kept_held(found.emotions)
    two.multiselect(
        "Held for comparison",
        found.emotions,
        key="map_held",
        on_change=keep_held,
        max_selections=MOST_HELD,
        placeholder="Hold some to compare them",
        help="Held emotions stay marked in every view and stand side by side below.",
    )
    look = _look(mapped, compared)
    chart = component_plane(found, mapped.emotion, look)
    clickable(chart, mapped, f"Map of {len(found.emotions)} emotions on two components; a table is below", "plane")
    shows(
        "Directions that are alike lie close. The first axes are the ways in which the directions differ most. "
        "Crosses, once the map is checked: how far an emotion's place moves along these axes when its texts are drawn "
        "again from the same ones (1.96 standard deviations). They are too short for where other texts would put it, "
        "most on later components, since the axes were found on these texts too.",
        "Distances off the plane: two emotions may lie close here and far apart in the full space, which the "
        "neighbours are taken from.",
    )
    downloads("emotion-map", chart=chart, table=map_table(found, look), key="plane")
    with st.container(horizontal=True, key="poster"):
        for kind, mime in (("svg", "image/svg+xml"), ("png", "image/png")):
            download(
                f"Poster ({kind.upper()})",
                lambda kind=kind: chart_bytes(map_poster(found, _notes(mapped), look), kind),
                f"emotion-map-{found.model.name.rsplit('/', 1)[-1]}.{kind}",
                mime,
                key=f"poster-{kind}",
            )


def _notes(mapped: Mapped) -> list[str]:
    """What a poster says of its map: the claims with their rivals, whether it repeats, and where it is from."""
    norms, norms_id = norms_in_use()
    _, _, claimed = claims_of(mapped, norms_id, norms)
    notes = [f"{claim.mark}: {claim.sentence}." for claim in claimed if claim.value == claim.value][:3]
    checks, layer = mapped.checks, mapped.layer
    if checks is not None and checks.stability is not None:
        one = checks.stability
        notes.append(
            f"Reliability of the map {one.reliability[layer]:.2f} ({one.reliability_low[layer]:.2f} to "
            f"{one.reliability_high[layer]:.2f}); grey: one standard deviation of each place with resampled texts."
        )
    sets = " + ".join(one.name for one in mapped.source.vectors.prompt_sets) or "imported vectors"
    model = mapped.found.model
    source = f"Texts: {sets}. Model: {model.name}, fingerprint {model.fingerprint[:12]}."
    return [*notes, f"{source} Emotion directions {__version__}."]


def relations_part(mapped: Mapped) -> None:
    """Matrix, tree and scree plot."""
    compared = held(mapped.found.emotions)
    left, right = st.columns(2, gap="medium")
    with left:
        matrix = cosine_chart(mapped.found, mapped.emotion, compared)
        clickable(matrix, mapped, "Cosines of all pairs of emotions", "cosines")
        downloads("cosines", chart=matrix, table=lambda: cosine_table(mapped.found), key="cosines")
        bars = scree(mapped.found, mapped.emotion)
        show_chart(bars, alt_text=str(bars.description), key="scree")
        table = scree_table(mapped.found, mapped.emotion)
        downloads("scree", chart=bars, table=table, key="scree")
    with right, st.container(height=760, border=False):
        drawn = tree(mapped.found, mapped.emotion, compared)
        clickable(drawn, mapped, "Tree of the emotions by cosine distance", "tree")
        downloads("tree", chart=drawn, key="tree")
    shows(
        "Which directions are alike in the full space: 1 is the same direction, 0 unrelated, below 0 opposed. The tree "
        "joins the nearest first; the bars say how much a flat map leaves out.",
        "Why two are alike: texts about them may share words. A tree joins emotions even where there are no groups.",
    )


def _look(mapped: Mapped, compared: tuple[str, ...]) -> Look:
    found, checks = mapped.found, mapped.checks
    numbers = list(range(1, min(COMPONENTS, found.components.coordinates.shape[1]) + 1))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        x = _component(
            "Across: component",
            "x",
            numbers,
            1,
            "Which principal component runs from left to right: 1 is what sets the emotions apart most.",
        )
        y = _component("Up: component", "y", numbers, min(2, numbers[-1]), "Which principal component runs upwards.")
        sizes = [0, *numbers]
        size = _component("Size: component", "size", sizes, 0, "A third component as the size of the points.")
        kept("colour", ("cluster", "valence"), "cluster")
        colour = st.segmented_control(
            "Colour", ("cluster", "valence"), key="map_colour", on_change=keep("colour"), required=True
        )
    stable = checks.stability if checks is not None else None
    return Look(
        x=x,
        y=y,
        colour=cast(Colour, colour or "cluster"),
        size=size,
        held=compared,
        place=None if stable is None else stable.place[mapped.layer],
        spread=None if stable is None else stable.spread[mapped.layer],
    )


def _component(label: str, choice: str, numbers: list[int], first: int, help_text: str) -> int:
    """A box for a component, kept under a name; 0 stands for none."""
    kept(choice, numbers, first)
    chosen = st.selectbox(
        label,
        numbers,
        format_func=lambda number: str(number or "none"),
        key=f"map_{choice}",
        on_change=keep(choice),
        width=150,
        help=help_text,
    )
    return first if chosen is None else int(chosen)
