"""The settings of a sweep: prompts and strengths in sight, the rest under "More settings"."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from emotion_core.steering.settings import SweepSettings, parse_strengths
from emotion_core.steering.writing import Decoding, Unit
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.help_texts import CHAT, SEED
from ui.steer.compare import company_form
from ui.steer.place import place_form
from ui.steer.prompts import prompts_form

_UNITS: dict[str, Unit] = {"Fraction of the residual norm": "fraction", "Raw multiples of the unit direction": "raw"}
_DECODINGS: dict[str, Decoding] = {"Sampling, same noise": "sample", "Greedy": "greedy"}


@dataclass(frozen=True)
class _More:
    unit: Unit
    decoding: Decoding
    temperature: float
    top_p: float
    new_tokens: int
    seed: int
    chat: bool


@dataclass(frozen=True)
class _Amounts:
    prompts: tuple[str, ...]
    strengths: str
    samples: int
    controls: int


def steer_form(vectors: EmotionVectors, emotion: str) -> SweepSettings:
    """Draws the form.

    Raises:
        SettingsError: A setting makes no sense, such as an empty list of strengths.
    """
    amounts = amounts_form()
    place = place_form(vectors, vectors.layer_of(emotion))
    company, more = company_form(vectors, emotion), more_settings()
    return SweepSettings(
        emotion=emotion,
        prompts=amounts.prompts,
        strengths=parse_strengths(amounts.strengths),
        controls=amounts.controls,
        samples=1 if more.decoding == "greedy" else amounts.samples,
        max_new_tokens=more.new_tokens,
        layer=place.layer,
        span=place.span,
        mix=company.mix,
        shuffles=company.shuffles,
        others=company.others,
        words=company.words,
        unit=more.unit,
        operation=place.operation,
        scope=place.scope,
        decoding=more.decoding,
        temperature=more.temperature,
        top_p=more.top_p,
        seed=more.seed,
        chat=more.chat,
    )


def amounts_form() -> _Amounts:
    """Prompts, strengths, samples and controls."""
    left, right = st.columns([3, 2])
    with left:
        prompts = prompts_form()
    with right:
        strengths = st.text_input(
            "Strengths",
            "-0.4:0.4:0.1",
            key="strengths",
            persist_state="session",
            help="From:to:step, or numbers with commas. 1 is as long as the residual stream usually is at the layer; "
            "useful strengths lie around 0.05 to 0.5.",
        )
        one, two = st.columns(2)
        samples = one.number_input(
            "Samples", 1, 64, 4, key="samples", persist_state="session", help="Texts for each prompt and strength."
        )
        controls = two.number_input(
            "Control directions",
            0,
            64,
            8,
            key="controls",
            persist_state="session",
            help="Random directions of the same length, steered the same way: what chance does. At least 3 are needed "
            "for a band.",
        )
    return _Amounts(prompts, strengths or "", int(samples), int(controls))


_DEFAULTS: dict[str, tuple[str, object]] = {
    "unit": ("unit", next(iter(_UNITS))),
    "decoding": ("decoding", next(iter(_DECODINGS))),
    "temperature": ("temperature", 1.0),
    "top_p": ("top-p", 1.0),
    "new_tokens": ("length", 40),
    "steer_seed": ("seed", 0),
    "steer_chat": ("chat template", False),
}


def more_settings() -> _More:
    """The settings that are seldom changed."""
    changed = [name for key, (name, value) in _DEFAULTS.items() if st.session_state.get(key, value) != value]
    label = "More settings" + (f" (changed: {', '.join(changed)})" if changed else "")
    with st.expander(label, icon=":material/tune:"):
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
    return _More(
        _UNITS[str(unit)],
        _DECODINGS[str(decoding)],
        float(temperature),
        float(top_p),
        int(new_tokens),
        int(seed),
        bool(chat),
    )
