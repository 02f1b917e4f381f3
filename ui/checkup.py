"""What else a direction lights up for, and how many rows it needs: computed at a click."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts.checkup import confound_chart, confound_table, size_chart, size_table
from emotion_core.prompts.builtin import load_prompts
from emotion_core.runs.checkups import Checkup, confound_names, load_checkup, start_checkup
from emotion_core.runs.cost import build_seconds
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.charts import show_chart
from ui.downloads import downloads
from ui.errors import shown_errors
from ui.run_panel import about, run_panel
from ui.services import activation_cache, registry, store
from ui.verdict import shows
from ui.working import Working


def checkup(working: Working) -> None:
    """Offers the check-up of the chosen set, then shows it."""
    vectors, emotion = working.vectors, working.emotion
    if vectors is None or emotion is None:
        return
    st.subheader("Could it be something else?", anchor=False)
    started = f"check-up of {working.run_id}"
    if started not in st.session_state:
        texts = sum(len(load_prompts(name).texts) for name in confound_names())
        st.caption(
            "Excitement, danger, strange places and other bad things often come along with an emotion. Pairs that "
            "differ in only one of them show whether the direction reacts to it."
        )
        cost = about(build_seconds(working.info, texts))
        if not st.button(f"Test {len(confound_names())} confounds, {cost}", key="start-checkup"):
            return
        with shown_errors():
            run_id = start_checkup(registry(), working.owner, vectors, activation_cache())
            st.session_state[started] = run_id
            st.rerun()
        return
    run = run_panel(st.session_state[started], key="checkup")
    if run is None:
        if not store().get(st.session_state[started]).is_open:
            del st.session_state[started]
        return
    with shown_errors():
        _result(load_checkup(store(), run.id), vectors, emotion)


def _result(found: Checkup, vectors: EmotionVectors, emotion: str) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        chart = confound_chart(found.confounds, emotion)
        show_chart(chart, alt_text=str(chart.description), key="confounds")
        downloads(f"confounds-{emotion}", chart=chart, table=confound_table(found.confounds), key="confounds")
    with right:
        if found.sizes:
            unit = "pairs" if any(one.form == "pairs" for one in vectors.prompt_sets) else "texts of each emotion"
            sizes = size_chart(found.sizes, unit)
            show_chart(sizes, alt_text=str(sizes.description), key="sizes")
            downloads("sample-size", chart=sizes, table=size_table(found.sizes), key="sizes")
    shows(
        "A direction that sees a contrast it was not built for is at least partly about that. "
        "The curve: how near the direction from fewer rows comes to the one from all of them.",
        "That a direction which sees none of these is the emotion itself: only these contrasts were tested.",
    )
