"""Vectors from other tools: what a file holds, a form for what it does not say, and the import as a run."""

from __future__ import annotations

from pathlib import PurePath

import streamlit as st

from emotion_core.base.errors import EmotionCoreError
from emotion_core.exchange.gguf import model_type
from emotion_core.exchange.open_file import (
    RECIPE,
    Answers,
    Found,
    PickledFileError,
    hint_mismatch,
    not_finite,
    open_file,
)
from emotion_core.runs.builds import start_import
from ui.errors import show_error, shown_errors
from ui.plain import plain
from ui.run_panel import is_open, run_panel
from ui.services import activation_cache, registry
from ui.uploads import content, upload_field
from ui.vector_sets import choose_next, put_on_shelf, upload
from ui.working import Working

_RUN = "import run"


def import_form(found: Found, working: Working, *, file_id: str) -> None:
    """Asks for what the file lacks and imports it for the chosen model; a finished import becomes the chosen set."""
    started = st.session_state.get(_RUN)
    if started is not None and started[0] == (file_id, working.info.fingerprint):
        _take_over(started[1])
        return
    st.markdown(plain(found.describe()))
    for doubt in filter(None, (hint_mismatch(found, model_type(working.info.architecture)), not_finite(found))):
        st.warning(plain(doubt), icon=":material/help:")
    answers = _answers(found, working)
    st.caption(
        f"It becomes a vector set of {plain(working.info.name)}. Its training rows are unknown, so it is scored on "
        "prompt sets you choose."
    )
    if not st.button("Import", type="primary", key="import", icon=":material/login:"):
        return
    with shown_errors():
        run_id = start_import(registry(), working.owner, found, answers, activation_cache())
        st.session_state[_RUN] = ((file_id, working.info.fingerprint), run_id)
        st.rerun()


def _answers(found: Found, working: Working) -> Answers:
    names: tuple[str, ...] = ()
    if found.unnamed:
        one = found.unnamed == 1
        # A file name such as fear.gguf is a good guess; whoever knows better types over it.
        guess = PurePath(found.source).stem if one else ""
        label = "Emotion" if one else f"Names of the {found.unnamed} emotions, with commas, in the order of the file"
        typed = st.text_input(
            label, guess, key="import_emotions", help="How the directions in the file are called on all pages."
        )
        names = (typed,) if one else tuple(typed.split(","))
    left, right = st.columns(2)
    last = working.info.layers - 1
    layer = None
    if found.needs_layer:
        layer = int(
            left.number_input(
                f"Layer it belongs to (0 to {last})",
                0,
                last,
                round(2 * last / 3),
                key="import_layer",
                help="Counted from 0: the output of that block. The file does not say.",
            )
        )
    shift = 0
    if found.numbers:
        shifts = {
            0: "as here: 0 is the output of the first block",
            -1: "from 1, or with the embeddings as 0",
        }
        shift = left.selectbox(
            "The file counts layers",
            list(shifts),
            format_func=shifts.__getitem__,
            key="import_shift",
            help="Tools differ in what they call layer 0; the wrong choice shifts every vector by one layer.",
        )
    selected = None
    if len(found.numbers) > 1:
        selected = right.number_input(
            "Layer to work with",
            0,
            last,
            None,
            key="import_selected",
            placeholder="nearest to two thirds of the depth",
            help="A layer chosen by cross-validation is known only for vectors that are built here.",
        )
    return Answers(names, layer, int(shift), None if selected is None else int(selected))


def _take_over(run_id: str) -> None:
    """Shows the running import; once it is done, makes it the chosen set."""
    run = run_panel(run_id, key="import")
    if run is None:
        if not is_open(run_id) and st.button("Change the answers", key="import_again"):
            st.session_state.pop(_RUN, None)
            st.rerun()
        return
    taken = "import taken over"
    if st.session_state.get(taken) != run_id:
        st.session_state[taken] = run_id
        put_on_shelf(run_id)
        choose_next(run_id)
        st.rerun()
    st.success("Imported; it is the chosen vector set.", icon=":material/check:")


# Takes a vector file that was downloaded before, or one of another tool.


def vector_upload(working: Working) -> None:
    """A fold with an uploader; a good file becomes the chosen vector set, a bad one gets a message.

    A file of this project says everything itself; for one of another tool a form asks for what is missing.
    """
    with st.expander("Open or import vectors", icon=":material/upload_file:"):
        file = upload_field(
            "Vector file",
            key="vector_file",
            help="A vector file or bundle from here, a control vector (GGUF) of repeng or llama.cpp, safetensors with "
            "layer.N keys, .npy or .npz; for the model chosen on the left.",
        )
        if file is None or st.session_state.get("vector file taken") == (file.file_id, working.info.fingerprint):
            return
        opened = None
        try:
            opened = open_file(file.name, content(file))
        except EmotionCoreError as error:
            show_error(error)
            if isinstance(error, PickledFileError):
                st.code(RECIPE, language="python", wrap_lines=True)
        if isinstance(opened, Found):
            import_form(opened, working, file_id=file.file_id)
        elif opened is not None:
            with shown_errors():
                set_id = upload(file.name, opened, working.info)
                st.session_state["vector file taken"] = (file.file_id, working.info.fingerprint)
                choose_next(set_id)
                st.rerun()
