"""Texts and conversations that a visitor gives to several kinds of reading: typed, chosen or uploaded."""

from __future__ import annotations

import json

import pandas as pd
import streamlit as st

from emotion_core.base.activations import ReadingPosition
from emotion_core.prompts.library import EXAMPLE_TEXT, load_conversations, read_conversation
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.places import OF_A_MESSAGE
from emotion_core.reading.text import MOST_CHARACTERS
from ui.linked import settings_of_link
from ui.uploads import content, upload_field

OWN = "Your own"


def spelled(name: str) -> str:
    """The name of a built-in text as words: "seven-failed-builds" is "Seven failed builds"."""
    return name.replace("-", " ").capitalize()


# Where a message is read, as the paper does first; None is where the texts of the vectors were.
_PLACES: dict[str, ReadingPosition | None] = {
    "At the last token before the reply": OF_A_MESSAGE["H"],
    "At the end of the message": OF_A_MESSAGE["U"],
    "Over the words of the message": OF_A_MESSAGE["T"],
    "Where the vectors' own texts were read": None,
}


def place_input(key: str) -> ReadingPosition | None:
    """Where whole messages are read."""
    chosen = st.selectbox(
        "Read",
        list(_PLACES),
        key=key,
        persist_state="session",
        help="The paper reads messages at the last token before the reply, and so does this by default. All places but "
        "the last wrap the text in the model's chat template; a model without one gets lines (User: ..., Assistant:) "
        "before a reply, and has the first and the last place only.",
    )
    return _PLACES[str(chosen)]


def text_input(key: str) -> str:
    """A text to read."""
    asked = settings_of_link("read-text")
    text = st.text_area(
        "Text",
        EXAMPLE_TEXT if asked is None else asked.text,
        height=140,
        max_chars=MOST_CHARACTERS,
        key=key,
        persist_state="session",
        help="Any length up to 100,000 characters: a text longer than the model's context is read in windows.",
    )
    return text or ""


def conversation_input(key: str) -> tuple[Turn, ...]:
    """A conversation: built in, typed turn by turn, or uploaded.

    Raises:
        PromptSetError: It cannot be read; the message names turn and key.
    """
    library = {one.name: one for one in load_conversations()}
    left, right = st.columns([2, 3])
    name = left.selectbox(
        "Conversation",
        [*library, OWN],
        key=f"{key}-conversation",
        format_func=spelled,
        persist_state="session",
        help="A built-in one, or your own: type it below or upload it.",
    )
    uploaded = upload_field(
        "Upload one instead (JSON)",
        place=right,
        type=["json", "jsonl", "ndjson"],
        key=f"{key}-upload",
        help="A list of {role, content}; role is system, user or assistant.",
    )
    if uploaded is not None:
        return read_conversation(uploaded.name, content(uploaded))
    if name in library:
        rows = [{"role": turn.role, "content": turn.content} for turn in library[name].turns]
    else:
        rows = [{"role": "user", "content": "I have to tell you something."}]
    edited = st.data_editor(
        pd.DataFrame(rows),
        num_rows="dynamic",
        width="stretch",
        hide_index=True,
        key=f"{key}-turns-{name}",
        column_config={
            "role": st.column_config.SelectboxColumn("Role", options=["system", "user", "assistant"], required=True),
            "content": st.column_config.TextColumn("Text", width="large", required=True),
        },
    )
    return read_conversation("the conversation above", json.dumps(edited.to_dict("records")).encode())
