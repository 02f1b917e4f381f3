"""This map against another vector file's: another model, another training seed, another prompt set."""

from __future__ import annotations

import hashlib

import streamlit as st

from emotion_core.base.errors import EmotionCoreError, VectorFileError
from emotion_core.charts.emotion_map import comparison_chart, overlay_chart, overlay_table, pair_table
from emotion_core.exchange.open_file import open_file
from emotion_core.geometry.compare import Comparison, compare
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import show_error, shown_errors
from ui.figure import downloads, marked, show_chart, shows
from ui.map.data import Mapped, clickable, keep, kept, overlay_of
from ui.plain import plain
from ui.uploads import content, upload_field
from ui.vector_sets import run_of, shelf, vectors_of

_KEPT = "compared vectors"
_UPLOAD = "Upload a file"


def models_part(mapped: Mapped) -> None:
    """Chooses a second file and shows whether the two maps agree."""
    second = _second(mapped)
    if second is None:
        st.info(
            "Choose a second vector file: from another model, another training run, or other texts. Only the emotions "
            "that both have are compared.",
            icon=":material/compare_arrows:",
        )
        return
    vectors, file_id = second
    options = list(range(vectors.n_layers))
    kept("second_layer", options, vectors.selected_layer)
    layer = int(
        st.select_slider(
            "Layer of the second file",
            options,
            key="map_second_layer",
            on_change=keep("second_layer"),
            help="Which layer of the second vectors is laid over this map.",
        )
    )
    layers = (mapped.layer, layer)
    try:
        found = compared(mapped.source.run_id, file_id, layers, mapped.source.vectors, vectors)
        laid = overlay_of((mapped.source.run_id, file_id), layers, mapped.source.vectors, vectors)
    except EmotionCoreError as error:
        show_error(error)
        return
    marked(found.mark, f"{found.sentence}.", key="models")
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chart = overlay_chart(laid, mapped.emotion)
        clickable(chart, mapped, str(chart.description), "overlay")
        downloads("overlay", chart=chart, table=overlay_table(laid), key="overlay")
    with right:
        pairs = comparison_chart(found)
        show_chart(pairs, key="comparison")
        downloads("cosines-of-two", chart=pairs, table=lambda: pair_table(found), key="comparison")
    shows(
        "Left: the second map turned and scaled onto the first, a line for how far each emotion moves. Right: cosines "
        "of pairs of emotions, which need no turning.",
        "That two models compute emotions alike: two networks with random weights agree too, in how often words come "
        "and how long texts are.",
    )


@st.cache_resource(max_entries=16, show_spinner="Comparing two maps")
def compared(
    run_id: str, file_id: str, layers: tuple[int, int], _first: EmotionVectors, _second: EmotionVectors
) -> Comparison:
    """Agreement of two files at two layers."""
    return compare(_first, _second, *layers)


@st.cache_resource(max_entries=4, show_spinner="Reading the vector file")
def _loaded(digest: str, name: str, _data: bytes) -> EmotionVectors:
    found = open_file(name, _data)
    if isinstance(found, EmotionVectors):
        return found
    raise VectorFileError(
        "The file does not say which model its vectors belong to",
        where=name,
        expected="a vector file, a bundle or a GGUF file from here",
        found=found.format,
        remedy="Take it in under Open or import vectors; then it can be chosen here",
    )


def _second(mapped: Mapped) -> tuple[EmotionVectors, str] | None:
    """The second file and an id of its content."""
    info = mapped.working.info
    sets = {set_id: label for set_id, label in shelf(info).items() if set_id != mapped.source.set_id}
    options = [_UPLOAD, *sets]
    kept("second", options, _UPLOAD)
    choice = st.selectbox(
        "Compare with",
        options,
        format_func=lambda one: sets.get(one, one),
        key="map_second",
        on_change=keep("second"),
        help="Another vector set of this session, or a file, also of another model.",
    )
    if choice != _UPLOAD and choice is not None:
        run_id = run_of(choice, info)
        with shown_errors():  # it may have been removed to make room
            return None if run_id is None else (vectors_of(run_id), run_id)
        return None
    file = upload_field(
        "Second vector file",
        key="second_file",
        help="A vector file, a bundle or a GGUF file from here; it may belong to another model.",
    )
    if file is not None:
        with shown_errors():
            st.session_state[_KEPT] = file.name, content(file)
    if _KEPT not in st.session_state:
        return None
    name, data = st.session_state[_KEPT]
    digest = hashlib.sha256(data).hexdigest()
    try:
        vectors = _loaded(digest, name, data)
    except EmotionCoreError as error:
        show_error(error)
        del st.session_state[_KEPT]
        return None
    st.caption(f"{plain(vectors.model.name)}: {len(vectors.emotions)} emotions, {vectors.n_layers} layers.")
    return vectors, digest
