"""The live view of the Steer page: sliders, and two texts that grow side by side."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.errors import EmotionCoreError
from emotion_core.steering.live import MOST_VECTORS, LiveSettings
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import show_error
from ui.help_texts import NEW_TOKENS, SEED
from ui.share import share_view
from ui.steer.live_link import LARGEST_SEED, MOST_TOKENS, REACH, STEP, live_link, read_live_link
from ui.steer.live_pair import live_pair
from ui.steer.prompts import START_PROMPTS
from ui.working import Working


def live_view(working: Working) -> None:
    """Sliders and texts; every change writes both texts anew, from the same noise."""
    if working.vectors is None or working.emotion is None:
        return
    try:
        settings = _form(working.vectors, working.emotion)
    except EmotionCoreError as error:
        show_error(error)
        return
    live_pair(working, working.vectors, settings, key="live")
    st.caption(
        f"Both texts share the sampling noise and are steered at layer {working.vectors.selected_layer}: they differ "
        "because of the vectors alone, from the underlined word on. "
        "One pair of texts shows nothing about the model; a sweep counts."
    )
    share_view("live", live_link(settings))


def _form(vectors: EmotionVectors, emotion: str) -> LiveSettings:
    """Prompt, vectors and sliders.

    Raises:
        SettingsError: The prompt is empty, or no vector is chosen.
    """
    vectors_key = f"live-vectors-{emotion}-{len(vectors.emotions)}"
    read_live_link(vectors.emotions, vectors_key)
    prompt = st.text_input(
        "Prompt",
        START_PROMPTS.splitlines()[0],
        key="live_prompt",
        persist_state="session",
        help="A beginning of your own; the model goes on from it.",
    )
    chosen = st.multiselect(
        "Vectors",
        vectors.emotions,
        default=[emotion],
        key=vectors_key,
        persist_state="session",
        max_selections=MOST_VECTORS,
        help="Up to three directions, added together, each with its own strength.",
    )
    columns = st.columns(max(1, len(chosen)))
    strengths = tuple(
        (
            name,
            float(
                column.slider(
                    f"Strength of {name}",
                    -REACH,
                    REACH,
                    0.2,
                    STEP,
                    format="%+.2f",
                    key=f"live-{name}",
                    persist_state="session",
                    help="As a fraction of the residual norm at the layer.",
                )
            ),
        )
        for name, column in zip(chosen, columns, strict=False)
    )
    one, two, _ = st.columns([1, 1, 2])
    tokens = one.number_input(
        "New tokens", 1, MOST_TOKENS, 40, key="live_tokens", persist_state="session", help=NEW_TOKENS
    )
    seed = two.number_input(
        "Seed of the noise", 0, LARGEST_SEED, 0, key="live_seed", persist_state="session", help=SEED
    )
    return LiveSettings(
        prompts=((prompt or "").strip(),), strengths=strengths, max_new_tokens=int(tokens), seed=int(seed)
    )
