"""The settings of a sweep: prompts and strengths in sight, what is steered and beside what, the rest in a fold."""

from __future__ import annotations

from typing import Any

import streamlit as st

from emotion_core.steering.settings import SweepSettings, parse_strengths
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.fields import field
from ui.steer.compare import company_form
from ui.steer.place import place_form
from ui.steer.prompts import prompts_form
from ui.steer.writing import writing_form


def steer_form(vectors: EmotionVectors, emotion: str) -> SweepSettings:
    """Draws the form.

    Raises:
        SettingsError: A setting makes no sense, such as an empty list of strengths.
    """
    amounts = _amounts_form()
    place = place_form(vectors, vectors.layer_of(emotion))
    company, writing = company_form(vectors, emotion, can_be_far=place["operation"] == "add"), writing_form()
    if writing["decoding"] == "greedy":
        amounts["samples"] = 1
    amounts["strengths"] = parse_strengths(amounts["strengths"])
    return SweepSettings(emotion=emotion, **amounts, **place, **company, **writing)


def _amounts_form() -> dict[str, Any]:
    """Prompts, strengths, samples and controls."""
    left, right = st.columns([3, 2])
    with left:
        prompts = prompts_form()
    with right:
        strengths = field(SweepSettings, "strengths", key="strengths", default="-0.4:0.4:0.1")
        one, two = st.columns(2)
        samples = field(SweepSettings, "samples", one, key="samples")
        controls = field(
            SweepSettings,
            "controls",
            two,
            key="controls",
            more_help="They are written at the two ends of the usable window, which is all that the test needs.",
        )
    return {"prompts": prompts, "strengths": strengths, "samples": samples, "controls": controls}
