"""Contrasts of the visitor's own that a direction must not light up for: the same files as for building."""

from __future__ import annotations

import streamlit as st

from emotion_core.errors import EmotionCoreError
from emotion_core.prompts.builtin import builtin_names, load_prompts
from emotion_core.prompts.files import read_prompt_bytes
from emotion_core.prompts.prompt_set import PromptSet
from ui.errors import show_error, shown_errors
from ui.services import app_settings
from ui.uploads import content

_OWN = "own confound sets"


def uploaded_confounds() -> dict[str, PromptSet]:
    """The files of this session, by name."""
    own: dict[str, PromptSet] = st.session_state.setdefault(_OWN, {})
    return own


def own_confounds() -> tuple[PromptSet, ...]:
    """A fold with an uploader and the built-in sets; returns what is chosen."""
    own = uploaded_confounds()
    with st.expander("Test a contrast of your own", icon=":material/upload_file:"):
        st.caption(
            "Pairs that differ in something that is not the emotion, in the same formats as under Build vectors: "
            "`positive` and `negative`, or `emotion` and `text`. All rows are tested."
        )
        limit = app_settings().upload_mb
        files = st.file_uploader(
            "CSV, TSV, JSON or JSONL files",
            accept_multiple_files=True,
            max_upload_size=limit,
            key="confound_files",
            help="One file a contrast; its name is the name of the contrast.",
        )
        for file in files or []:
            try:
                one = read_prompt_bytes(file.name, content(file))
                own[one.name] = one
            except EmotionCoreError as error:
                show_error(error)
        names = [*own, *(n for n in builtin_names(present_only=True) if not n.startswith("confound-") and n not in own)]
        chosen = st.multiselect(
            "Contrasts tested besides the built-in ones",
            [one for one in names if one != "neutral"],
            default=list(own),
            key=f"own_confounds_{len(own)}",
            help="Uploaded files of this session, and other built-in prompt sets.",
        )
    found = []
    for name in chosen:
        with shown_errors():
            found.append(own[name] if name in own else load_prompts(name))
    return tuple(found)
