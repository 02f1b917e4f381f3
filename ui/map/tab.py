"""The map tab: how the emotions lie next to each other; a click on one, anywhere, chooses it everywhere."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.errors import EmotionCoreError
from emotion_core.charts.checkup import held_table
from emotion_core.charts.emotion_map import variant_plane, variant_planes, variant_sentence, variant_table
from emotion_core.experiments.geometry import MAP_CHECKS, MapSettings
from emotion_core.geometry.emotion_map import closeness
from emotion_core.geometry.similarity import farthest
from emotion_core.geometry.stability import RESAMPLES, SPLITS, Stability
from emotion_core.runs.recipes import origin_of_vectors
from emotion_core.stats.intervals import p_words
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import show_error, shown_errors
from ui.experiments import joint_run, start_run
from ui.figure import downloads, emotion_verdict, figures_from, show_chart, shows, verdict
from ui.map.data import Mapped, checks_of, held, keep, kept, map_of, map_source, read_map_link, toggle_held
from ui.map.models import models_part
from ui.map.people import people_part
from ui.map.views import clusters_part, layers_part, plane_part, relations_part
from ui.page import PAGES
from ui.plain import plain
from ui.share import share_view
from ui.vector_sets import build_of
from ui.working import Working, chosen_link

# How far the map can be trusted: other texts, two halves of the texts, other ways of making it. Runs at a click.


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
                show_chart(plane, key=f"variant-{i}")
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
        f"At layer {layer} two maps from two halves of the training texts agree "
        f"{'more than' if good else 'no more than'} chance would, "
        f"{p_words(float(found.p_value[layer]))} at this layer alone: {closeness(float(found.half[layer]))}, at r = "
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
    if joint_run(key, key="map-checks"):
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


# The card of the chosen emotion: neighbours, tokens, texts, evidence, and the ways on; held emotions side by side.

_SHOWN = 5


def card(mapped: Mapped) -> None:
    """Everything about the chosen emotion at the map's layer."""
    found, emotion = mapped.found, mapped.emotion
    at = found.emotions.index(emotion)
    compared = held(found.emotions)
    with st.container(border=True, key="emotion-card"):
        st.markdown(f"#### {plain(emotion)}")
        st.button(
            "Let go" if emotion in compared else "Hold for comparison",
            key="hold",
            icon=":material/keep_off:" if emotion in compared else ":material/keep:",
            on_click=toggle_held,
            args=(emotion,),
        )
        alike = [i for i in found.neighbours[at] if found.cosines[at, i] > 0]
        near = [f"{found.emotions[i]} {_cosine(found.cosines[at, i])}" for i in alike] or ["none points the same way"]
        others = [i for i in farthest(found.cosines, _SHOWN)[at] if i not in alike]
        far = [f"{found.emotions[i]} {_cosine(found.cosines[at, i])}" for i in others]
        st.markdown(f"**Nearest** (cosine, full space): {plain(', '.join(near))}")
        st.markdown(f"**Farthest**: {plain(', '.join(far))}")
        _checked(mapped, at)
        _evidence(mapped)
        _ways_on(mapped)


def compare_held(mapped: Mapped) -> None:
    """The held emotions and the chosen one, side by side."""
    compared = held(mapped.found.emotions)
    names = tuple(dict.fromkeys((mapped.emotion, *compared)))
    if len(names) < 2:
        return
    lens = mapped.checks.lens if mapped.checks is not None else None
    tokens = None
    if lens is not None:
        tokens = {
            name: ", ".join(
                lens.pieces[i].strip() or "space" for i in lens.promoted[mapped.layer, _at(mapped, name)][:5]
            )
            for name in names
        }
    st.markdown("**Held for comparison**: cosines in the full space")
    st.dataframe(held_table(mapped.found, names, tokens), hide_index=True)


def _checked(mapped: Mapped, at: int) -> None:
    checks, layer = mapped.checks, mapped.layer
    if checks is None:
        st.caption("Tokens, texts and stability appear once the map is checked: see Trust below.")
        return
    if checks.stability is not None:
        st.markdown(
            f"**Place**: reliability {checks.stability.place[layer, at]:.2f} of 1; with its cluster mates in "
            f"{_share(float(checks.stability.mates[layer, at]))} of rebuilds from other texts"
        )
    if checks.lens is not None:
        lens = checks.lens
        for word, ids in (("Promotes", lens.promoted), ("Suppresses", lens.suppressed)):
            st.markdown(f"**{word}** (logit lens)")
            st.code("  ".join(_token(lens.pieces[i]) for i in ids[layer, at]), language=None, wrap_lines=True)
    elif "lens" in checks.reasons:
        st.caption(plain(checks.reasons["lens"]))
    if checks.examples is not None:
        with st.expander("Texts at both ends", icon=":material/article:"):
            st.caption("Held-out texts, and what each was written for. z: standard deviations from their mean.")
            ends = checks.examples
            for title, index, z in (("Most", ends.most, ends.z_most), ("Least", ends.least, ends.z_least)):
                st.markdown(f"**{title}**")
                for i, size in zip(index[layer, at], z[layer, at], strict=True):
                    st.caption(f"{plain(ends.labels[i])}, z = {size:.1f}")
                    st.text(ends.texts[i])


def _evidence(mapped: Mapped) -> None:
    scores = build_of(mapped.source.run_id).scores
    if scores is None or mapped.emotion not in scores.emotions:
        st.caption("No held-out texts for this emotion: whether its direction is real was not tested.")
        return
    emotion_verdict(scores, mapped.emotion, key="card")


def _ways_on(mapped: Mapped) -> None:
    link = chosen_link(mapped.working.info.name, mapped.source.set_id, mapped.emotion)
    for key, words in (("steer", "Steer with it"), ("read", "Read with it")):
        st.page_link(PAGES[key].file, label=words, icon=PAGES[key].icon, query_params=link)


def _at(mapped: Mapped, name: str) -> int:
    return mapped.found.emotions.index(name)


def _cosine(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")


def _share(value: float) -> str:
    return f"{value:.0%}" if value == value else "none (it is alone)"


def _token(piece: str) -> str:
    """A token with its leading space made visible."""
    return piece.replace(" ", "·").replace("\n", "⏎")


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
    with figures_from(origin_of_vectors(source.vectors)):
        _parts(mapped)
    share_view("map")


def _parts(mapped: Mapped) -> None:
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


def _settings(vectors: EmotionVectors) -> tuple[int, int]:
    one, two, _ = st.columns([2, 1, 1])
    layers = list(range(vectors.n_layers))
    kept("layer", layers, vectors.selected_layer)
    layer = one.select_slider(
        "Layer",
        layers,
        key="map_layer",
        on_change=keep("layer"),
        help=f"Layer {vectors.selected_layer} was chosen on the training texts of all emotions together."
        if vectors.prompt_sets
        else f"Layer {vectors.selected_layer} was set at the import.",
    )
    most = max(2, min(20, len(vectors.emotions) - 1))
    default = min(10, max(2, len(vectors.emotions) // 3))
    kept("clusters", range(2, most + 1), default)
    clusters = two.number_input(
        "Clusters", 2, most, key="map_clusters", on_change=keep("clusters"), help="Groups of k-means."
    )
    return int(layer), int(clusters)
