"""The settings of a build: those that matter in sight, the rest under "More settings"."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.activations import Pooling, ReadingPosition
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.vectors.build import leave_out_long
from emotion_core.vectors.emotion_vectors import BuildSettings
from ui.fields import field, fields, fold
from ui.plain import plain
from ui.services import ask_once

_POSITIONS: dict[str, Pooling] = {
    "Mean over tokens, not the first": "mean",
    "Mean from a token on": "mean",
    "Last content token": "last_content",
    "Last token": "last",
    "Where the answer begins": "answer",
}


def build_form() -> BuildSettings:
    """Draws the form.

    Raises:
        SettingsError: The settings make no sense together.
    """
    left, middle, right = st.columns(3, vertical_alignment="top")
    with left:
        position = st.selectbox(
            "Reading position",
            list(_POSITIONS),
            key="reading",
            persist_state="session",
            help="Which tokens of a text stand for it. The mean over all but the first token suits short texts; for "
            "stories start later, where the emotion has become clear.",
        )
        start = 0
        if position == "Mean from a token on":
            start = st.number_input(
                "First token read",
                0,
                2000,
                50,
                key="reading_start",
                persist_state="session",
                help="Tokens before this one are left out of the mean, counted from 0. Shorter texts are read at their "
                "last token.",
            )
    estimator = field(BuildSettings, "estimator", middle, key="estimator")
    neutral = field(BuildSettings, "neutral_projection", right, key="neutral_projection")
    keys = {"seed": "build_seed", "folds": "folds"}
    with fold(BuildSettings, keys, chat=("chat template", False)):
        more = fields(BuildSettings, keys, columns=3)
        chat = st.toggle(
            "Wrap texts in the chat template",
            key="chat",
            persist_state="session",
            help="For models trained for conversations.",
        )
    pooling = _POSITIONS[str(position)]
    reading = ReadingPosition(pooling, int(start), chat or pooling == "answer")
    return BuildSettings(estimator, reading, neutral, **more)


# Texts that are longer than the model's context: a switch that leaves their rows out.


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
    left = ask_once(owner, "leave out long", (prompt_sets, chat), leave_out_long(owner.model, prompt_sets, chat))
    for before, after in zip(prompt_sets, left, strict=True):
        for sentence in after.dropped[len(before.dropped) :]:
            st.caption(f"{plain(after.name)}: {plain(sentence)}")
    return left
