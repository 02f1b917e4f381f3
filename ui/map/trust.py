"""How far the map can be trusted: other texts, two halves of the texts, other ways of making it. Runs at a click."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts.emotion_map import variant_plane, variant_planes, variant_sentence, variant_table
from emotion_core.experiments.geometry import MAP_CHECKS, MapSettings
from emotion_core.geometry.emotion_map import closeness
from emotion_core.geometry.stability import RESAMPLES, SPLITS, Stability
from emotion_core.stats.intervals import p_words
from ui.charts import show_chart
from ui.downloads import downloads
from ui.errors import shown_errors
from ui.experiments import start_run
from ui.map.data import Mapped
from ui.plain import plain
from ui.run_panel import run_panel
from ui.services import store
from ui.verdict import shows, verdict


def trust_part(mapped: Mapped) -> None:
    """Offers the checks, then shows them."""
    checks = mapped.checks
    if checks is None:
        _offer(mapped)
        return
    if checks.stability is not None:
        _stability(checks.stability, mapped.layer)
    elif "stability" in checks.reasons:
        st.caption(plain(checks.reasons["stability"]))
    if checks.variants:
        st.markdown("**Does the map depend on how it was made?**")
        sentence = variant_sentence(checks.variants, mapped.layer)
        st.markdown(f"{sentence}.")
        planes = [variant_plane(one, checks.emotions, mapped.layer, mapped.emotion) for one in checks.variants]
        for i, (column, plane) in enumerate(zip(st.columns(len(planes)), planes, strict=True)):
            with column:
                show_chart(plane, alt_text=str(plane.description), key=f"variant-{i}")
        table = variant_table(checks.variants, mapped.layer)
        number = st.column_config.NumberColumn
        st.dataframe(
            table,
            hide_index=True,
            column_config={
                "same_map_r": number("Same map, r", format="%.2f", help="Cosines of all pairs against those as built."),
                "same_map_p": number("p", format="%.3f", help="By permutation of the names."),
                "explained_pc1": number("PC1 explains", format="percent"),
                "explained_pc2": number("PC2 explains", format="percent"),
                "valence_r": number("PC1 with valence, |r|", format="%.2f"),
                "arousal_r": number("PC2 with arousal, |r|", format="%.2f"),
                "largest_dimension": number("Largest dimension", format="percent", help="Its share of squared length."),
            },
        )
        downloads("map-variants", chart=variant_planes(planes, sentence), table=table, key="variants")
        shows(
            "The same emotions with the main directions of neutral text left in or taken out, and without the one "
            "dimension of the residual stream that holds most of the vectors' length.",
            "Which of them is right: a map that changes much under these choices is one to be careful with.",
        )


def _stability(found: Stability, layer: int) -> None:
    value, low, high = (float(one[layer]) for one in (found.reliability, found.reliability_low, found.reliability_high))
    good = float(found.p_value[layer]) <= 0.05
    verdict(
        "evidence" if good else "no evidence",
        f"Two maps from two halves of the training texts agree {'more than' if good else 'no more than'} chance would, "
        f"{p_words(float(found.p_value[layer]))}: {closeness(float(found.half[layer]))}, at r = "
        f"{found.half[layer]:.2f}. From all texts the map's reliability is {value:.2f} ({low:.2f} to {high:.2f} over "
        f"{found.splits} halvings; 1 is a map without noise).",
        word="repeats with other texts" if good else "not shown to repeat",
        key="reliability",
    )
    st.caption(
        f"Another map from other texts of the same size would agree with this one at about r = {max(value, 0):.2f}. "
        "What is averaged over many cosines, such as a component, can be more certain than that. A map that repeats is "
        "not yet one of emotions: that of an untrained network repeats as well. Crosses and cluster "
        f"stability come from {found.resamples} rebuilds with resampled texts."
    )


def _offer(mapped: Mapped) -> None:
    key = f"checks of {mapped.source.run_id} {mapped.clusters}"
    st.caption(
        f"Builds the map {RESAMPLES + 4 * SPLITS} more times from other draws of its training texts, with and without "
        "the neutral projection, and finds tokens and texts for every emotion. Texts read before are not read again."
    )
    if key in st.session_state:
        run = run_panel(st.session_state[key], key="map-checks", shared=True)
        if run is not None:
            st.rerun()
        if not store().get(st.session_state[key]).is_open:
            del st.session_state[key]
        return
    work = len(mapped.found.emotions) * mapped.source.vectors.n_layers * mapped.source.vectors.values.shape[2]
    label = "Check this map, under a minute" if work < 300_000 else "Check this map, a few minutes"
    if st.button(label, type="primary", key="start-map-checks", icon=":material/play_arrow:"):
        with shown_errors():
            vectors = mapped.source.vectors
            st.session_state[key] = start_run(
                mapped.working, MAP_CHECKS, MapSettings(mapped.clusters), vectors=vectors, everybody=True
            )
            st.rerun()
