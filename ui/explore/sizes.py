"""How many rows are enough: the curve over the number of training rows, at a click."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts.checkup import size_auroc_chart, size_chart, size_table
from emotion_core.experiments.evaluation import SIZES, OnOwnTexts
from ui.charts import show_chart
from ui.downloads import downloads
from ui.ended import may_start
from ui.errors import shown_errors
from ui.experiments import run_result, start_run
from ui.linked import part_run
from ui.run_panel import run_panel
from ui.verdict import shows
from ui.working import Working


def sizes(working: Working) -> None:
    """Offers the curve of the chosen set, then shows it."""
    vectors = working.vectors
    if vectors is None or not vectors.prompt_sets:
        return
    st.subheader("How many texts are enough?", anchor="how-many")
    started = f"sizes of {working.run_id}"
    part_run(started, "sizes", SIZES.kind, vectors)
    run = run_panel(st.session_state[started], key="sizes", started=started) if started in st.session_state else None
    if may_start(started):
        st.caption("Vectors from two random parts of the training texts, with no text in common, against each other.")
        if not st.button("Follow it over the number of texts, a few seconds", key="start-sizes"):
            return
        with shown_errors():
            st.session_state[started] = start_run(working, SIZES, OnOwnTexts())
            st.rerun()
        return
    if run is None:
        return
    with shown_errors():
        points = run_result(run.id, SIZES).points
        unit = "pairs" if any(one.form == "pairs" for one in vectors.prompt_sets) else "texts of each emotion"
        charts = (("cosine", size_chart), ("auroc", size_auroc_chart))
        for column, (name, make) in zip(st.columns(2, gap="medium"), charts, strict=True):
            with column:
                chart = make(points, unit)
                show_chart(chart, alt_text=str(chart.description), key=f"sizes-{name}")
                downloads(f"sample-size-{name}", chart=chart, table=size_table(points), key=f"sizes-{name}")
        shows(
            "How near two directions from as many texts each come to each other, beside those of shuffled labels, and "
            "how well they separate.",
            "That more texts of the same kind are better texts: a set with a blind spot keeps it at any size.",
        )
