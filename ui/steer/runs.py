"""The run of each view of the Steer page, and whether it left something to show."""

from __future__ import annotations

import streamlit as st

from emotion_core.errors import RunError
from ui.run_panel import current_run, run_panel
from ui.services import store


def kind_of(run_id: str) -> str:
    """Kind of a run, empty where there is none."""
    try:
        return store().get(run_id).kind
    except RunError:
        return ""


def view_run(page: str, kind: str) -> str | None:
    """The view's run: that of the link where it is of this kind, else the last one of this session in this view."""
    linked = st.query_params.get("run")
    if linked and kind_of(linked) not in (kind, ""):
        del st.query_params["run"]  # of the view that was open before
    return current_run(page)


def ready(run_id: str, *, key: str, kept: bool) -> bool:
    """Shows the panel of a run that is not done; returns whether there is a result, or the part of a stopped one.

    Args:
        run_id: Of the run.
        key: Unique on the page.
        kept: Whether the run has a result file.
    """
    if run_panel(run_id, key=key) is not None:
        return True
    try:
        return kept and store().get(run_id).state == "cancelled"
    except RunError:
        return False  # the panel has said so
