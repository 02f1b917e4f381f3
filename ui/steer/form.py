"""The settings of a sweep: prompts and strengths in sight, what is steered and beside what, the rest in a fold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import streamlit as st

from emotion_core.prompts.library import load_openings
from emotion_core.steering.settings import EVERY_TOKEN, Gate, Schedule, SweepSettings, WritingSettings, parse_strengths
from emotion_core.tracing.steer import BOUNDED, OPERATIONS, Operation
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import shown_errors
from ui.fields import field, fields, fold
from ui.linked import settings_of_link
from ui.steer.compare import company_form
from ui.uploads import content, upload_field

# How texts are written: unit of strength, decoding, length, seed. For a sweep and for a cross-talk matrix.

# Setting and key of its widget.
_KEYS = {
    "unit": "unit",
    "decoding": "decoding",
    "max_new_tokens": "new_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "seed": "steer_seed",
    "chat": "steer_chat",
}


def writing_form(asked: WritingSettings | None = None) -> dict[str, Any]:
    """Draws the fold, with the values of `asked` to begin with; the settings by their names."""
    with fold(WritingSettings, _KEYS):
        return fields(WritingSettings, _KEYS, columns=3, like=asked)


# Prompts of a sweep: typed, taken from the built-in ones, or read from a text file.

_KEY = "prompts"
START, START_SHARES = "-0.4:0.4:0.1", "0.5, 1"
START_PROMPTS = "When she opened the door, she\nIt was late in the evening when they"


def prompts_form(asked: WritingSettings | None = None) -> tuple[str, ...]:
    """Draws the field, at first with the prompts of `asked`; its lines without empty ones and repetitions."""
    written = st.text_area(
        "Prompts, one a line",
        START_PROMPTS if asked is None else "\n".join(asked.prompts),
        key=_KEY,
        persist_state="session",
        height=125,
        help="The model continues each of them at every strength.",
    )
    with st.popover("Built-in prompts, or a file", icon=":material/library_add:"):
        for opening in load_openings():
            st.button(
                f"{opening.text} …",
                key=f"opening-{opening.name}",
                on_click=_append,
                args=(opening.text,),
                type="tertiary",
                help=opening.note,
            )
        upload_field(
            "A text file, one prompt a line",
            type=["txt"],
            key="prompt_file",
            on_change=_append_file,
            help="Its lines are added to the prompts above.",
        )
    return tuple(dict.fromkeys(line.strip() for line in (written or "").splitlines() if line.strip()))


def _append(text: str) -> None:
    """Adds lines to the field unless they are there already."""
    lines = str(st.session_state.get(_KEY, START_PROMPTS)).splitlines()
    lines += [line for line in text.splitlines() if line.strip() and line not in lines]
    st.session_state[_KEY] = "\n".join(line for line in lines if line.strip())


def _append_file() -> None:
    file = st.session_state.get("prompt_file")
    if file is not None:
        with shown_errors():
            _append(content(file).decode("utf-8-sig", errors="replace"))


# Steering with care, in a fold: the bound of a cap or a floor, a gate, and a schedule.


@dataclass(frozen=True)
class Care:
    """When a token is steered, named as in the settings, which take it whole."""

    bound: float = 95.0
    gate: Gate | None = None
    schedule: Schedule = EVERY_TOKEN


def care_form(vectors: EmotionVectors, operation: Operation, *, key: str, asked: WritingSettings | None = None) -> Care:
    """Draws the fold; everything in it is off at first, or as in `asked`.

    Raises:
        SettingsError: A setting makes no sense.
    """
    with st.popover("When", icon=":material/tune:", help="Caps, gates and schedules: steer only some tokens."):
        bound = 95.0
        if operation in BOUNDED:
            usual = 95.0 if operation == "cap" else 5.0
            bound = st.slider(
                "Bound, percentile of neutral text",
                0.0,
                100.0,
                asked.bound if asked is not None and asked.operation == operation else usual,
                0.5,
                key=f"{key}bound-{operation}",
                persist_state="session",
                help="Read along the direction itself over the tokens of neutral texts. Controls have the same "
                "percentile along themselves.",
            )
        before = None if asked is None else asked.gate
        openers = ["", *vectors.emotions]
        opener = st.selectbox(
            "Only while another reading is high",
            openers,
            openers.index(before.emotion) if before is not None and before.emotion in openers else 0,
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
                "It opens",
                [high, low],
                default=low if before is not None and before.below else high,
                key=f"{key}gate-side",
                persist_state="session",
            )
            percentile = st.slider(
                "this percentile of neutral text",
                0.0,
                100.0,
                95.0 if before is None else before.percentile,
                0.5,
                key=f"{key}gate-at",
                persist_state="session",
                help="Of the readings of neutral tokens along that emotion.",
            )
            gate = Gate(str(opener), float(percentile), side == low)
        one, two, three = st.columns(3)
        when = EVERY_TOKEN if asked is None else asked.schedule
        start = one.number_input(
            "From token",
            0,
            1000,
            min(when.start, 1000),
            key=f"{key}from",
            persist_state="session",
            help="Of the written ones, from 0.",
        )
        tokens = two.number_input(
            "For tokens",
            0,
            1000,
            min(when.tokens, 1000),
            key=f"{key}for",
            persist_state="session",
            help="0 for all that follow.",
        )
        half = 0.0
        if operation != "clamp":
            half = three.number_input(
                "Half-life",
                0.0,
                1000.0,
                min(float(when.half_life), 1000.0),
                key=f"{key}half",
                persist_state="session",
                help="Tokens after which the strength has halved; 0 keeps it.",
            )
    return Care(float(bound), gate, Schedule(int(start), int(tokens), float(half or 0.0)))


# Where and how is steered: operation, positions, and one layer, a span or all of them.

# Choices of the layer picker that are no single layer.
CHOSEN, SPAN, ALL = -1, -2, -3


def place_form(
    vectors: EmotionVectors,
    chosen: int,
    *,
    key: str = "",
    operations: tuple[Operation, ...] = OPERATIONS,
    asked: WritingSettings | None = None,
) -> dict[str, Any]:
    """Draws the pickers; the settings by their names, `layer` None for the one chosen at the build.

    Args:
        vectors: What is steered with.
        chosen: The layer that the build chose.
        key: In front of the keys of the widgets, where a page has several.
        operations: Those that the view can do.
        asked: Settings to begin with, instead of the usual ones.
    """
    one, two, three = st.columns(3)
    operation = field(
        WritingSettings,
        "operation",
        one,
        key=f"{key}operation",
        only=operations,
        like=asked,
    )
    # The other scopes are turns of a conversation.
    scopes = ("generated", "prompt", "both")
    usual = asked.scope if asked is not None and asked.scope in scopes else None
    scope = field(WritingSettings, "scope", two, key=f"{key}scope", only=scopes, default=usual)
    names = {CHOSEN: f"{chosen} (chosen on training texts)", SPAN: "Several layers", ALL: "All layers"}
    layers = [CHOSEN, *range(vectors.n_layers), SPAN, ALL]
    layer = three.selectbox(
        "Layer",
        layers,
        layers.index(_first_layer(vectors, asked)),
        format_func=lambda number: names.get(number, str(number)),
        key=f"{key}layer_of_{vectors.n_layers}_{chosen}",  # a choice is kept by its words, which name that layer
        persist_state="session",
        help="Block whose output is changed, counted from 0. Several layers share what is added: each of n gets the "
        "n-th part of the strength. Texts are read at the chosen layer.",
    )
    span = _span(int(layer), chosen, vectors.n_layers, key, None if asked is None else asked.span)
    single = None if span is not None or layer == CHOSEN else int(layer)
    care = care_form(vectors, operation, key=key, asked=asked)
    return {"operation": operation, "scope": scope, "layer": single, "span": span, **vars(care)}


def _first_layer(vectors: EmotionVectors, asked: WritingSettings | None) -> int:
    """What the layer picker says at first."""
    if asked is None:
        return CHOSEN
    if asked.span is not None:
        return ALL if asked.span == (0, vectors.n_layers - 1) else SPAN
    return asked.layer if asked.layer is not None and asked.layer < vectors.n_layers else CHOSEN


def _span(layer: int, chosen: int, n_layers: int, key: str, asked: tuple[int, int] | None) -> tuple[int, int] | None:
    if layer == ALL:
        return 0, n_layers - 1
    if layer != SPAN:
        return None
    if n_layers < 2:
        return 0, 0
    first, last = st.slider(
        "First and last layer",
        0,
        n_layers - 1,
        asked if asked is not None and asked[1] < n_layers else (max(0, chosen - 1), min(n_layers - 1, chosen + 1)),
        key=f"{key}span_of_{n_layers}",
        persist_state="session",
        help="All layers from the first to the last are steered; each gets an equal part of the strength.",
    )
    return int(first), int(last)


def steer_form(vectors: EmotionVectors, emotion: str) -> SweepSettings:
    """Draws the form.

    Raises:
        SettingsError: A setting makes no sense, such as an empty list of strengths.
    """
    asked: SweepSettings | None = settings_of_link("sweep")
    amounts = _amounts_form(asked)
    place = place_form(vectors, vectors.layer_of(emotion), asked=asked)
    company = company_form(vectors, emotion, can_be_far=place["operation"] == "add", asked=asked)
    writing = writing_form(asked)
    if writing["decoding"] == "greedy":
        amounts["samples"] = 1
    amounts["strengths"] = parse_strengths(amounts["strengths"])
    return SweepSettings(emotion=emotion, **amounts, **place, **company, **writing)


def _amounts_form(asked: SweepSettings | None) -> dict[str, Any]:
    """Prompts, strengths, samples and controls."""
    # The picker of the operation stands further down. Strengths of a cap or a floor are shares.
    operation = st.session_state.get("operation", "add" if asked is None else asked.operation)
    left, right = st.columns([3, 2])
    with left:
        prompts = prompts_form(asked)
    with right:
        bounded = operation in BOUNDED
        spelled = START_SHARES if bounded else START
        if asked is not None and (asked.operation in BOUNDED) == bounded:
            spelled = ", ".join(f"{s:g}" for s in asked.strengths)
        strengths = field(SweepSettings, "strengths", key="shares" if bounded else "strengths", default=spelled)
        one, two = st.columns(2)
        samples = field(SweepSettings, "samples", one, key="samples", like=asked)
        controls = field(
            SweepSettings,
            "controls",
            two,
            key="controls",
            like=asked,
            more_help="They are written at the two ends of the usable window, which is all that the test needs.",
        )
    return {"prompts": prompts, "strengths": strengths, "samples": samples, "controls": controls}
