"""Takes a vector file that was downloaded before, or one of another tool."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.errors import EmotionCoreError
from emotion_core.exchange.open_file import RECIPE, Found, PickledFileError, open_file
from ui.errors import show_error, shown_errors
from ui.explore.vector_import import import_form
from ui.services import app_settings
from ui.uploads import content
from ui.vector_sets import choose_next, upload
from ui.working import Working


def vector_upload(working: Working) -> None:
    """A fold with an uploader; a good file becomes the chosen vector set, a bad one gets a message.

    A file of this project says everything itself; for one of another tool a form asks for what is missing.
    """
    with st.expander("Open or import vectors", icon=":material/upload_file:"):
        file = st.file_uploader(
            "Vector file",
            type=None,  # the content decides, not the name
            max_upload_size=app_settings().upload_mb,
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
