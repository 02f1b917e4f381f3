"""The linked views: the plane, the matrix, the tree and the scree plot. A click on an emotion chooses it in all."""

from __future__ import annotations

from typing import cast

import streamlit as st

from emotion_core.base.errors import EmotionCoreError
from emotion_core.charts.emotion_map import (
    COMPONENTS,
    Colour,
    Look,
    component_plane,
    cosine_chart,
    cosine_table,
    layer_matrix,
    map_poster,
    map_table,
    profile_chart,
    profile_table,
    scree,
    scree_table,
    tree,
)
from emotion_core.charts.palette import chart_bytes
from emotion_core.geometry.claims import CLUSTERS
from emotion_core.geometry.emotion_map import cluster_table
from emotion_core.runs.recipes import origin_of_vectors
from ui.errors import show_error
from ui.figure import download, downloads, marked, new_click, show_chart, shows
from ui.map.data import (
    MOST_HELD,
    Mapped,
    choose_on_map,
    claims_of,
    clickable,
    held,
    keep,
    keep_held,
    kept,
    kept_held,
    layers_of,
    norms_in_use,
    own_norms,
    profile_of,
)
from ui.plain import plain


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
    return [*notes, origin_of_vectors(mapped.source.vectors)]


def relations_part(mapped: Mapped) -> None:
    """Matrix, tree and scree plot."""
    compared = held(mapped.found.emotions)
    left, right = st.columns(2, gap="medium")
    with left:
        matrix = cosine_chart(mapped.found, mapped.emotion, compared)
        clickable(matrix, mapped, "Cosines of all pairs of emotions", "cosines")
        downloads("cosines", chart=matrix, table=lambda: cosine_table(mapped.found), key="cosines")
        bars = scree(mapped.found, mapped.emotion)
        show_chart(bars, key="scree")
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


# Which layer: valence, explained variance and reliability at each, and every layer's map against every other's.


def layers_part(mapped: Mapped) -> None:
    """The profile and the matrix."""
    run_id, vectors = mapped.source.run_id, mapped.source.vectors
    norms, norms_id = norms_in_use()
    if norms is not own_norms():
        st.caption(f"Valence and arousal are those of {plain(norms.name)}, uploaded under People.")
    try:
        matrix = layer_matrix(layers_of(run_id, vectors))
        profile = profile_of(run_id, norms_id, vectors, norms)
    except EmotionCoreError as error:
        show_error(error)
        return
    stable = mapped.checks.stability if mapped.checks is not None else None
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chart = profile_chart(profile, stable, mapped.layer)
        show_chart(chart, key="profile")
        downloads("layer-profile", chart=chart, table=profile_table(profile, stable), key="profile")
    with right:
        show_chart(matrix, key="layers")
        downloads("layers", chart=matrix, key="layers")
    shows(
        "Left: what the map is like at each layer; p-values count the search over layers. Right: do the same emotions "
        "point the same way in two layers? 1 means the same map.",
        "That a later layer computes nothing new: it may keep the map and change what it is used for.",
    )


# The clusters in words, and every emotion in a table; a row chooses an emotion everywhere.


def clusters_part(mapped: Mapped) -> None:
    """Verdict on the clusters, the clusters, the emotions."""
    found = mapped.found
    stable = mapped.checks.stability if mapped.checks is not None else None
    if found.rand.n >= 3:
        norms, norms_id = norms_in_use()
        try:
            claimed = claims_of(mapped, norms_id, norms)[2]
        except EmotionCoreError as error:  # ratings that know too few of these words
            show_error(error)
            claimed = ()
        for claim in claimed:
            if claim.what == CLUSTERS:
                sentence = f"{claim.sentence}. {found.n_clusters} clusters, silhouette {found.silhouette:.2f}."
                marked(claim.mark, sentence, key="clusters")
    mates = None if stable is None else stable.mates[mapped.layer]
    table = cluster_table(found, mates)
    table.insert(0, "here", ["▶" if mapped.emotion in words.split(", ") else "" for words in table["words"]])
    event = st.dataframe(
        table,
        hide_index=True,
        key="cluster-table",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "here": st.column_config.TextColumn("", width=30),
            "cluster": st.column_config.NumberColumn("Cluster", width=60),
            "n": st.column_config.NumberColumn("Size", width=50, help="Emotions in it."),
            "words": st.column_config.TextColumn("Emotions, the most typical first", width=290),
            "paper": st.column_config.TextColumn(
                "Most of them in the paper's", width=190, help="The cluster of the published ten that has most of them."
            ),
            "stability": st.column_config.NumberColumn(
                "Kept together",
                width=100,
                format="percent",
                help="Share of rebuilds in which two of them are grouped together.",
            ),
        },
    )
    _take(mapped, event.selection.rows, [words.split(", ")[0] for words in table["words"]], "cluster-table")
    if stable is not None:
        st.caption(f"Any two emotions are grouped together in {stable.mates_by_chance[mapped.layer]:.0%} of rebuilds.")
    shows(
        "Which emotions the model's directions put together. A row chooses its most typical emotion.",
        "That there are this many kinds of emotion: k-means finds as many groups as it is asked for.",
    )
    with st.expander("Every emotion as a table", icon=":material/table_rows:"):
        rows = map_table(found, Look(place=None if stable is None else stable.place[mapped.layer]))
        picked = st.dataframe(
            rows, hide_index=True, key="emotion-table", on_select="rerun", selection_mode="single-row"
        )
        _take(mapped, picked.selection.rows, list(rows["emotion"]), "emotion-table")
        downloads("emotions", table=rows, key="emotion-table")


def _take(mapped: Mapped, rows: list[int], emotions: list[str], key: str) -> None:
    clicked = new_click(emotions[rows[0]] if rows else None, key)
    if clicked is not None and clicked != mapped.emotion:
        choose_on_map(mapped, clicked)
        st.rerun()
