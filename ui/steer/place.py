"""Where and how is steered: operation, positions, and one layer, a span or all of them."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from emotion_core.steering.operators import Gate, Schedule, Scope
from emotion_core.steering.writing import OPERATION
from emotion_core.tracing.steer import Operation
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.steer.care import OPERATIONS, care_form

# Choices of the layer picker that are no single layer.
CHOSEN, SPAN, ALL = -1, -2, -3
_SCOPES: dict[str, Scope] = {"Generated text": "generated", "Prompt": "prompt", "Both": "both"}


@dataclass(frozen=True)
class Place:
    """Operation, steered positions, layers and when, named as in the settings, which take it whole.

    `layer` None stands for the one chosen at the build.
    """

    operation: Operation
    scope: Scope
    layer: int | None
    span: tuple[int, int] | None
    bound: float
    gate: Gate | None
    schedule: Schedule


def place_form(vectors: EmotionVectors, chosen: int, *, key: str = "") -> Place:
    """Draws the pickers.

    Args:
        vectors: What is steered with.
        chosen: The layer that the build chose.
        key: In front of the keys of the widgets, where a page has several.
    """
    one, two, three = st.columns(3)
    operation = one.selectbox(
        "Operation",
        list(OPERATIONS),
        key=f"{key}operation",
        persist_state="session",
        help=OPERATION,
    )
    scope = two.selectbox(
        "Where",
        list(_SCOPES),
        key=f"{key}scope",
        persist_state="session",
        help="Steer the tokens being written, those of the prompt, or both.",
    )
    names = {CHOSEN: f"{chosen} (chosen on training texts)", SPAN: "Several layers", ALL: "All layers"}
    layer = three.selectbox(
        "Layer",
        [CHOSEN, *range(vectors.n_layers), SPAN, ALL],
        format_func=lambda number: names.get(number, str(number)),
        key=f"{key}layer_of_{vectors.n_layers}",
        persist_state="session",
        help="Block whose output is changed, counted from 0. Several layers share what is added: each of n gets the "
        "n-th part of the strength. Texts are read at the chosen layer.",
    )
    span = _span(int(layer), chosen, vectors.n_layers, key)
    single = None if span is not None or layer == CHOSEN else int(layer)
    done = OPERATIONS[str(operation)]
    care = care_form(vectors, done, key=key)
    return Place(done, _SCOPES[str(scope)], single, span, care.bound, care.gate, care.schedule)


def _span(layer: int, chosen: int, n_layers: int, key: str) -> tuple[int, int] | None:
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
        (max(0, chosen - 1), min(n_layers - 1, chosen + 1)),
        key=f"{key}span_of_{n_layers}",
        persist_state="session",
        help="All layers from the first to the last are steered; each gets an equal part of the strength.",
    )
    return int(first), int(last)
