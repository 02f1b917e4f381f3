"""The settings of a sweep: prompts and strengths in sight, the rest under "More settings"."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from emotion_core.steering.settings import Decoding, Scope, SweepSettings, Unit, parse_strengths
from emotion_core.tracing.steer import Operation
from emotion_core.vectors.emotion_vectors import EmotionVectors

START_PROMPTS = "When she opened the door, she\nIt was late in the evening when they"
CHOSEN = -1  # stands for the layer that cross-validation chose
_OPERATIONS: dict[str, Operation] = {"Add": "add", "Project out": "project_out", "Clamp": "clamp"}
_SCOPES: dict[str, Scope] = {"Generated text": "generated", "Prompt": "prompt", "Both": "both"}
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


@dataclass(frozen=True)
class _Place:
    operation: Operation
    scope: Scope
    layer: int | None


def steer_form(vectors: EmotionVectors, emotion: str) -> SweepSettings:
    """Draws the form.

    Raises:
        SettingsError: A setting makes no sense, such as an empty list of strengths.
    """
    amounts, place, more = _amounts(), _place(vectors, emotion), _more_settings()
    return SweepSettings(
        emotion=emotion,
        prompts=amounts.prompts,
        strengths=parse_strengths(amounts.strengths),
        controls=amounts.controls,
        samples=1 if more.decoding == "greedy" else amounts.samples,
        max_new_tokens=more.new_tokens,
        layer=place.layer,
        unit=more.unit,
        operation=place.operation,
        scope=place.scope,
        decoding=more.decoding,
        temperature=more.temperature,
        top_p=more.top_p,
        seed=more.seed,
        chat=more.chat,
    )


def _amounts() -> _Amounts:
    left, right = st.columns([3, 2])
    prompts = left.text_area(
        "Prompts, one a line",
        START_PROMPTS,
        key="prompts",
        persist_state="session",
        height=125,
        help="The model continues each of them at every strength.",
    )
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
    lines = tuple(line.strip() for line in (prompts or "").splitlines() if line.strip())
    return _Amounts(lines, strengths or "", int(samples), int(controls))


def _place(vectors: EmotionVectors, emotion: str) -> _Place:
    one, two, three = st.columns(3)
    operation = one.selectbox(
        "Operation",
        list(_OPERATIONS),
        key="operation",
        persist_state="session",
        help="Add moves along the direction; project out removes what lies along it (strength 1 removes all); clamp "
        "sets it to a value.",
    )
    scope = two.selectbox(
        "Where",
        list(_SCOPES),
        key="scope",
        persist_state="session",
        help="Steer the tokens being written, those of the prompt, or both.",
    )
    chosen = f"{vectors.layer_of(emotion)} (chosen on training texts)"
    layer = three.selectbox(
        "Layer",
        [CHOSEN, *range(vectors.n_layers)],
        format_func=lambda number: chosen if number == CHOSEN else str(number),
        key=f"layer_of_{vectors.n_layers}",
        persist_state="session",
        help="Block whose output is changed, counted from 0.",
    )
    return _Place(_OPERATIONS[str(operation)], _SCOPES[str(scope)], None if layer == CHOSEN else int(layer))


_DEFAULTS: dict[str, tuple[str, object]] = {
    "unit": ("unit", next(iter(_UNITS))),
    "decoding": ("decoding", next(iter(_DECODINGS))),
    "temperature": ("temperature", 1.0),
    "top_p": ("top-p", 1.0),
    "new_tokens": ("length", 40),
    "steer_seed": ("seed", 0),
    "steer_chat": ("chat template", False),
}


def _more_settings() -> _More:
    changed = [name for key, (name, value) in _DEFAULTS.items() if st.session_state.get(key, value) != value]
    label = "More settings" + (f" (changed: {', '.join(changed)})" if changed else "")
    with st.expander(label, icon=":material/tune:"):
        one, two, three = st.columns(3)
        unit = one.selectbox("Unit of strength", list(_UNITS), key="unit", persist_state="session")
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
        seed = three.number_input("Seed", 0, 2**31 - 1, 0, key="steer_seed", persist_state="session")
        chat = st.toggle("Wrap prompts in the chat template", key="steer_chat", persist_state="session")
    return _More(
        _UNITS[str(unit)],
        _DECODINGS[str(decoding)],
        float(temperature),
        float(top_p),
        int(new_tokens),
        int(seed),
        bool(chat),
    )
