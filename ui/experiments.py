"""Starting and opening runs over vectors from a page: every kind through the same door as the command line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

from emotion_core.base.errors import RunError, SettingsError
from emotion_core.experiments.experiment import Experiment, has_result, load, start
from emotion_core.runs.recipes import origin_of
from emotion_core.runs.store import Run
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import shown_errors
from ui.figure import figures_from
from ui.linked import PARTS, part_run
from ui.page_run import shown_run
from ui.run_panel import is_open, may_start, run_panel
from ui.services import activation_cache, common_registry, registry, store
from ui.share import link_hint
from ui.working import Working

S = TypeVar("S")
R = TypeVar("R")


def start_run(
    working: Working,
    experiment: Experiment[S, Any],
    settings: S,
    *,
    vectors: EmotionVectors | None = None,
    everybody: bool = False,
) -> str:
    """Starts a run over the chosen vectors, or finds it; returns its id.

    Args:
        working: What is worked with.
        experiment: The kind of run.
        settings: What is asked.
        vectors: Instead of the chosen ones.
        everybody: It belongs to all visitors: joined where it is already under way, and nobody's own.

    Raises:
        EmotionCoreError: It cannot be started, and why.
    """
    chosen = vectors if vectors is not None else working.vectors
    if chosen is None:
        raise SettingsError("There are no vectors to work with", remedy="Choose a vector set in the sidebar")
    jobs = common_registry() if everybody else registry()
    return start(jobs, working.owner, chosen, experiment, settings, activation_cache(), share=everybody)


def run_result(run_id: str, experiment: Experiment[Any, R]) -> R:
    """The result of a finished run, or what a stopped one left; the last few are remembered.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    run = store().get(run_id)
    if run.is_open:
        return load(store(), run_id, experiment)
    found: R = _remembered(run_id, run.state, run.updated, experiment.kind, experiment)
    return found


@st.cache_resource(max_entries=16, show_spinner=False)
def _remembered(run_id: str, state: str, updated: float, kind: str, _experiment: Experiment[Any, R]) -> R:
    """Reading a file takes up to a third of a second, which a click on a page that shows it would wait for."""
    return load(store(), run_id, _experiment)


def is_kept(run_id: str, experiment: Experiment[Any, Any]) -> bool:
    """Whether a run has something to show, whole or in part."""
    return has_result(store(), run_id, experiment)


def show_run(
    page: str, working: Working, experiment: Experiment[Any, R], hint: str, show: Callable[[R, Run], None]
) -> None:
    """The run of a view in its place: what to click, how far it is, or its result with the link to it.

    A stopped run whose kind may leave a part shows it.

    Args:
        page: Under which the view remembers its run.
        working: What is worked with.
        experiment: The kind of run.
        hint: What to click where there is no run, and what appears then; empty to say nothing.
        show: Draws the result.
    """
    run_id = shown_run(page, working.info.fingerprint, experiment.kind)
    if run_id is None:
        if hint:
            st.info(hint, icon=":material/info:")
        return
    run = run_panel(run_id, key=page) or _part_of(run_id, experiment)
    if run is not None:
        with shown_errors(), figures_from(origin_of(run)):
            show(run_result(run.id, experiment), run)
            link_hint()


def _part_of(run_id: str, experiment: Experiment[Any, Any]) -> Run | None:
    """A stopped run that left something to show."""
    try:
        run = store().get(run_id)
    except RunError:
        return None  # the panel has said so
    return run if experiment.partial and run.state == "cancelled" and is_kept(run_id, experiment) else None


def joint_run(started: str, *, key: str) -> bool:
    """Whether a run that all visitors wait for is under way, with its panel; the page begins again when it is done.

    Args:
        started: Key of the session under which a part of the page remembers it.
        key: Unique on the page.
    """
    if started not in st.session_state:
        return False
    if run_panel(st.session_state[started], key=key, shared=True) is not None:
        st.rerun()
    if not is_open(st.session_state[started]):
        del st.session_state[started]
    return True


def part_result(working: Working, experiment: Experiment[S, R], settings: S, offer: Callable[[], str]) -> R | None:
    """What one part of a page shows: its result, until then its run, and before that the button that starts it.

    Args:
        working: What is worked with.
        experiment: The kind of run.
        settings: What is asked.
        offer: Says what would be computed, and returns the words on the button.
    """
    name = PARTS[experiment.kind]
    started = f"{name} of {working.run_id}"
    part_run(started, experiment.kind, working.vectors)
    run = run_panel(st.session_state[started], key=name, started=started) if started in st.session_state else None
    if may_start(started):
        if st.button(offer(), key=f"start-{name}"):
            with shown_errors():
                st.session_state[started] = start_run(working, experiment, settings)
                st.rerun()
    elif run is not None:
        with shown_errors():
            return run_result(run.id, experiment)
    return None
