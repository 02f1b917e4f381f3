"""The map tab: how the emotions lie next to each other; a click on one, anywhere, chooses it everywhere."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.errors import EmotionCoreError
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import show_error
from ui.map.card import card, compare_held
from ui.map.choices import keep, kept, read_map_link
from ui.map.clusters import clusters_part
from ui.map.data import Mapped, checks_of, map_of
from ui.map.layers import layers_part
from ui.map.models import models_part
from ui.map.people import people_part
from ui.map.source import map_source
from ui.map.trust import trust_part
from ui.map.views import plane_part, relations_part
from ui.share import share_view
from ui.working import Working

_PARTS = ("Clusters", "People", "Layers", "Trust", "Another model")


def map_tab(working: Working) -> None:
    """Shows the map of the chosen vector set, or of the built-in 171 emotions where it has too few."""
    read_map_link()
    source = map_source(working)
    if source is None:
        return
    layer, clusters = _settings(source.vectors)
    try:
        found = map_of(source.run_id, layer, clusters, source.vectors)
    except EmotionCoreError as error:
        show_error(error)
        return
    checks = checks_of(source.vectors, clusters)
    mapped = Mapped(working, source, layer, clusters, found, checks)
    left, right = st.columns([5, 2], gap="medium")
    with left:
        plane_part(mapped)
    with right:
        card(mapped)
    compare_held(mapped)
    relations_part(mapped)
    part = st.segmented_control(
        "More about this map",
        _PARTS,
        default=_PARTS[0],
        key="map_part",
        bind="query-params",
        required=True,
    )
    {
        "Clusters": clusters_part,
        "People": people_part,
        "Layers": layers_part,
        "Trust": trust_part,
        "Another model": models_part,
    }[part or _PARTS[0]](mapped)
    share_view("map")


def _settings(vectors: EmotionVectors) -> tuple[int, int]:
    one, two, _ = st.columns([2, 1, 1])
    layers = list(range(vectors.n_layers))
    kept("layer", layers, vectors.selected_layer)
    layer = one.select_slider(
        "Layer",
        layers,
        key="map_layer",
        on_change=keep("layer"),
        help=f"Layer {vectors.selected_layer} was chosen on the training texts of all emotions together.",
    )
    most = max(2, min(20, len(vectors.emotions) - 1))
    default = min(10, max(2, len(vectors.emotions) // 3))
    kept("clusters", range(2, most + 1), default)
    clusters = two.number_input(
        "Clusters", 2, most, key="map_clusters", on_change=keep("clusters"), help="Groups of k-means."
    )
    return int(layer), int(clusters)
