"""Pinned runs over each other: sweeps by strength, builds by depth."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts.pinned import builds_table, overlaid_builds, overlaid_sweeps, sweeps_table
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.experiments.steering import SWEEP
from emotion_core.runs.builds import KIND as BUILD
from emotion_core.runs.store import Run
from ui.charts import show_chart
from ui.downloads import downloads
from ui.experiments import run_result
from ui.vector_sets import build_of
from ui.verdict import shows

COMPARABLE = (BUILD, SWEEP.kind)


def runs_overlay(pinned: dict[str, Run], labels: dict[str, str]) -> None:
    """One chart for the sweeps among the pinned runs, one for the builds.

    Args:
        pinned: Finished runs of the kinds in `COMPARABLE`, by id.
        labels: How each is called in the charts, by id.
    """
    if not pinned:
        st.info("Choose two or more runs above to see them in one chart.", icon=":material/stacked_line_chart:")
        return
    sweeps = {labels[i]: run_result(i, SWEEP) for i, run in pinned.items() if run.kind == SWEEP.kind}
    if sweeps:
        chart = overlaid_sweeps(sweeps)
        show_chart(chart, alt_text=str(chart.title.text), key="pinned-sweeps")
        units = {one.settings.unit for one in sweeps.values()}
        if len(units) > 1:
            st.warning("These sweeps count strength in different units; their strengths cannot be compared.")
        shows(
            "Effects of several sweeps, each judged by its own controls.",
            "That a larger effect is a truer one: prompts, layers and coherence differ between runs.",
        )
        downloads("pinned-sweeps", chart=chart, table=sweeps_table(sweeps), key="pinned-sweeps")
    scores = {labels[i]: found for i, run in pinned.items() if run.kind == BUILD and (found := _scores(i)) is not None}
    if scores:
        builds = overlaid_builds(scores)
        show_chart(builds, alt_text=str(builds.title.text), key="pinned-builds")
        shows(
            "How clearly each vector separates its own held-out texts, by depth.",
            "Which prompt set is better: each is tested on its own held-out texts.",
        )
        downloads("pinned-builds", chart=builds, table=builds_table(scores), key="pinned-builds")


def _scores(run_id: str) -> tuple[HeldOutScores, str] | None:
    """The scores of a build and the emotion to draw: the sidebar's where it has it, else its first."""
    scores = build_of(run_id).scores
    if scores is None:
        st.caption("One of the pinned builds has no held-out texts, so there is nothing to draw of it.")
        return None
    wanted = st.query_params.get("emotion", "")
    return scores, wanted if wanted in scores.emotions else scores.emotions[0]
