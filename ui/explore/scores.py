"""The held-out scores that the tab shows: those of the build, or of uploaded vectors on texts chosen here."""

from __future__ import annotations

import streamlit as st

from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.experiments.evaluation import HELDOUT, OnSets
from emotion_core.runs.builds import KIND as BUILD
from ui.build.prompt_source import choose_prompts
from ui.errors import shown_errors
from ui.experiments import run_result, start_run
from ui.linked import part_run
from ui.plain import plain
from ui.run_panel import run_panel
from ui.services import store
from ui.vector_sets import build_of
from ui.working import Working


def scores_of(working: Working) -> HeldOutScores | None:
    """Scores of the set on its own held-out texts, or, for imported vectors, on texts chosen here."""
    if working.run_id is None or working.vectors is None:
        return None
    if store().get(working.run_id).kind == BUILD:
        with shown_errors():
            build = build_of(working.run_id)
            if build.scores is None:
                st.info(f"These vectors are not tested. {plain(build.reason)}", icon=":material/science_off:")
            return build.scores
        return None
    return _scores_on_a_set(working)


def _scores_on_a_set(working: Working) -> HeldOutScores | None:
    started = f"scores of {working.run_id}"
    part_run(started, "scores", HELDOUT.kind, working.vectors)
    st.caption(
        "These vectors were uploaded. They are scored on the held-out texts they came with, or on a set of yours."
    )
    sets = working.vectors.prompt_sets if working.vectors is not None else ()
    if not sets:
        sets = choose_prompts()
    if sets and working.vectors is not None and st.button("Score these vectors", type="primary", key="score"):
        with shown_errors():
            run_id = start_run(working, HELDOUT, OnSets(tuple(sets)))
            st.session_state[started] = run_id
    if started not in st.session_state:
        return None
    run = run_panel(st.session_state[started], key="scores", started=started)
    if run is None:
        return None
    with shown_errors():
        return run_result(run.id, HELDOUT)
    return None
