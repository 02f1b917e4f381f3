"""How texts are written: unit of strength, decoding, length, seed. For a sweep and for a cross-talk matrix."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from emotion_core.steering.writing import Decoding, Unit
from ui.help_texts import CHAT, SEED
from ui.more_settings import more_settings

_UNITS: dict[str, Unit] = {"Fraction of the residual norm": "fraction", "Raw multiples of the unit direction": "raw"}
_DECODINGS: dict[str, Decoding] = {"Sampling, same noise": "sample", "Greedy": "greedy"}


@dataclass(frozen=True)
class Writing:
    """How texts are written in a sweep and in a cross-talk matrix; named as in their settings, which take it whole."""

    unit: Unit
    decoding: Decoding
    temperature: float
    top_p: float
    max_new_tokens: int
    seed: int
    chat: bool


_DEFAULTS: dict[str, tuple[str, object]] = {
    "unit": ("unit", next(iter(_UNITS))),
    "decoding": ("decoding", next(iter(_DECODINGS))),
    "temperature": ("temperature", 1.0),
    "top_p": ("top-p", 1.0),
    "new_tokens": ("length", 40),
    "steer_seed": ("seed", 0),
    "steer_chat": ("chat template", False),
}


def writing_form() -> Writing:
    """Draws the fold."""
    with more_settings(_DEFAULTS):
        one, two, three = st.columns(3)
        unit = one.selectbox(
            "Unit of strength",
            list(_UNITS),
            key="unit",
            persist_state="session",
            help="A share of the usual length of the activations compares over layers and "
            "models; raw counts multiples of a vector of length 1.",
        )
        decoding = two.selectbox(
            "Decoding",
            list(_DECODINGS),
            key="decoding",
            persist_state="session",
            help="With the same noise at every strength, texts differ because of the strength and not by luck.",
        )
        new_tokens = three.number_input(
            "New tokens", 1, 400, 40, key="new_tokens", persist_state="session", help="Length of a continuation."
        )
        one, two, three = st.columns(3)
        temperature = one.number_input(
            "Temperature", 0.1, 3.0, 1.0, 0.1, key="temperature", persist_state="session", help="Below 1: safer words."
        )
        top_p = two.number_input(
            "Top-p", 0.05, 1.0, 1.0, 0.05, key="top_p", persist_state="session", help="Leaves out unlikely tokens."
        )
        seed = three.number_input("Seed", 0, 2**31 - 1, 0, key="steer_seed", persist_state="session", help=SEED)
        chat = st.toggle("Wrap prompts in the chat template", key="steer_chat", persist_state="session", help=CHAT)
    return Writing(
        _UNITS[str(unit)],
        _DECODINGS[str(decoding)],
        float(temperature),
        float(top_p),
        int(new_tokens),
        int(seed),
        bool(chat),
    )
