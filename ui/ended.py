"""A run that ended without a result, or lost it: what happened, and a way to do it again where there is one."""

from __future__ import annotations

import json

import streamlit as st

from emotion_core.runs.redo import can_redo, redo, why_not
from emotion_core.runs.run import Run
from ui.errors import shown_errors
from ui.limits import days
from ui.plain import plain
from ui.services import activation_cache, app_settings, owner, registry

_KEPT = "What had been read is kept: starting again is quicker."


def ended(run: Run, *, key: str) -> None:
    """Says how a run ended and offers to do it again from its settings, under the same link."""
    if run.state == "failed":
        st.error(plain(run.error), icon=":material/error:")
    elif run.state == "interrupted":
        st.warning(f"{run.error}. {_KEPT}", icon=":material/restart_alt:")
    elif run.state == "cancelled":
        st.info(f"Cancelled. {_KEPT}", icon=":material/cancel:")
    elif run.state == "expired":
        st.info(_expired(run), icon=":material/hourglass_disabled:")
    if not can_redo(run):
        return
    if st.button("Do it again from its settings", key=f"redo-{key}", icon=":material/replay:"):
        with shown_errors():
            model_owner = owner(str(json.loads(run.settings)["model"]))
            st.query_params["run"] = redo(registry(), model_owner, run, activation_cache())
            st.rerun()


def _expired(run: Run) -> str:
    label = plain(str(json.loads(run.settings).get("label", run.kind)))
    hours = app_settings().expire_hours
    why = f" (as is every result that nobody opens for {days(hours)})" if hours else ""
    text = f"The result of this run, {label}, has been removed to make room{why}. Its settings are kept."
    if can_redo(run):
        return text
    return f"{text} {plain(why_not(run))}"
