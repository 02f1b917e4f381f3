"""Contrasts of the visitor's own that a direction must not light up for: the same files as for building."""

from __future__ import annotations

import streamlit as st

from emotion_core.prompts.builtin import builtin_names, load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from ui.errors import shown_errors
from ui.prompt_upload import prompt_uploader, uploaded_sets

_OWN = "own confound sets"


def uploaded_confounds() -> dict[str, PromptSet]:
    """The files of this session, by name."""
    return uploaded_sets(_OWN)


def own_confounds() -> tuple[PromptSet, ...]:
    """A fold with an uploader and the built-in sets; returns what is chosen."""
    with st.expander("Test a contrast of your own", icon=":material/upload_file:"):
        st.caption(
            "Pairs that differ in something that is not the emotion, in the same formats as under Build vectors: "
            "`positive` and `negative`, or `emotion` and `text`. All rows are tested."
        )
        own = prompt_uploader(
            _OWN, key="confound_files", help_text="One file a contrast; its name is the name of the contrast."
        )
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
