"""A run that ended without a result, or lost it: what happened, and a way to do it again where there is one."""

from __future__ import annotations

import json

import streamlit as st

from emotion_core.base.errors import RunError
from emotion_core.experiments.redo import can_redo, redo, why_not
from emotion_core.runs.store import Run
from ui.errors import shown_errors
from ui.limits import days
from ui.plain import plain
from ui.services import activation_cache, app_settings, owner, registry, store

_KEPT = "What had been read is kept: starting again is quicker."


def ended(run: Run, *, key: str, started: str = "") -> None:
    """Says how a run ended and offers to do it again from its settings, under the same link.

    Args:
        run: The run.
        key: Unique on the page.
        started: Key of the session under which a part of a page remembers its run; empty for the run of the page.
    """
    if run.state == "failed":
        st.error(plain(run.error), icon=":material/error:")
    elif run.state == "interrupted":
        st.warning(f"{run.error}. {_KEPT}", icon=":material/restart_alt:")
    elif run.state == "cancelled":
        st.info(f"Cancelled. {_KEPT}", icon=":material/cancel:")
    elif run.state == "expired":
        st.info(_expired(run), icon=":material/hourglass_disabled:")
    if not can_redo(run, store()):
        return
    if st.button("Do it again from its settings", key=f"redo-{key}", icon=":material/replay:"):
        with shown_errors():
            model_owner = owner(str(json.loads(run.settings)["model"]))
            found = redo(registry(), model_owner, run, activation_cache())
            if started:
                st.session_state[started] = found
            else:
                st.query_params["run"] = found
            st.rerun()


def may_start(started: str) -> bool:
    """Whether a part of a page has to offer its start: it has no run, or one that is lost for good.

    Args:
        started: Key of the session under which the part remembers its run.
    """
    if started not in st.session_state:
        return True
    try:
        run = store().get(st.session_state[started])
    except RunError:
        return True  # deleted; the run panel says so
    return not run.is_open and run.state != "done" and not can_redo(run, store())


def _expired(run: Run) -> str:
    label = plain(str(json.loads(run.settings).get("label", run.kind)))
    hours = app_settings().expire_hours
    why = f" (as is every result that nobody opens for {days(hours)})" if hours else ""
    text = f"The result of this run, {label}, has been removed to make room{why}. Its settings are kept."
    if can_redo(run, store()):
        return text
    return f"{text} {plain(why_not(run, store()))}"
