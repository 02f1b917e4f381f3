"""A conversation that comes with the app, so that the page shows one before anything was computed."""

from __future__ import annotations

import streamlit as st

from emotion_core.experiments.ship import shipped_conversation
from ui.plain import plain
from ui.talk.view import replies, said_before
from ui.working import Working


def shipped_talk(working: Working) -> None:
    """The shipped conversation of the chosen model, said to be one; nothing where there is none."""
    talk = shipped_conversation(working.info)
    if talk is None:
        st.caption(
            "Write a message below: the model answers twice from the same random numbers, unsteered and steered."
        )
        return
    emotion = working.emotion if working.emotion in talk.emotions else talk.emotions[0]
    st.info(
        f"An example, computed before with {plain(talk.model.name)} at layer {talk.layer}, temperature "
        f"{talk.settings.temperature:g}, seed {talk.settings.seed}. Write a message below to begin your own.",
        icon=":material/inventory_2:",
    )
    said_before(talk, emotion)
    replies(talk, emotion, key="shipped")
