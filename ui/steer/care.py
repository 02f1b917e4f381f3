"""Steering with care, in a fold: the bound of a cap or a floor, a gate, and a schedule."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from emotion_core.steering.settings import EVERY_TOKEN, Gate, Schedule
from emotion_core.tracing.steer import BOUNDED, Operation
from emotion_core.vectors.emotion_vectors import EmotionVectors


@dataclass(frozen=True)
class Care:
    """When a token is steered, named as in the settings, which take it whole."""

    bound: float = 95.0
    gate: Gate | None = None
    schedule: Schedule = EVERY_TOKEN


def care_form(vectors: EmotionVectors, operation: Operation, *, key: str) -> Care:
    """Draws the fold; everything in it is off at first.

    Raises:
        SettingsError: A setting makes no sense.
    """
    with st.popover("When", icon=":material/tune:", help="Caps, gates and schedules: steer only some tokens."):
        bound = 95.0
        if operation in BOUNDED:
            bound = st.slider(
                "Bound, percentile of neutral text",
                0.0,
                100.0,
                95.0 if operation == "cap" else 5.0,
                0.5,
                key=f"{key}bound-{operation}",
                persist_state="session",
                help="Read along the direction itself over the tokens of neutral texts. Controls have the same "
                "percentile along themselves.",
            )
        opener = st.selectbox(
            "Only while another reading is high",
            ["", *vectors.emotions],
            format_func=lambda name: name or "always",
            key=f"{key}gate",
            persist_state="session",
            help="A gate: the token is steered only where this emotion reads above a percentile of neutral text at the "
            "steered layer. Elsewhere nothing is touched, bit for bit.",
        )
        gate = None
        if opener:
            high, low = "above", "below"
            side = st.segmented_control(
                "It opens", [high, low], default=high, key=f"{key}gate-side", persist_state="session"
            )
            percentile = st.slider(
                "this percentile of neutral text",
                0.0,
                100.0,
                95.0,
                0.5,
                key=f"{key}gate-at",
                persist_state="session",
                help="Of the readings of neutral tokens along that emotion.",
            )
            gate = Gate(str(opener), float(percentile), side == low)
        one, two, three = st.columns(3)
        start = one.number_input(
            "From token", 0, 1000, 0, key=f"{key}from", persist_state="session", help="Of the written ones, from 0."
        )
        tokens = two.number_input(
            "For tokens", 0, 1000, 0, key=f"{key}for", persist_state="session", help="0 for all that follow."
        )
        half = 0.0
        if operation != "clamp":
            half = three.number_input(
                "Half-life",
                0.0,
                1000.0,
                0.0,
                key=f"{key}half",
                persist_state="session",
                help="Tokens after which the strength has halved; 0 keeps it.",
            )
    return Care(float(bound), gate, Schedule(int(start), int(tokens), float(half or 0.0)))
