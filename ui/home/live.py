"""Home's slider: the visitor's own beginning, continued with and without the direction while they watch."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.errors import EmotionCoreError
from emotion_core.steering.finding import signed
from emotion_core.steering.live import LiveSettings
from ui.errors import show_error
from ui.own_place import in_own_place
from ui.run_button import at_once_or_asked
from ui.steer.live_pair import live_pair
from ui.steer.prompts import START_PROMPTS
from ui.verdict import shows
from ui.working import Working

_STRENGTHS = [s / 20 for s in range(-12, 13)]  # in residual norms
_START = 0.3
_TOKENS = 30
_PATIENCE = 12.0  # seconds; a free model needs one


@in_own_place
@st.fragment
def home_live(working: Working) -> None:
    """A beginning, one slider, two texts."""
    if working.vectors is None or working.emotion is None:
        return
    emotion = working.emotion
    st.subheader("Move one slider and watch the text change", anchor=False)
    left, right = st.columns([3, 2])
    prompt = left.text_input(
        "The model continues",
        START_PROMPTS.splitlines()[0],
        max_chars=400,
        key="home_prompt",
        persist_state="session",
        help="Write a beginning of your own, in English: small models know little else.",
    )
    strength = right.select_slider(
        f"Strength of {emotion}",
        _STRENGTHS,
        value=_START,
        format_func=signed,
        key="home_strength",
        persist_state="session",
        help="How much of the direction is added at every token, as a share of the usual length of the model's "
        "activations at that layer. Below 0 it is taken away.",
    )
    if not (prompt or "").strip():
        st.caption("Write a few words for the model to go on from.")
        return
    try:
        settings = LiveSettings(
            prompts=(str(prompt).strip(),),
            strengths=((emotion, float(strength)),),
            max_new_tokens=_TOKENS,
            seed=int(st.session_state.get("home_seed", 0)),
        )
    except EmotionCoreError as error:
        show_error(error)
        return
    if not at_once_or_asked(working.owner, "Write both texts", key="write-live"):
        return
    written = live_pair(working, working.vectors, settings, key="home-live", patience=_PATIENCE)
    if not written:
        st.info(
            "The model is busy with other jobs, so these texts were not finished. The sweep below is ready.",
            icon=":material/hourglass_top:",
        )
    st.button(
        "Roll the dice again" if written else "Try again",
        key="home-again",
        icon=":material/casino:" if written else ":material/restart_alt:",
        on_click=_other_noise if written else None,
        help="The same settings with other random numbers." if written else None,
    )
    shows(
        f"Both texts are written now, token by token, with the same random numbers. Underlined is what changed because "
        f"{emotion} was added at layer {working.vectors.selected_layer}; further from 0 the text falls apart.",
        "That this holds for other texts: one pair is an anecdote. The sweep below counts.",
    )


def _other_noise() -> None:
    st.session_state["home_seed"] = st.session_state.get("home_seed", 0) + 1
