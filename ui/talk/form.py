"""How the next reply is steered: emotions and strengths in sight, everything else in two folds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from emotion_core.experiments.experiment import find
from emotion_core.experiments.ship import shipped_conversation
from emotion_core.experiments.talk import TALK_SCALE, Neutral, usable_in_sd
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.talk import MOST_EMOTIONS, TalkSettings
from emotion_core.reading.talking import TalkScale, remember_scale
from emotion_core.steering.settings import EVERY_TOKEN
from emotion_core.tracing.steer import SHARES, Operation
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.experiments import run_result, start_run
from ui.fields import field
from ui.plain import minus, plain
from ui.run_panel import run_panel
from ui.services import app_settings, store
from ui.steer.form import care_form
from ui.talk.view import replies, said_before
from ui.visitor import visitor
from ui.working import Working

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

    def settings(self, turns: tuple[Turn, ...]) -> TalkSettings:
        """A conversation, its last turn the user's, to be answered by the form and under its system prompt.

        Where a text is continued, the last turn alone is its beginning.
        """
        if not self.asked["chat"]:
            return TalkSettings(turns=turns[-1:], **self.asked)
        rest = tuple(turn for turn in turns if turn.role != "system")
        first = (Turn("system", self.system),) if self.system else ()
        return TalkSettings(turns=(*first, *rest), **self.asked)


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
    strengths, meanings = [], {}
    for name in chosen or [emotion]:
        strengths.append((name, _strength(name, operation)))
        meanings[name] = st.container()  # what the value means depends on what is chosen below
    with st.container(horizontal=True):
        with st.popover("How", icon=":material/build:", help="What is done with the direction, and where."):
            field(TalkSettings, "operation", key="talk-operation")
            scope = field(TalkSettings, "scope", key="talk-scope")
            layer = st.selectbox(
                "Layer",
                [None, *range(vectors.n_layers)],
                format_func=lambda one: f"{vectors.selected_layer} (chosen at the build)" if one is None else str(one),
                key=f"talk-layer-{vectors.n_layers}-{vectors.selected_layer}",
                persist_state="session",
                help="Whose output is steered and read. The one chosen at the build is where the direction was tested.",
            )
        care = care_form(vectors, operation, key="talk-")
        with st.popover("Model", icon=":material/settings:", help="System prompt, length, temperature, dice."):
            text = st.toggle(
                "Continue a text instead of answering",
                key="talk-text",
                persist_state="session",
                help="The message is the beginning of a text, and the model goes on from it.",
            )
            system = st.text_area(
                "System prompt",
                key="talk-system",
                persist_state="session",
                max_chars=4000,
                help="Stands before the conversation; empty for none. A text that is continued has none.",
                disabled=bool(text),
            )
            numbers = {name: field(TalkSettings, name, key=f"talk-{name}") for name in _NUMBERS}
    if text:
        st.caption(
            "Every message begins a new text, which the model continues; what was said before and the system prompt "
            "are no part of it."
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
    if scale is not None:
        for name, value in strengths:
            meanings[name].caption(plain(_meaning(name, value, vectors, scale, asked)))
    return Steering(asked, (system or "").strip())


def _strength(name: str, operation: Operation) -> float:
    """One slider."""
    if operation in SHARES:
        return float(
            st.slider(
                f"{name}: share",
                0.0,
                1.0,
                1.0,
                0.05,
                key=f"talk-share-{name}",
                persist_state="session",
                help="1 takes all of it, 0 nothing.",
            )
        )
    below = "the reading is set below neutral text" if operation == "clamp" else "it is taken away"
    return float(
        st.slider(
            f"Strength of {name}",
            -REACH,
            REACH,
            4.0,
            0.5,
            format="%+.1f SD",
            key=f"talk-strength-{name}",
            persist_state="session",
            help="In standard deviations of neutral tokens along the direction, the unit of the colours. Steer counts "
            f"in those of whole texts, which differ less, so its numbers are larger. Below 0 {below}.",
        )
    )


def _meaning(name: str, value: float, vectors: EmotionVectors, scale: TalkScale, asked: dict[str, Any]) -> str:
    """What a strength does at the steered layer, in words; empty for a share, which says it itself."""
    layer = vectors.selected_layer if asked["layer"] is None else asked["layer"]
    if asked["operation"] == "clamp":
        to = minus(f"{value:+.1f} SD from the middle of neutral tokens, whatever it was")
        return f"The reading at layer {layer} is set to {to}" if value else "At 0 nothing is done"
    if asked["operation"] != "add":
        return ""
    share = abs(scale.share(vectors, name, value, layer))
    words = f"A push as long as {share:.0%} of the model's state at layer {layer}"
    always = asked["gate"] is None and asked["schedule"] == EVERY_TOKEN
    if not always:
        return words
    own = {run.id for run in store().of(visitor())} if app_settings().hosted else None
    found = usable_in_sd(
        store(),
        vectors,
        name,
        scale,
        layer,
        scope=asked["scope"],
        chat=asked["chat"],
        may_see=lambda run: own is None or run.pinned or run.id in own,
    )
    if found is not None:
        words += " · in the last sweep with such a push what was written made sense from "
        words += minus(f"{found.low:+.1f} to {found.high:+.1f}") + " SD"
        further = (value > found.high and found.high == found.tried[1]) or (
            value < found.low and found.low == found.tried[0]
        )
        words += "" if found.low <= value <= found.high else " (nothing further was tried)" if further else " (outside)"
    return words


# What neutral conversations read: found, shipped, or read once behind the page, and handed to the talks to come.


def talk_scale(working: Working, vectors: EmotionVectors) -> TalkScale | None:
    """The scale, or None while it is being read, which the panel shows; typing goes on."""
    run_id = find(store(), vectors, TALK_SCALE, Neutral())
    if run_id is None:
        if not working.owner.loaded:
            return None
        run_id = start_run(working, TALK_SCALE, Neutral(), everybody=True)
        if run_panel(run_id, key="talk-scale", shared=True) is None:
            return None
    return _kept(run_id, vectors)


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept(run_id: str, _vectors: EmotionVectors) -> TalkScale:
    scale = run_result(run_id, TALK_SCALE)
    remember_scale(_vectors, scale)
    return scale


# A conversation that comes with the app, so that the page shows one before anything was computed.


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
