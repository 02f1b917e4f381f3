"""Prompt files of the visitor: read once, and kept for the session when another page is opened."""

from __future__ import annotations

import streamlit as st

from emotion_core.prompts.files import read_prompt_bytes
from emotion_core.prompts.prompt_set import PromptSet
from ui.errors import shown_errors
from ui.services import app_settings
from ui.uploads import content


def prompt_uploader(kept: str, *, key: str, help_text: str) -> dict[str, PromptSet]:
    """Draws an uploader and returns all sets that it has brought in this session, by name; a bad file is explained.

    Args:
        kept: Key of the session that the sets are kept under.
        key: Of the widget.
        help_text: What the files have to hold.
    """
    files = st.file_uploader(
        "CSV, TSV, JSON or JSONL files",
        accept_multiple_files=True,
        max_upload_size=app_settings().upload_mb,
        key=key,
        help=help_text,
    )
    own = uploaded_sets(kept)
    for file in files or []:
        with shown_errors():
            one = read_prompt_bytes(file.name, content(file))
            own[one.name] = one
    return own


def uploaded_sets(kept: str) -> dict[str, PromptSet]:
    """The sets kept under a key."""
    own: dict[str, PromptSet] = st.session_state.setdefault(kept, {})
    return own
