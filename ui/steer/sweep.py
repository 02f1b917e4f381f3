"""The sweep view of the Steer page: its form, its button, its result."""

from __future__ import annotations

from functools import partial

import streamlit as st

from emotion_core.experiments.steering import SWEEP
from emotion_core.runs.limits import about, require_sweep, sweep_seconds
from emotion_core.steering.generate import n_texts
from ui.errors import shown_errors
from ui.experiments import is_kept, run_result, start_run
from ui.limits import limit_note
from ui.page_run import shown_run
from ui.run_button import run_button
from ui.services import app_settings
from ui.share import link_hint
from ui.steer.form import steer_form
from ui.steer.ready import ready
from ui.steer.sweep_result import sweep_result
from ui.working import Working

PAGE = "steer"


def sweep_view(working: Working) -> None:
    """Form and result."""
    _settings_and_button(working)
    st.divider()
    run_id = shown_run(PAGE, working.info.fingerprint, SWEEP.kind)
    if run_id is None:
        st.info(
            "Choose strengths and press the button: the texts and the dose-response curve appear here.",
            icon=":material/info:",
        )
    elif ready(run_id, key=PAGE, kept=is_kept(run_id, SWEEP)):
        with shown_errors():
            sweep_result(run_result(run_id, SWEEP), key=PAGE)
            link_hint()


def _settings_and_button(working: Working) -> None:
    """The form; starts a sweep at a click on its button."""
    vectors, emotion = working.vectors, working.emotion
    if vectors is None or emotion is None:
        return
    label, start = "Run sweep", None
    with shown_errors():
        settings = steer_form(vectors, emotion)
        texts = n_texts(settings)
        require_sweep(app_settings(), texts, settings.max_new_tokens)
        label = f"Run sweep: {texts:,} texts, {about(sweep_seconds(working.info, texts, settings.max_new_tokens))}"
        start = partial(start_run, working, SWEEP, settings)
    limit_note("sweep")
    run_button(label, PAGE, start, key="run_sweep")
