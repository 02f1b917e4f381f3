"""The sweep view of the Steer page: its form, its button, its result."""

from __future__ import annotations

import streamlit as st

from emotion_core.errors import EmotionCoreError
from emotion_core.runs.cost import sweep_seconds
from emotion_core.runs.limits import require_sweep
from emotion_core.runs.sweeps import has_sweep, load_sweep, start_sweep
from emotion_core.steering.plan import n_texts
from emotion_core.steering.settings import SweepSettings
from ui.errors import show_error, shown_errors
from ui.limits import limit_note
from ui.run_panel import about, link_hint, remember_run
from ui.services import activation_cache, app_settings, registry, store
from ui.steer.form import steer_form
from ui.steer.runs import ready, view_run
from ui.steer.sweep_result import sweep_result
from ui.working import Working

PAGE = "steer"


def sweep_view(working: Working) -> None:
    """Form and result."""
    _settings_and_button(working)
    st.divider()
    run_id = view_run(PAGE, "sweep")
    if run_id is None:
        st.info(
            "Choose strengths and press the button: the texts and the dose-response curve appear here.",
            icon=":material/info:",
        )
    elif ready(run_id, key=PAGE, kept=has_sweep(store(), run_id)):
        with shown_errors():
            sweep_result(load_sweep(store(), run_id), key=PAGE)
            link_hint()


def _settings_and_button(working: Working) -> None:
    """The form; starts a sweep at a click on its button."""
    if working.vectors is None or working.emotion is None:
        return
    settings: SweepSettings | None = None
    try:
        settings = steer_form(working.vectors, working.emotion)
        require_sweep(app_settings(), n_texts(settings), settings.max_new_tokens)
    except EmotionCoreError as error:
        show_error(error)
        settings = None
    label = "Run sweep"
    if settings is not None:
        texts = n_texts(settings)
        seconds = sweep_seconds(working.info, texts, settings.max_new_tokens)
        label = f"Run sweep: {texts:,} texts, {about(seconds)}"
    limit_note("sweep")
    pressed = st.button(label, type="primary", disabled=settings is None, key="run_sweep", icon=":material/play_arrow:")
    if pressed and settings is not None:
        with shown_errors():
            cache = activation_cache()
            remember_run(PAGE, start_sweep(registry(), working.owner, working.vectors, settings, cache=cache))
            st.rerun()
