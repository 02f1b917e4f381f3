"""The settings of a sweep: prompts and strengths in sight, what is steered and beside what, the rest in a fold."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from emotion_core.steering.settings import SweepSettings, parse_strengths
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.help_texts import CONTROLS
from ui.steer.compare import company_form
from ui.steer.place import place_form
from ui.steer.prompts import prompts_form
from ui.steer.writing import writing_form


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
    amounts = _amounts_form()
    place = place_form(vectors, vectors.layer_of(emotion))
    company, writing = company_form(vectors, emotion, can_be_far=place.operation == "add"), writing_form()
    return SweepSettings(
        emotion=emotion,
        prompts=amounts.prompts,
        strengths=parse_strengths(amounts.strengths),
        controls=amounts.controls,
        samples=1 if writing.decoding == "greedy" else amounts.samples,
        **vars(place),
        **vars(company),
        **vars(writing),
    )


def _amounts_form() -> _Amounts:
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
            256,
            32,
            key="controls",
            persist_state="session",
            help=CONTROLS + " They are written at the two ends of the usable window, which is all that the test needs.",
        )
    return _Amounts(prompts, strengths or "", int(samples), int(controls))
