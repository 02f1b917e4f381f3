"""Texts that are longer than the model's context: a switch that leaves their rows out."""

from __future__ import annotations

import streamlit as st

from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.tracing.located import leave_out_long
from ui.plain import plain
from ui.services import ask


def without_long(owner: ModelOwner, prompt_sets: tuple[PromptSet, ...], chat: bool) -> tuple[PromptSet, ...]:
    """Draws the switch and returns the sets, with it on those without rows that are too long.

    Raises:
        ModelError: A text has nothing that could be read.
    """
    wanted = st.toggle(
        "Leave out rows that are too long",
        key="leave out long",
        persist_state="session",
        help="Rows with a text that is longer than the model's context. Without this such a text stops the build, "
        "since it would be missing from the vectors.",
    )
    if not wanted or not prompt_sets:
        return prompt_sets
    left = ask(owner, leave_out_long(owner.model, prompt_sets, chat))
    for before, after in zip(prompt_sets, left, strict=True):
        for sentence in after.dropped[len(before.dropped) :]:
            st.caption(f"{plain(after.name)}: {plain(sentence)}")
    return left
