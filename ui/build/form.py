"""The settings of a build: those that matter in sight, the rest under "More settings"."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.activations import Pooling, ReadingPosition
from emotion_core.charts.variants import ESTIMATOR_WORDS
from emotion_core.vectors.emotion_vectors import ESTIMATORS
from emotion_core.vectors.settings import BuildSettings
from ui.more_settings import more_settings

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
    estimator = middle.selectbox(
        "Estimator",
        ESTIMATORS,
        format_func=lambda one: ESTIMATOR_WORDS[one].capitalize(),
        key="estimator",
        persist_state="session",
        help="How a direction is drawn from the activations. Difference in means is the usual choice: mean of the "
        "positive texts minus mean of the negative ones.",
    )
    neutral = right.toggle(
        "Project out neutral directions",
        value=BuildSettings.neutral_projection,
        key="neutral_projection",
        persist_state="session",
        help="Removes the main directions in which neutral texts differ from each other (half of their variance). In "
        "real models such a direction can be many times as large as any emotion; in others the emotions lie along it.",
    )
    seed, folds, chat = _more_settings()
    pooling = _POSITIONS[str(position)]
    reading = ReadingPosition(pooling, int(start), chat or pooling == "answer")
    return BuildSettings(estimator or ESTIMATORS[0], reading, neutral, seed, folds)


def _more_settings() -> tuple[int, int, bool]:
    defaults = {"build_seed": ("seed", 0), "folds": ("folds", 5), "chat": ("chat template", False)}
    with more_settings(defaults):
        one, two, three = st.columns(3)
        seed = one.number_input(
            "Seed", 0, 2**31 - 1, 0, key="build_seed", persist_state="session", help="Of every random choice."
        )
        folds = two.number_input(
            "Folds",
            2,
            20,
            5,
            key="folds",
            persist_state="session",
            help="The layer is chosen on training texts only, in this many parts kept together by topic.",
        )
        chat = three.toggle(
            "Wrap texts in the chat template",
            key="chat",
            persist_state="session",
            help="For models trained for conversations.",
        )
    return int(seed), int(folds), bool(chat)
