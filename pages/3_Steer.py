"""Steer: add a direction while the model writes, at many strengths, beside random directions."""

import streamlit as st

from emotion_core.errors import EmotionCoreError, RunError
from emotion_core.runs.cost import sweep_seconds
from emotion_core.runs.limits import require_sweep
from emotion_core.runs.sweeps import has_sweep, load_sweep, start_sweep
from emotion_core.steering.plan import n_texts
from emotion_core.steering.settings import SweepSettings
from ui.built_in import need_vectors
from ui.errors import show_error, shown_errors
from ui.limits import limit_note
from ui.page import begin
from ui.run_panel import about, current_run, link_hint, remember_run, run_panel
from ui.services import activation_cache, app_settings, registry, store
from ui.steer_form import steer_form
from ui.sweep_result import sweep_result
from ui.working import Working

PAGE = "steer"


def settings_and_button(working: Working) -> None:
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
            remember_run(
                PAGE, start_sweep(registry(), working.owner, working.vectors, settings, cache=activation_cache())
            )
            st.rerun()


def result() -> None:
    """The page's run, as far as it is."""
    run_id = current_run(PAGE)
    if run_id is None:
        st.info(
            "Choose strengths and press the button: the texts and the dose-response curve appear here.",
            icon=":material/info:",
        )
        return
    run = run_panel(run_id, key=PAGE)
    if run is not None or stopped_with(run_id):
        with shown_errors():
            sweep_result(load_sweep(store(), run_id), key=PAGE)
            link_hint()


def stopped_with(run_id: str) -> bool:
    """Whether a run was stopped and left what was finished."""
    try:
        return store().get(run_id).state == "cancelled" and has_sweep(store(), run_id)
    except RunError:
        return False  # the panel has said so


working = begin(PAGE)
if current_run(PAGE) is None and working.vectors is None:
    need_vectors(working)
settings_and_button(working)
st.divider()
result()
