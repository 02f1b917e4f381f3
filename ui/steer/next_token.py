"""The next-token view of the Steer page: 41 strengths before any text is sampled."""

from __future__ import annotations

from functools import partial

import streamlit as st

from emotion_core.charts.crosstalk import (
    divergence_chart,
    next_token_chart,
    next_token_sentence,
    next_token_table,
    words_chart,
    words_sentence,
    words_table,
)
from emotion_core.experiments.steering import NEXT_TOKEN
from emotion_core.steering.next_token import CONTROLS_A_KIND, NextTokenDose
from emotion_core.steering.settings import SweepSettings, even_strengths
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import shown_errors
from ui.experiments import show_run, start_run
from ui.figure import downloads, show_chart, shows
from ui.linked import settings_of_link
from ui.plain import plain
from ui.run_button import limit_note, run_button
from ui.steer.form import place_form, prompts_form
from ui.working import Working

PAGE = "next-token"
STRENGTHS = 41


def next_token_view(working: Working) -> None:
    """Form and result."""
    if working.vectors is not None and working.emotion is not None:
        _settings_and_button(working, working.vectors, working.emotion)
        st.divider()
    hint = "Press the button: the curve appears here."
    show_run(PAGE, working, NEXT_TOKEN, hint, lambda dose, run: _result(dose))


def _settings_and_button(working: Working, vectors: EmotionVectors, emotion: str) -> None:
    start = None
    with shown_errors():
        start = partial(start_run, working, NEXT_TOKEN, _form(vectors, emotion))
    limit_note("sweep")
    run_button(f"Show the curve: {STRENGTHS} strengths, one step a prompt", PAGE, start, key="run_next_token")


def _form(vectors: EmotionVectors, emotion: str) -> SweepSettings:
    asked: SweepSettings | None = settings_of_link("next-token")
    left, right = st.columns([3, 2])
    with left:
        prompts = prompts_form(asked)
    reach = right.number_input(
        "Largest strength",
        0.01,
        100.0,
        0.6 if asked is None else max(0.01, min(max(map(abs, asked.strengths)), 100.0)),
        0.1,
        key="next_reach",
        persist_state="session",
        help=f"{STRENGTHS} strengths from minus to plus this: fractions of the residual norm, or with Project out "
        "shares of what lies along the direction.",
    )
    # Strengths go from minus to plus, so there are no shares of what lies beyond a bound.
    place = place_form(
        vectors, vectors.layer_of(emotion), key="next_", operations=("add", "project_out", "clamp"), asked=asked
    )
    return SweepSettings(
        emotion=emotion,
        prompts=prompts,
        strengths=even_strengths(float(reach), STRENGTHS),
        **place,
    )


def _result(dose: NextTokenDose) -> None:
    sentence = next_token_sentence(dose)
    chart = next_token_chart(dose)
    show_chart(chart, alt_text=sentence, key="next-dose")
    st.caption(
        "The tokens that the direction itself points at through the output layer: "
        + ", ".join(f"“{plain(token)}”" for token in dose.tokens)
    )
    downloads(f"next-token-{dose.settings.emotion}", chart=chart, table=next_token_table(dose), key="next")
    spread = divergence_chart(dose)
    show_chart(spread, alt_text="Divergence against strength", key="next-divergence")
    downloads(f"divergence-{dose.settings.emotion}", chart=spread, key="next-divergence")
    if dose.words:
        words = words_chart(dose)
        show_chart(words, alt_text=words_sentence(dose), key="next-words")
        downloads(f"next-words-{dose.settings.emotion}", chart=words, table=words_table(dose), key="next-words")
    shows(
        "How much likelier the direction's own tokens become as the next word, averaged over the prompts, beside what "
        f"{CONTROLS_A_KIND} directions of each kind that mean nothing do to tokens of their own; and how much likelier "
        "each emotion makes the emotions' names.",
        "That whole texts change: a sweep writes and reads them. Any direction raises the tokens that it points at.",
    )
