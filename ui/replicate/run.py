"""Starts rows of the table, and shows how far they are."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.errors import SettingsError
from emotion_core.experiments.replication.book import book, row_numbers
from emotion_core.experiments.replication.table import KIND, runnable, start_table
from ui.page_run import view_run
from ui.run_button import run_button
from ui.run_panel import run_panel
from ui.services import activation_cache, registry
from ui.working import Working


def replication_run(working: Working) -> None:
    """The choice of rows with its cost, the button, and the panel of what is under way."""
    st.caption(
        "The paper found emotion vectors in one large model. Here its experiments are run on the chosen model. What "
        "counts as the same finding was fixed before: half of the published effect, beyond what the row's null "
        "gives, and over all rows that are run at most 5 % false discoveries. A row that cannot be tested on this "
        "model says so and is no failure."
    )
    with st.expander("Run rows", icon=":material/play_arrow:"):
        text = st.text_input(
            "Rows",
            value="1-22",
            key="replicate-rows",
            help="Such as 1-22 or 5, 17. Each row is kept when it is done; after a stop the rest goes on.",
        )
        try:
            numbers = runnable(row_numbers(text))
            fault = "" if numbers else "None of these rows is built yet."
        except SettingsError as error:
            numbers, fault = (), error.message
        if fault:
            st.warning(fault)
        minutes = sum(one.minutes for one in book() if one.row in numbers)
        st.caption(
            f"About {max(1, round(minutes))} minutes for a model of 135 million parameters on two cores; the demo "
            "model takes a fraction of it. What was done before is found again and costs nothing."
        )
        start = (lambda: start_table(registry(), working.owner, numbers, activation_cache())) if numbers else None
        run_button("Run these rows", "replicate", start, key="run-rows")
    run_id = view_run("replicate", KIND)
    if run_id is not None:
        run_panel(run_id, key="replicate")
