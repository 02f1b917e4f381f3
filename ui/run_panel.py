"""The run panel: how far a run is, how long it will take, a way to stop it, and its end in words.

A page starts a run with `run_button` and calls `run_panel` where the result will stand. While the run is open the panel
looks at the run store again and again; nothing here touches the model.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from emotion_core.base.errors import RunError
from emotion_core.base.jobs import Progress
from emotion_core.runs.limits import about
from emotion_core.runs.registry import stop_run
from emotion_core.runs.store import Run
from ui.ended import ended
from ui.errors import show_error
from ui.own_place import in_own_place
from ui.page_run import shown_run
from ui.services import registry, store

_POLL = 0.7  # seconds


def run_panel(run_id: str, *, key: str, shared: bool = False, started: str = "") -> Run | None:
    """Shows a run that is not done, and returns the run when it is.

    Args:
        run_id: Of the run.
        key: Unique on the page.
        shared: Other visitors wait for the same run, so nobody may cancel it.
        started: Key of the session under which a part of a page remembers the run; empty for the run of the page.
    """
    try:
        run = store().get(run_id)
    except RunError as error:
        show_error(error)
        return None
    if run.is_open:
        _open_run(run_id, key, shared)
    elif run.state != "done":
        ended(run, key=key, started=started)
    return run if run.state == "done" else None


def finished_run(page: str, fingerprint: str, kinds: Sequence[str], hint: str, *, key: str) -> Run | None:
    """The run of a view when it is done; until then its panel, or what to click where there is none.

    Args:
        page: Under which the view remembers its run.
        fingerprint: Of the chosen model, whose example is shown where there is no run.
        kinds: What the view shows, see `view_run`.
        hint: What to click, and what appears then.
        key: Unique on the page.
    """
    run_id = shown_run(page, fingerprint, *kinds)
    if run_id is None:
        st.info(hint, icon=":material/info:")
        return None
    return run_panel(run_id, key=key)


@in_own_place
@st.fragment(run_every=_POLL)
def _open_run(run_id: str, key: str, shared: bool) -> None:
    run = store().get(run_id)
    if not run.is_open:
        st.rerun()
    with st.container(border=True, key=f"run-{key}"):
        waiting = run.state == "queued"
        text = _waiting(run_id) if waiting else _how_far(run.progress, _seconds_left(run))
        elsewhere = registry().elsewhere(run_id)
        text += f" · {elsewhere}" if elsewhere else ""
        st.progress(run.progress.fraction, text=text)
        if shared or not registry().may_change(run):
            return
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button("Cancel", key=f"cancel-{key}", icon=":material/close:"):
                stop_run(registry(), run_id)
                st.rerun()
            st.caption("You may leave this page or close the tab; the link finds the run again.")


def _waiting(run_id: str) -> str:
    """One line on a run that has not begun, such as "In line: 3 jobs in front, about 40 s until it begins"."""
    place, seconds = registry().place(run_id), registry().wait_seconds(run_id)
    line = f"In line: {place} job{'s' if place > 1 else ''} in front" if place else "In line: next"
    return line if seconds is None else f"{line}, {about(seconds)} until it begins"


def _how_far(progress: Progress, seconds_left: float | None) -> str:
    """One line on how far a run is, such as "Reading texts: 40 of 96, about 3 s left"."""
    line = progress.what[:1].upper() + progress.what[1:]
    if progress.total:
        line += f": {progress.done:,} of {progress.total:,}"
    if seconds_left is not None:
        line += f", {about(seconds_left)} left"
    return line


def _seconds_left(run: Run) -> float | None:
    """From the pace since this session first saw the current stage of the run."""
    stage = (run.id, run.what, run.total)
    seen = st.session_state.setdefault("paces", {})
    now = time.monotonic()
    started, done = seen.setdefault(stage, (now, run.done))
    if run.done <= done or now - started < 1:
        return None
    return float((now - started) / (run.done - done) * (run.total - run.done))
