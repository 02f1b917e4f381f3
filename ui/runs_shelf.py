"""The shelf of runs: what was computed, its links, and runs pinned over each other."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from emotion_core.charts.pinned import (
    MOST_PINNED,
    builds_table,
    overlaid_builds,
    overlaid_sweeps,
    sweeps_table,
)
from emotion_core.errors import EmotionCoreError
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.runs.builds import KIND as BUILD
from emotion_core.runs.run import Run
from emotion_core.runs.sweeps import KIND as SWEEP
from emotion_core.runs.sweeps import load_sweep
from ui.charts import show_chart
from ui.downloads import downloads
from ui.errors import show_error
from ui.page import PAGES
from ui.plain import plain
from ui.services import app_settings, store
from ui.vector_sets import build_of
from ui.verdict import shows
from ui.visitor import visitor

_PINS = "pins"
# Kind of run -> the page that opens it.
_PAGE_OF = {
    "build": "build",
    "sweep": "steer",
    "crosstalk": "steer",
    "reading": "read",
    "preferences": "behave",
    "behaviors": "behave",
}


def runs_shelf() -> None:
    """The table, and what is pinned under it."""
    runs = {run.id: run for run in _runs() if run.kind in _PAGE_OF}
    pinned = _pinned(runs)
    if not runs:
        st.info(
            "Nothing yet: what you build, steer, read or measure appears here, with its link.",
            icon=":material/inventory_2:",
        )
        return
    _table(list(runs.values()))
    comparable = {run.id: _label(run) for run in runs.values() if run.kind in (BUILD, SWEEP) and run.state == "done"}
    st.session_state["pinned_runs"] = [one for one in pinned if one in comparable]
    st.multiselect(
        "Pin runs to lay them over each other",
        list(comparable),
        format_func=lambda one: comparable[one],
        key="pinned_runs",
        max_selections=MOST_PINNED,
        on_change=_keep,
        placeholder="Choose builds or sweeps",
        help="Sweeps are drawn by strength, builds by depth. The address keeps what is pinned.",
    )
    _overlay({one: runs[one] for one in st.session_state["pinned_runs"]}, comparable)


def _runs() -> tuple[Run, ...]:
    """On one's own computer all runs, on a hosted one those of this browser; a link brings its pinned ones along."""
    found = store().of(visitor()) if app_settings().hosted else store().recent()
    known = {run.id for run in found}
    linked = []
    for run_id in st.query_params.get(_PINS, "").split(","):
        if run_id and run_id not in known:
            try:
                linked.append(store().get(run_id))
            except EmotionCoreError as error:
                show_error(error)
    return (*found, *linked)


def _pinned(runs: dict[str, Run]) -> list[str]:
    return [one for one in st.query_params.get(_PINS, "").split(",") if one in runs][:MOST_PINNED]


def _keep() -> None:
    chosen = st.session_state["pinned_runs"]
    if chosen:
        st.query_params[_PINS] = ",".join(chosen)
    else:
        st.query_params.pop(_PINS, None)


def _table(runs: list[Run]) -> None:
    table = pd.DataFrame(
        [
            {
                "what": run.kind,
                "of": _name(run),
                "model": json.loads(run.settings).get("model", ""),
                "state": run.state,
                "when": datetime.fromtimestamp(run.created, UTC),
                "open": _link(run),
            }
            for run in runs
        ]
    )
    st.dataframe(
        table,
        hide_index=True,
        height=min(420, 38 + 35 * len(table)),
        column_config={
            "when": st.column_config.DatetimeColumn("when (UTC)", format="YYYY-MM-DD HH:mm"),
            "open": st.column_config.LinkColumn("open", display_text="open"),
        },
    )


def _overlay(pinned: dict[str, Run], labels: dict[str, str]) -> None:
    sweeps = {labels[i]: load_sweep(store(), i) for i, run in pinned.items() if run.kind == SWEEP}
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


def _name(run: Run) -> str:
    described = json.loads(run.settings)
    asked = described.get("settings", {})
    return str(described.get("label") or (asked.get("emotion") if isinstance(asked, dict) else "") or run.kind)


def _label(run: Run) -> str:
    model = json.loads(run.settings).get("model", "")
    return f"{run.kind} of {_name(run)}, {plain(str(model))}, {datetime.fromtimestamp(run.created, UTC):%d %b %H:%M}"


def _link(run: Run) -> str:
    page = PAGES[_PAGE_OF[run.kind]].file.removeprefix("pages/").removesuffix(".py").split("_", 1)[-1]
    return f"{page}?{urlencode({'run': run.id})}"
