"""The map tab: how the emotions lie next to each other; a click on one chooses it everywhere."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts.agreement import layer_matrix
from emotion_core.charts.emotion_map import component_plane, cosine_chart, map_table, tree
from emotion_core.errors import EmotionCoreError
from emotion_core.geometry.compare import LayerAgreement, compare_layers
from emotion_core.geometry.emotion_map import FEWEST_EMOTIONS, EmotionMap, map_emotions
from emotion_core.prompts.builtin import load_prompts
from emotion_core.runs.builds import start_build
from emotion_core.runs.cost import build_seconds
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.settings import BuildSettings
from ui.charts import picked, show_chart
from ui.downloads import downloads
from ui.errors import show_error
from ui.page import PAGES
from ui.plain import plain
from ui.run_panel import about, run_panel
from ui.services import activation_cache, registry
from ui.vector_sets import choose_next, put_on_shelf
from ui.verdict import shows
from ui.working import Working, choose_emotion

_MAP_SET = "emotions-12"
_RUN = "map build"


def map_tab(working: Working) -> None:
    """Shows the map of the chosen vector set."""
    if working.vectors is None or working.emotion is None or working.run_id is None:
        return
    if len(working.vectors.emotions) < FEWEST_EMOTIONS:
        _offer_map_set(working)
        return
    layer, clusters = _settings(working.vectors)
    try:
        found = map_of(working.run_id, layer, clusters, working.vectors)
    except EmotionCoreError as error:
        show_error(error)
        return
    _plane(found, working.emotion)
    _card(found, working.emotion)
    left, right = st.columns(2, gap="medium")
    with left:
        _clickable(cosine_chart(found, working.emotion), working.emotion, "Cosines of all pairs of emotions", "cosines")
    with right:
        show_chart(tree(found, working.emotion), alt_text="Tree of the emotions by cosine distance", key="tree")
    _agreement(found)
    _layers(working.run_id, working.vectors)
    with st.expander("The map as a table", icon=":material/table_rows:"):
        st.dataframe(map_table(found), hide_index=True)


@st.cache_resource(max_entries=32, show_spinner="Computing the map")
def map_of(run_id: str, layer: int, clusters: int, _vectors: EmotionVectors) -> EmotionMap:
    """The map of a run's vectors at a layer; remembered."""
    return map_emotions(_vectors, layer, clusters)


@st.cache_resource(max_entries=32, show_spinner="Comparing the layers")
def layers_of(run_id: str, _vectors: EmotionVectors) -> LayerAgreement:
    """How much the layers of a run's vectors agree; remembered."""
    return compare_layers(_vectors)


def _layers(run_id: str, vectors: EmotionVectors) -> None:
    st.subheader("Does the map stay the same from layer to layer?", anchor=False)
    try:
        chart = layer_matrix(layers_of(run_id, vectors))
    except EmotionCoreError as error:
        show_error(error)
        return
    left, right = st.columns([3, 2], gap="medium")
    with left:
        show_chart(chart, alt_text=str(chart.description), key="layers")
        downloads("layers", chart=chart, key="layers")
    with right:
        shows(
            "Each square compares two layers: do the same emotions point the same way in both? 1 means the same map.",
            "That the later layer computes nothing new: it may keep the map and change what it is used for.",
        )


def _settings(vectors: EmotionVectors) -> tuple[int, int]:
    one, two, _ = st.columns([2, 1, 1])
    layer = one.select_slider(
        "Layer",
        list(range(vectors.n_layers)),
        value=vectors.selected_layer,
        key=f"map_layer_{vectors.n_layers}",
        persist_state="session",
        help=f"Layer {vectors.selected_layer} was chosen on the training texts of all emotions together.",
    )
    most = max(2, min(12, len(vectors.emotions) - 1))
    clusters = two.number_input(
        "Clusters",
        2,
        most,
        min(10, max(2, len(vectors.emotions) // 3)),
        key=f"clusters_{most}",
        help="Groups of k-means.",
    )
    return int(layer), int(clusters)


def _plane(found: EmotionMap, emotion: str) -> None:
    st.session_state["emotion_on_map"] = emotion
    st.selectbox(
        "Emotion",
        found.emotions,
        key="emotion_on_map",
        on_change=lambda: choose_emotion(st.session_state["emotion_on_map"]),
        help="The same as a click on the map; type to search.",
    )
    chart = component_plane(found, emotion)
    _clickable(chart, emotion, f"Map of {len(found.emotions)} emotions on two components; a table is below", "plane")
    shows(
        "Directions that are alike lie close. The axes are the two ways in which the directions differ most.",
        "Distances off the plane: two emotions may lie close here and far apart in the full space, which the "
        "neighbours below are taken from.",
    )
    downloads("emotion-map", chart=chart, table=map_table(found), key="plane")


def _clickable(chart: object, emotion: str, alt_text: str, key: str) -> None:
    """Shows a chart on which a click chooses an emotion; only a new click counts."""
    clicked = picked(show_chart(chart, alt_text=alt_text, key=key, select="emotion"), "emotion")
    seen = f"last click on {key}"
    if clicked is not None and clicked != st.session_state.get(seen) and clicked != emotion:
        st.session_state[seen] = clicked
        choose_emotion(clicked)
        st.rerun()
    st.session_state[seen] = clicked


def _card(found: EmotionMap, emotion: str) -> None:
    if emotion not in found.emotions:
        return
    at = found.emotions.index(emotion)
    others = [
        found.emotions[i] for i in range(len(found.emotions)) if found.clusters[i] == found.clusters[at] and i != at
    ]
    with st.container(border=True, key="emotion-card"):
        st.markdown(f"**{plain(emotion)}**")
        nearest = [f"{found.emotions[i]} ({found.cosines[at, i]:.2f})" for i in found.neighbours[at]]
        st.markdown(f"Nearest in the full space (cosine): {plain(', '.join(nearest))}")
        st.markdown(
            f"In cluster {found.clusters[at] + 1}" + (f" with {plain(', '.join(others))}" if others else " alone")
        )
        st.page_link(PAGES["steer"].file, label=f"Steer with {plain(emotion)}", icon=PAGES["steer"].icon)


def _agreement(found: EmotionMap) -> None:
    human = found.human
    st.subheader("Does the map agree with people?", anchor=False)
    if human.n < FEWEST_EMOTIONS:
        st.caption(f"Too few of these emotions have a human rating here ({human.n}) to compare.")
        return
    st.markdown(
        f"Component 1 with valence: r = {human.valence.r:.2f} (95 % interval {human.valence.low:.2f} to "
        f"{human.valence.high:.2f}). Component 2 with arousal: r = {human.arousal.r:.2f} ({human.arousal.low:.2f} to "
        f"{human.arousal.high:.2f}). {human.n} emotions, ratings: {plain(human.name)}."
    )
    st.caption("The sign of a component is turned by the same ratings, so only the size of r says something.")


def _offer_map_set(working: Working) -> None:
    emotions = working.vectors.emotions if working.vectors is not None else ()
    st.info(
        f"A map needs at least {FEWEST_EMOTIONS} emotions; this vector set has {len(emotions)} "
        f"({plain(', '.join(emotions))}). Choose another set in the sidebar, or build one here.",
        icon=":material/scatter_plot:",
    )
    if _RUN in st.session_state:
        run = run_panel(st.session_state[_RUN], key="map-build")
        if run is not None:
            put_on_shelf(run.id)
            choose_next(run.id)
            del st.session_state[_RUN]
            st.rerun()
    try:
        prompts = load_prompts(_MAP_SET)
    except EmotionCoreError as error:
        show_error(error)
        return
    cost = about(build_seconds(working.info, len(prompts.texts)))
    if st.button(f"Build {len(prompts.emotions)} emotions ({_MAP_SET}), {cost}", type="primary", key="build-map-set"):
        st.session_state[_RUN] = start_build(registry(), working.owner, (prompts,), BuildSettings(), activation_cache())
        st.rerun()
