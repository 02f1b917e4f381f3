"""The operator's page: jobs, memory, disk. Not in the sidebar, and closed to strangers."""

from __future__ import annotations

import dataclasses
import time

import pandas as pd
import streamlit as st

from emotion_core.runs.housekeeping import Status, may_look, status
from emotion_core.runs.limits import about
from ui.own_place import in_own_place
from ui.services import activation_cache, app_settings, registry

_EVERY = 5.0  # seconds


def status_page() -> None:
    """Asks for the key where there is one, then shows the state of this process every few seconds."""
    st.set_page_config(page_title="Status", layout="wide")
    st.title("Status", anchor=False)
    limits = app_settings()
    key = ""
    if limits.hosted:
        key = (
            st.text_input(
                "Key of the operator",
                type="password",
                key="status_key",
                help="What EMOTION_STATUS_KEY was set to when the app was started.",
            )
            or ""
        )
    if may_look(limits, key):
        _live()
    elif not limits.hosted or not limits.status_key:
        st.info("This page is closed: the app was started without `EMOTION_STATUS_KEY`.", icon=":material/lock:")
    elif key:
        time.sleep(1)  # guessing is slow
        st.error("This is not the key.", icon=":material/lock:")


@in_own_place
@st.fragment(run_every=_EVERY)
def _live() -> None:
    found = status(registry(), activation_cache(), time.time())
    _figures(found)
    st.header("Jobs", anchor=False)
    if found.jobs:
        table = pd.DataFrame([dataclasses.asdict(one) for one in found.jobs])
        table["age"] = [about(seconds) for seconds in table["age"]]
        st.dataframe(table, hide_index=True)
    else:
        st.caption("No job works or waits.")
    st.header("Runs and models", anchor=False)
    st.caption("Runs: " + (", ".join(f"{number} {state}" for state, number in sorted(found.runs.items())) or "none"))
    names = [f"{name} ({'at work' if busy else 'idle'})" for name, busy in found.models.items()]
    st.caption("Models in memory: " + (", ".join(names) or "none"))


def _figures(found: Status) -> None:
    limits = app_settings()
    disk = found.results_mb + found.cache_mb
    figures = (
        ("Jobs at work", f"{found.running}", limits.max_running, ""),
        ("Memory", f"{found.memory_mb:,.0f} MB", limits.memory_mb, " MB"),
        ("Results and cache", f"{disk:,.0f} MB", limits.disk_mb, " MB"),
        ("Free on the disk", f"{found.free_mb / 1000:,.1f} GB", 0, ""),
    )
    for column, (label, value, limit, unit) in zip(st.columns(len(figures)), figures, strict=True):
        column.metric(label, value)
        column.caption(f"at most {limit:,}{unit}" if limit else "no limit set")
