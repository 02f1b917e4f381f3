"""The shelf of runs: what was computed, its links, and runs pinned over each other."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from emotion_core.base.errors import EmotionCoreError
from emotion_core.charts.pinned import MOST_PINNED
from emotion_core.runs.store import Run
from ui.errors import show_error
from ui.page import PAGES
from ui.plain import plain
from ui.runs.overlay import COMPARABLE, runs_overlay
from ui.services import app_settings, store
from ui.vector_sets import UPLOAD
from ui.visitor import visitor

_PINS = "pins"
# Kind of run -> what it is called, and the page that opens it.
_KINDS = {
    "build": ("vectors", "build"),
    "upload": ("imported vectors", "explore"),
    "sweep": ("sweep", "steer"),
    "crosstalk": ("cross-talk", "steer"),
    "next-token": ("next token", "steer"),
    "talk": ("conversation", "talk"),
    "reading": ("reading", "read"),
    "preferences": ("preferences", "behave"),
    "behaviors": ("behaviours", "behave"),
    "replication": ("replication", "replicate"),
}


def runs_shelf() -> None:
    """The table, and what is pinned under it."""
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
    runs_overlay({one: runs[one] for one in st.session_state["pinned_runs"]}, comparable)


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
    return f"{page}?{urlencode({'vectors' if run.kind == UPLOAD else 'run': run.id})}"
