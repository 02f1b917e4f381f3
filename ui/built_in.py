"""What a page shows while the built-in vectors do not exist for the chosen model."""

from __future__ import annotations

import streamlit as st

from emotion_core.models.catalogue import CATALOGUE
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs.limits import build_cost
from ui.run_panel import run_panel
from ui.services import app_settings, store
from ui.vector_sets import built_in_prompts, start_built_in
from ui.working import Working


def need_vectors(working: Working) -> None:
    """Builds the built-in set, at once for the model the app opens with, else at a click; ends the page until then."""
    name = working.info.name
    started = st.session_state.setdefault("built-in runs", {})
    if name not in started:
        automatic = name == app_settings().model or (name in CATALOGUE and CATALOGUE[name].bundled)
        prompts: PromptSet = built_in_prompts()
        st.info(
            f"There are no vectors for {name} yet. Build the fear study here, or take your own texts to Build vectors.",
            icon=":material/construction:",
        )
        cost = build_cost(working.info, len(prompts.texts))
        wanted = st.button(f"Build fear-calm for this model, {cost}", type="primary", key="build-built-in")
        if not (automatic or wanted):
            st.stop()
        started[name] = start_built_in(working.owner)
        st.rerun()
    run = run_panel(started[name], key="built-in", shared=True)
    if run is not None:
        del started[name]
        st.rerun()
    ended = not store().get(started[name]).is_open
    if ended and st.button("Try again", key="again-built-in", icon=":material/restart_alt:"):
        del started[name]
        st.rerun()
    st.stop()
