"""The shelf of runs: what was computed, its links, and runs pinned over each other."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from emotion_core.base.errors import EmotionCoreError
from emotion_core.charts.pinned import MOST_PINNED, builds_table, overlaid_builds, overlaid_sweeps, sweeps_table
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.experiments.steering import SWEEP
from emotion_core.runs.builds import KIND as BUILD
from emotion_core.runs.store import Run
from ui.errors import show_error
from ui.experiments import run_result
from ui.figure import downloads, show_chart, shows
from ui.linked import PARTS
from ui.page import PAGES
from ui.plain import plain
from ui.services import app_settings, store
from ui.vector_sets import UPLOAD, build_of
from ui.visitor import visitor

# Pinned runs over each other: sweeps by strength, builds by depth.

COMPARABLE = (BUILD, SWEEP.kind)


def runs_overlay(pinned: dict[str, Run], labels: dict[str, str], emotion: str | None) -> None:
    """One chart for the sweeps among the pinned runs, one for the builds.

    Args:
        pinned: Finished runs of the kinds in `COMPARABLE`, by id.
        labels: How each is called in the charts, by id.
        emotion: Of the sidebar, drawn of the builds that have it.
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
    found = {labels[i]: _scores(i, emotion) for i, run in pinned.items() if run.kind == BUILD}
    scores = {f"{label}, {one[1]}": one for label, one in found.items() if one is not None}
    if scores:
        builds = overlaid_builds(scores)
        show_chart(builds, alt_text=str(builds.title.text), key="pinned-builds")
        shows(
            "How clearly each vector separates its own held-out texts, by depth.",
            "Which prompt set is better: each is tested on its own held-out texts.",
        )
        downloads("pinned-builds", chart=builds, table=builds_table(scores), key="pinned-builds")


def _scores(run_id: str, emotion: str | None) -> tuple[HeldOutScores, str] | None:
    """The scores of a build and the emotion to draw: the sidebar's where it has it, else its first."""
    scores = build_of(run_id).scores
    if scores is None:
        st.caption("One of the pinned builds has no held-out texts, so there is nothing to draw of it.")
        return None
    return scores, emotion if emotion in scores.emotions else scores.emotions[0]


_PINS = "pins"
# Kind of run -> what it is called, and the page that opens it; parts of Explore by their names in the link.
_KINDS = {
    "build": ("vectors", "build"),
    "upload": ("imported vectors", "explore"),
    "sweep": ("sweep", "steer"),
    "crosstalk": ("cross-talk", "steer"),
    "factorial": ("two at once", "steer"),
    "next-token": ("next token", "steer"),
    "talk": ("conversation", "talk"),
    "reading": ("reading", "read"),
    "preferences": ("preferences", "behave"),
    "behaviors": ("behaviours", "behave"),
    "replication": ("replication", "replicate"),
    "transfer": ("transfer", "explore"),
    "sizes": ("numbers of texts", "explore"),
    "variants": ("other methods", "explore"),
}
_HOLDS = {UPLOAD: "vectors", **PARTS}


def runs_shelf(emotion: str | None) -> None:
    """The table, and what is pinned under it.

    Args:
        emotion: Of the sidebar.
    """
    runs = {run.id: run for run in _runs() if run.kind in _KINDS}
    pinned = _pinned(runs)
    if not runs:
        st.info(
            "Nothing yet: what you build, steer, read or measure appears here, with its link.",
            icon=":material/inventory_2:",
        )
        return
    _table(list(runs.values()))
    comparable = _labels(run for run in runs.values() if run.kind in COMPARABLE and run.state == "done")
    st.session_state["pinned_runs"] = [one for one in pinned if one in comparable]
    st.multiselect(
        "Pin runs to lay them over each other",
        list(comparable),
        format_func=lambda one: comparable[one],
        key="pinned_runs",
        max_selections=MOST_PINNED,
        on_change=_keep,
        placeholder="Choose vectors or sweeps",
        help="Sweeps are drawn by strength, vectors by depth. The address keeps what is pinned.",
    )
    runs_overlay({one: runs[one] for one in st.session_state["pinned_runs"]}, comparable, emotion)


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
                "Open": _link(run),  # first, where a phone shows it
                "What": _KINDS[run.kind][0],
                "Of": _name(run),
                "Model": json.loads(run.settings).get("model", ""),
                "State": run.state,
                "When": datetime.fromtimestamp(run.created, UTC),
            }
            for run in runs
        ]
    )
    st.dataframe(
        table,
        hide_index=True,
        height=min(420, 38 + 35 * len(table)),
        column_config={
            "When": st.column_config.DatetimeColumn("When (UTC)", format="YYYY-MM-DD HH:mm"),
            "Open": st.column_config.LinkColumn("Link", display_text="Open"),
        },
    )


def _name(run: Run) -> str:
    described = json.loads(run.settings)
    asked = described.get("settings", {})
    return str(described.get("label") or (asked.get("emotion") if isinstance(asked, dict) else "") or run.kind)


def _labels(runs: Iterable[Run]) -> dict[str, str]:
    """How runs are called in charts, by id; no two alike, since a chart tells its lines apart by them."""
    labels: dict[str, str] = {}
    for run in runs:
        model = str(json.loads(run.settings).get("model", ""))
        when = datetime.fromtimestamp(run.created, UTC)
        # The time first: where a phone cuts a label, this still tells two runs apart.
        label = f"{when:%d %b %H:%M:%S}, {_KINDS[run.kind][0]}: {_name(run)}, {plain(model)}"
        alike = sum(one == label or one.startswith(f"{label} (") for one in labels.values())
        labels[run.id] = f"{label} ({alike + 1})" if alike else label
    return labels


def _link(run: Run) -> str:
    page = PAGES[_KINDS[run.kind][1]].file.removeprefix("pages/").removesuffix(".py").split("_", 1)[-1]
    return f"{page}?{urlencode({_HOLDS.get(run.kind, 'run'): run.id})}"
