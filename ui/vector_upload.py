"""Takes a vector file that was downloaded before."""

from __future__ import annotations

import streamlit as st

from ui.errors import shown_errors
from ui.services import app_settings
from ui.vector_sets import choose_next, upload
from ui.working import Working


def vector_upload(working: Working) -> None:
    """A fold with an uploader; a good file becomes the chosen vector set, a bad one gets a message."""
    with st.expander("Open a vector file (.safetensors)", icon=":material/upload_file:"):
        file = st.file_uploader(
            "Vector file",
            type=None,  # the content decides, not the name
            max_upload_size=app_settings().upload_mb,
            key="vector_file",
            help="A file downloaded from Build vectors, for the model chosen on the left.",
        )
        if file is None or st.session_state.get("vector file taken") == (file.file_id, working.info.fingerprint):
            return
        with shown_errors():
            set_id = upload(file.name, file.getvalue(), working.info)
            st.session_state["vector file taken"] = (file.file_id, working.info.fingerprint)
            choose_next(set_id)
            st.rerun()
