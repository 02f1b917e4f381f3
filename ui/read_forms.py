"""What the visitor wants read: a text, a conversation, a template with values, or the built-in situations."""

from __future__ import annotations

import json

import pandas as pd
import streamlit as st

from emotion_core.errors import EmotionCoreError
from emotion_core.prompts.library import load_conversations, load_templates, read_conversation
from emotion_core.reading.dialogue import Said
from emotion_core.reading.dose import parse_values
from emotion_core.reading.text import MOST_CHARACTERS
from emotion_core.runs.readings import ReadingRequest, What, start_reading
from ui.errors import show_error
from ui.run_panel import remember_run
from ui.services import activation_cache, registry
from ui.working import Working

# The words of the link, `?what=Dose`, and the kind of reading.
READERS: dict[str, What] = {
    "Text": "text",
    "Conversation": "conversation",
    "Dose": "dose",
    "Situations": "situations",
}
_START = (
    "I was home early and put the kettle on. The cat slept on the warm sill. Then I saw that the back door stood "
    "open, and wet footprints went up the stairs. Somebody was walking in my room. I could not move. The steps came "
    "to the landing, and it was my sister with an armful of towels, laughing at my face."
)
_OWN = "Your own"


def reading_form(working: Working, what: What) -> None:
    """Draws the form and starts a reading at a click on its button; faults cost nothing that was read before."""
    if working.vectors is None:
        return
    request: ReadingRequest | None = None
    try:
        request = {"text": _text, "conversation": _conversation, "dose": _dose, "situations": _situations}[what]()
    except EmotionCoreError as error:
        show_error(error)
    pressed = st.button(
        "Read", type="primary", icon=":material/play_arrow:", key=f"go-{what}", disabled=request is None
    )
    if not pressed or request is None:
        return
    try:
        run_id = start_reading(registry(), working.owner, working.vectors, request, activation_cache())
    except EmotionCoreError as error:
        show_error(error)
        return
    remember_run(f"read {what}", run_id)
    st.rerun()


def _text() -> ReadingRequest:
    text = st.text_area(
        "Text",
        _START,
        height=140,
        max_chars=MOST_CHARACTERS,
        key="read-text",
        persist_state="session",
        help="Any length up to 100,000 characters: a text longer than the model's context is read in windows.",
    )
    return ReadingRequest("text", text=text or "")


def _conversation() -> ReadingRequest:
    library = {one.name: one for one in load_conversations()}
    left, right = st.columns([2, 3])
    name = left.selectbox(
        "Conversation",
        [*library, _OWN],
        key="read-conversation",
        persist_state="session",
        help="A built-in one, or your own: type it below or upload it.",
    )
    uploaded = right.file_uploader(
        "Upload one instead (JSON)",
        type=["json"],
        key="read-upload",
        help="A list of {role, content}; role is system, user or assistant.",
    )
    if uploaded is not None:
        turns = read_conversation(uploaded.name, uploaded.getvalue())
    else:
        if name in library:
            rows = [{"role": turn.role, "content": turn.content} for turn in library[name].turns]
        else:
            rows = [{"role": "user", "content": "I have to tell you something."}]
        edited = st.data_editor(
            pd.DataFrame(rows),
            num_rows="dynamic",
            width="stretch",
            hide_index=True,
            key=f"turns-{name}",
            column_config={
                "role": st.column_config.SelectboxColumn(
                    "Role", options=["system", "user", "assistant"], required=True
                ),
                "content": st.column_config.TextColumn("Text", width="large", required=True),
            },
        )
        turns = read_conversation("the conversation above", json.dumps(edited.to_dict("records")).encode())
    return ReadingRequest("conversation", turns=tuple(Said(turn.role, turn.content) for turn in turns))


def _dose() -> ReadingRequest:
    library = {one.name: one for one in load_templates()}
    name = st.selectbox(
        "Template",
        [*library, _OWN],
        key="read-template",
        persist_state="session",
        help="A text in which only a number changes, and the emotions that should follow it.",
    )
    chosen = library.get(str(name))
    text = st.text_area(
        "Text with {x} in the place of the number",
        chosen.template if chosen else "I have been waiting at the station for {x} hours.",
        key=f"template-{name}",
        persist_state="session",
        height=80,
    )
    values = st.text_input(
        "Numbers",
        ", ".join(f"{value:g}" for value in chosen.values) if chosen else "1, 2, 4, 8, 16, 32",
        key=f"values-{name}",
        persist_state="session",
        help="At least three, with commas.",
    )
    return ReadingRequest(
        "dose",
        text=text or "",
        values=parse_values(values or ""),
        rise=chosen.rise if chosen else (),
        fall=chosen.fall if chosen else (),
    )


def _situations() -> ReadingRequest:
    st.markdown(
        "Messages that imply an emotion and never name it. Does the implied one read highest among all emotions of the "
        "set? Choose a vector set with several emotions, such as emotions-12."
    )
    return ReadingRequest("situations")
