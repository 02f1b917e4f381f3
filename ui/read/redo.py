"""The call that redoes a reading without the browser, with the files it needs."""

from __future__ import annotations

import streamlit as st

from emotion_core.experiments.reading import VECTORS, ReadingSettings, command
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import vector_bytes
from ui.downloads import download


def redo_call(settings: ReadingSettings, vectors: EmotionVectors | None) -> None:
    """Shows the command line and offers the files beside it.

    Args:
        settings: Of the reading.
        vectors: Those it was read with, where they are at hand.
    """
    line, files = command(settings)
    with st.expander("Redo this on the command line", icon=":material/terminal:"):
        st.code(line, language="bash", wrap_lines=True)
        with st.container(horizontal=True, key="redo-files"):
            if vectors is not None:
                kind = "application/octet-stream"
                download(VECTORS, lambda: vector_bytes(vectors), VECTORS, kind, key="redo-vectors")
            for name, data in files.items():
                mime = "application/json" if name.endswith(".json") else "text/plain"
                download(name, data, name, mime, key=f"redo-{name}")
        st.caption("Run it in the repository, with these files in the same folder.")
