"""The settings of the live view in a shared link; they stay out of the address bar, since the prompt is typed."""

from __future__ import annotations

import math
from collections.abc import Mapping

import streamlit as st

from emotion_core.steering.live import MOST_VECTORS, LiveSettings
from ui.linked import taken
from ui.name_list import names_of_text, names_to_text

_MOST_CHARACTERS = 2000
# What the widgets of the view take; a link with anything else is passed over.
REACH, STEP = 0.6, 0.02  # of the sliders
MOST_TOKENS, LARGEST_SEED = 200, 2**31 - 1


def live_link(settings: LiveSettings) -> Mapping[str, str]:
    """What a link says of the settings."""
    return {
        "live_prompt": settings.prompts[0][:_MOST_CHARACTERS],
        "live_vectors": names_to_text(name for name, _ in settings.strengths),
        "live_strengths": ",".join(f"{one:g}" for _, one in settings.strengths),
        "live_tokens": str(settings.max_new_tokens),
        "live_seed": str(settings.seed),
    }


def read_live_link(emotions: tuple[str, ...], vectors_key: str) -> None:
    """Sets the widgets of the view to the link's settings, at the session's first look; what does not fit is left.

    Args:
        emotions: Of the vector set.
        vectors_key: Key of the box that lists the chosen vectors.
    """
    prompt = taken("live_prompt")
    names, values = names_of_text(taken("live_vectors") or ""), (taken("live_strengths") or "").split(",")
    for name, low, high in (("live_tokens", 1, MOST_TOKENS), ("live_seed", 0, LARGEST_SEED)):
        found = taken(name) or ""
        if found.isdecimal() and len(found) < 11 and low <= int(found) <= high:
            st.session_state.setdefault(name, int(found))
    if prompt and len(prompt) <= _MOST_CHARACTERS:
        st.session_state.setdefault("live_prompt", prompt)
    pairs = [(name, _strength(one)) for name, one in zip(names, values, strict=False) if name in emotions]
    chosen = {name: one for name, one in pairs if one is not None}
    if chosen and len(chosen) <= MOST_VECTORS:
        st.session_state.setdefault(vectors_key, list(chosen))
        for name, one in chosen.items():
            st.session_state.setdefault(f"live-{name}", one)
    for name in ("live_prompt", "live_vectors", "live_strengths", "live_tokens", "live_seed"):
        st.query_params.pop(name, None)  # they would go stale at the first change


def _strength(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return round(round(value / STEP) * STEP, 2) if math.isfinite(value) and abs(value) <= REACH else None
