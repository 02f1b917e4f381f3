"""The run panel: how far a run is, how long it will take, a way to stop it, and its end in words.

A page starts a run with `run_button` and calls `run_panel` where the result will stand. While the run is open the panel
looks at the run store again and again; nothing here touches the model.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import suppress

import streamlit as st

from emotion_core.base.errors import RunError
from emotion_core.base.jobs import Progress
from emotion_core.base.numbers import days
from emotion_core.experiments.redo import can_redo, redo, why_not
from emotion_core.runs.limits import about
from emotion_core.runs.registry import stop_run
from emotion_core.runs.store import Run
from ui.errors import show_error, shown_errors
from ui.own_place import in_own_place
from ui.page_run import shown_run
from ui.plain import plain
from ui.services import activation_cache, app_settings, owner, registry, store

# A run that ended without a result, or lost it: what happened, and a way to do it again where there is one.

_KEPT = "What the model had read is kept; done again, it writes its texts anew."


def ended(run: Run, *, key: str, started: str = "") -> None:
    """Says how a run ended and offers to do it again from its settings, under the same link.

    Args:
        run: The run.
        key: Unique on the page.
        started: Key of the session under which a part of a page remembers its run; empty for the run of the page.
    """
    if run.state == "failed":
        st.error(plain(run.error), icon=":material/error:")
    elif run.state == "interrupted":
        st.warning(f"{run.error}. {_KEPT}", icon=":material/restart_alt:")
    elif run.state == "cancelled":
        st.info(f"Cancelled. {_KEPT}", icon=":material/cancel:")
    elif run.state == "expired":
        st.info(_expired(run), icon=":material/hourglass_disabled:")
    if not can_redo(run, store()):
        return
    if st.button("Do it again from its settings", key=f"redo-{key}", icon=":material/replay:"):
        with shown_errors():
            model_owner = owner(str(json.loads(run.settings)["model"]))
            found = redo(registry(), model_owner, run, activation_cache())
            if started:
                st.session_state[started] = found
            else:
                st.query_params["run"] = found
            st.rerun()


def may_start(started: str) -> bool:
    """Whether a part of a page has to offer its start: it has no run, or one that is lost for good.

    Args:
        started: Key of the session under which the part remembers its run.
    """
    if started not in st.session_state:
        return True
    try:
        run = store().get(st.session_state[started])
    except RunError:
        return True  # deleted; the run panel says so
    return not run.is_open and run.state != "done" and not can_redo(run, store())


def is_open(run_id: str) -> bool:
    """Whether a run is still to be finished; one that was deleted is not, and the run panel says so."""
    with suppress(RunError):
        return store().get(run_id).is_open
    return False


def _expired(run: Run) -> str:
    label = plain(str(json.loads(run.settings).get("label", run.kind)))
    hours = app_settings().expire_hours
    why = f" (as is every result that nobody opens for {days(hours)})" if hours else ""
    text = f"The result of this run, {label}, has been removed to make room{why}. Its settings are kept."
    if can_redo(run, store()):
        return text
    return f"{text} {plain(why_not(run, store()))}"


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
    if not is_open(run_id):
        st.rerun()
    run = store().get(run_id)
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
