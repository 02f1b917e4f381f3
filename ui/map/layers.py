"""Which layer: valence, explained variance and reliability at each, and every layer's map against every other's."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.errors import EmotionCoreError
from emotion_core.charts.emotion_map import layer_matrix, profile_chart, profile_table
from ui.charts import show_chart
from ui.downloads import downloads
from ui.errors import show_error
from ui.map.data import Mapped, layers_of, own_norms, profile_of
from ui.map.people import norms_in_use
from ui.plain import plain
from ui.verdict import shows


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
        show_chart(chart, alt_text=str(chart.description), key="profile")
        downloads("layer-profile", chart=chart, table=profile_table(profile, stable), key="profile")
    with right:
        show_chart(matrix, alt_text=str(matrix.description), key="layers")
        downloads("layers", chart=matrix, key="layers")
    shows(
        "Left: what the map is like at each layer; p-values count the search over layers. Right: do the same emotions "
        "point the same way in two layers? 1 means the same map.",
        "That a later layer computes nothing new: it may keep the map and change what it is used for.",
    )
