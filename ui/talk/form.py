"""How the next reply is steered: emotions and strengths in sight, everything else in two folds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from emotion_core.experiments.talk import usable_in_sd
from emotion_core.prompts.library import Turn
from emotion_core.reading.talk import MOST_EMOTIONS, TalkSettings
from emotion_core.reading.talking import TalkScale
from emotion_core.tracing.steer import SHARES
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.fields import field
from ui.plain import plain
from ui.services import store
from ui.steer.care import care_form

_NUMBERS = ("max_new_tokens", "temperature", "seed", "rival")
REACH = 12.0  # standard deviations of neutral tokens, to both sides of the slider


@dataclass(frozen=True)
class Steering:
    """What the form says, named as in the settings of a turn.

    Attributes:
        asked: Fields of `TalkSettings` but for the turns.
        system: The system prompt; empty for none.
    """

    asked: dict[str, Any]
    system: str

    def turns(self, said: tuple[Turn, ...], message: str) -> tuple[Turn, ...]:
        """The conversation with the user's next message, under the system prompt of the form."""
        rest = tuple(turn for turn in said if turn.role != "system")
        first = (Turn("system", self.system),) if self.system and self.asked["chat"] else ()
        return (*first, *rest, Turn("user", message))


def steering_form(vectors: EmotionVectors, emotion: str, scale: TalkScale | None) -> Steering:
    """Draws the form.

    Raises:
        SettingsError: A setting makes no sense.
    """
    operation = st.session_state.get("talk-operation", "add")
    chosen = st.multiselect(
        "Steer along",
        vectors.emotions,
        default=[emotion],
        key=f"talk-emotions-{emotion}-{len(vectors.emotions)}",
        persist_state="session",
        max_selections=MOST_EMOTIONS,
        help="Up to three directions at once, each with a strength of its own. The emotion of the sidebar colours the "
        "tokens.",
    )
    strengths = [(name, _strength(name, vectors, scale, share=operation in SHARES)) for name in chosen or [emotion]]
    with st.container(horizontal=True):
        with st.popover("How", icon=":material/build:", help="What is done with the direction, and where."):
            field(TalkSettings, "operation", key="talk-operation")
            scope = field(TalkSettings, "scope", key="talk-scope")
            layer = st.selectbox(
                "Layer",
                [None, *range(vectors.n_layers)],
                format_func=lambda one: f"{vectors.selected_layer} (chosen at the build)" if one is None else str(one),
                key=f"talk-layer-{vectors.n_layers}",
                persist_state="session",
                help="Whose output is steered and read. The one chosen at the build is where the direction was tested.",
            )
        care = care_form(vectors, operation, key="talk-")
        with st.popover("Model", icon=":material/settings:", help="System prompt, length, temperature, dice."):
            system = st.text_area(
                "System prompt",
                key="talk-system",
                persist_state="session",
                max_chars=4000,
                help="Stands before the conversation; empty for none.",
            )
            numbers = {name: field(TalkSettings, name, key=f"talk-{name}") for name in _NUMBERS}
            text = st.toggle(
                "Continue a text instead of answering",
                key="talk-text",
                persist_state="session",
                help="The message is the beginning of a text, and the model goes on from it.",
            )
    asked = {
        "strengths": tuple(strengths),
        "operation": operation,
        **vars(care),
        **numbers,
        "scope": scope,
        "layer": layer,
        "chat": not text,
    }
    return Steering(asked, (system or "").strip())


def _strength(name: str, vectors: EmotionVectors, scale: TalkScale | None, *, share: bool) -> float:
    """One slider, with what its value means underneath."""
    if share:
        return float(
            st.slider(
                f"{name}: share", 0.0, 1.0, 1.0, 0.05, key=f"talk-share-{name}", help="1 takes all of it, 0 nothing."
            )
        )
    value = float(
        st.slider(
            f"Strength of {name}",
            -REACH,
            REACH,
            4.0,
            0.5,
            format="%+.1f SD",
            key=f"talk-strength-{name}",
            persist_state="session",
            help="In standard deviations of neutral tokens along the direction, the unit of the colours. Below 0 it is "
            "taken away.",
        )
    )
    if scale is not None:
        words = f"{abs(scale.share(vectors, name, value)):.0%} of the stream's usual length"
        window = usable_in_sd(store(), vectors, name, scale)
        if window is not None:
            inside = window[0] <= value <= window[1]
            words += f" · usable in the last sweep: {window[0]:+.1f} to {window[1]:+.1f} SD"
            words += "" if inside else " (outside)"
        st.caption(plain(words))
    return value
