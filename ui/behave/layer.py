"""The layer that is read and steered on the Behave page."""

from __future__ import annotations

from streamlit.delta_generator import DeltaGenerator

from emotion_core.vectors.emotion_vectors import EmotionVectors

_CHOSEN = -1  # stands for the layer that cross-validation chose


def layer_input(place: DeltaGenerator, vectors: EmotionVectors, *, key: str, help_text: str) -> int | None:
    """Draws the picker; None for the layer chosen at the build."""
    layer = place.selectbox(
        "Layer",
        [_CHOSEN, *range(vectors.n_layers)],
        format_func=lambda number: f"{vectors.selected_layer} (chosen)" if number == _CHOSEN else str(number),
        key=f"{key}-layer-{vectors.n_layers}",
        persist_state="session",
        help=help_text,
    )
    return None if layer == _CHOSEN else int(layer)
