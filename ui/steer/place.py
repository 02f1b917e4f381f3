"""Where and how is steered: operation, positions, and one layer, a span or all of them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from emotion_core.steering.settings import WritingSettings
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.fields import field
from ui.steer.care import care_form

# Choices of the layer picker that are no single layer.
CHOSEN, SPAN, ALL = -1, -2, -3


def place_form(vectors: EmotionVectors, chosen: int, *, key: str = "") -> dict[str, Any]:
    """Draws the pickers; the settings by their names, `layer` None for the one chosen at the build.

    Args:
        vectors: What is steered with.
        chosen: The layer that the build chose.
        key: In front of the keys of the widgets, where a page has several.
    """
    one, two, three = st.columns(3)
    operation = field(WritingSettings, "operation", one, key=f"{key}operation")
    # The other scopes are turns of a conversation.
    scope = field(WritingSettings, "scope", two, key=f"{key}scope", only=("generated", "prompt", "both"))
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
    care = care_form(vectors, operation, key=key)
    return {"operation": operation, "scope": scope, "layer": single, "span": span, **vars(care)}


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
