"""Which tab of the Behave page is open, and which run it shows."""

from __future__ import annotations

import streamlit as st

from emotion_core.errors import RunError
from ui.run_panel import current_run
from ui.services import store


def tab_run(page: str, kind: str) -> str | None:
    """The tab's run: that of the link where it is of this kind, else the last one of this session on this tab."""
    linked = st.query_params.get("run")
    if linked and _kind(linked) not in (kind, ""):
        del st.query_params["run"]  # of the tab that was open before
    return current_run(page)


def first_tab(kinds: dict[str, str]) -> str:
    """The tab that a link without one opens: that of its run, else the first.

    Args:
        kinds: Tab to kind of run.
    """
    linked = st.query_params.get("run")
    kind = _kind(linked) if linked else ""
    return next((tab for tab, one in kinds.items() if one == kind), next(iter(kinds)))


def _kind(run_id: str) -> str:
    try:
        return store().get(run_id).kind
    except RunError:
        return ""  # the run panel says so
