"""Finished readings on the page: which part is shown, and what to take along."""

from __future__ import annotations

import streamlit as st

from emotion_core.runs.readings import KIND, Reading, What, load_reading
from ui.errors import shown_errors
from ui.read_conversation import conversation_result
from ui.read_dose import dose_result
from ui.read_situations import situations_result
from ui.read_text import text_result
from ui.run_panel import current_run, link_hint, run_panel
from ui.services import store
from ui.working import Working


def reading_result(working: Working, what: What) -> None:
    """The reading of this kind, as far as it is."""
    run_id = current_run(f"read {what}")
    if run_id is None:
        st.info("Press the button: the reading appears here.", icon=":material/info:")
        return
    run = run_panel(run_id, key=f"read-{what}")
    if run is None:
        return
    if run.kind != KIND:
        st.info("The link belongs to another page.", icon=":material/info:")
        return
    with shown_errors():
        found = load_reading(store(), run.id)
        if found.request.what != what:
            st.info("The link belongs to another kind of reading; choose it above.", icon=":material/info:")
            return
        st.divider()
        _show(found, working)
        link_hint()


def _show(found: Reading, working: Working) -> None:
    if found.text is not None:
        text_result(found.text, _emotion(found.text.emotions, working))
    elif found.conversation is not None:
        conversation_result(found.conversation, _emotion(found.conversation.tokens.emotions, working))
    elif found.dose is not None:
        dose_result(found.dose, _emotion(found.dose.emotions, working))
    elif found.situations is not None:
        situations_result(found.situations)


def _emotion(emotions: tuple[str, ...], working: Working) -> str:
    """The chosen emotion where the reading has it, else the first."""
    return working.emotion if working.emotion in emotions else emotions[0]
