"""The button under a form, which starts a run."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui.errors import shown_errors
from ui.page_run import remember_run


def run_button(label: str, page: str, start: Callable[[], str] | None, *, key: str) -> None:
    """Starts the run at a click and makes it the page's own; what cannot be started is explained in its place.

    Args:
        label: With what it will cost.
        page: Under which the run is remembered.
        start: Starts the run and returns its id; None while the form has a fault, and the button is disabled.
        key: Unique on the page.
    """
    pressed = st.button(label, type="primary", icon=":material/play_arrow:", key=key, disabled=start is None)
    if pressed and start is not None:
        with shown_errors():
            remember_run(page, start())
            st.rerun()
