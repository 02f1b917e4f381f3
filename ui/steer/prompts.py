"""Prompts of a sweep: typed, taken from the built-in ones, or read from a text file."""

from __future__ import annotations

import streamlit as st

from emotion_core.prompts.library import load_openings
from ui.errors import shown_errors
from ui.services import app_settings
from ui.uploads import content

_KEY = "prompts"
START_PROMPTS = "When she opened the door, she\nIt was late in the evening when they"


def prompts_form() -> tuple[str, ...]:
    """Draws the field and returns its lines without empty ones and repetitions."""
    written = st.text_area(
        "Prompts, one a line",
        START_PROMPTS,
        key=_KEY,
        persist_state="session",
        height=125,
        help="The model continues each of them at every strength.",
    )
    with st.popover("Built-in prompts, or a file", icon=":material/library_add:"):
        for opening in load_openings():
            st.button(
                f"{opening.text} …",
                key=f"opening-{opening.name}",
                on_click=_append,
                args=(opening.text,),
                type="tertiary",
                help=opening.note,
            )
        st.file_uploader(
            "A text file, one prompt a line",
            type=["txt"],
            max_upload_size=app_settings().upload_mb,
            key="prompt_file",
            on_change=_append_file,
            help="Its lines are added to the prompts above.",
        )
    return tuple(dict.fromkeys(line.strip() for line in (written or "").splitlines() if line.strip()))


def _append(text: str) -> None:
    """Adds lines to the field unless they are there already."""
    lines = str(st.session_state.get(_KEY, START_PROMPTS)).splitlines()
    lines += [line for line in text.splitlines() if line.strip() and line not in lines]
    st.session_state[_KEY] = "\n".join(line for line in lines if line.strip())


def _append_file() -> None:
    file = st.session_state.get("prompt_file")
    if file is not None:
        with shown_errors():
            _append(content(file).decode("utf-8-sig", errors="replace"))
