"""The run that a page or one of its views shows: kept in the session and in the link."""

from __future__ import annotations

import json
from collections.abc import Mapping

import streamlit as st

from emotion_core.base.errors import RunError
from ui.services import store

_PREFIX = "run of "
_UNFIT = "other kind of run on "


def remember_run(page: str, run_id: str) -> None:
    """Makes a run the page's current one, in the session and in the link."""
    st.session_state[_PREFIX + page] = run_id
    st.query_params["run"] = run_id


def forget_run(run_id: str) -> None:
    """Takes a run that was removed out of the link and away from every page."""
    st.query_params.pop("run", None)
    for key in list(st.session_state):
        if str(key).startswith(_PREFIX) and st.session_state[key] == run_id:
            del st.session_state[key]


def current_run(page: str) -> str | None:
    """The page's run: from the link when it has one, else the last one of this session on this page."""
    linked = st.query_params.get("run")
    if linked:
        st.session_state[_PREFIX + page] = linked
        return linked
    remembered: str | None = st.session_state.get(_PREFIX + page)
    if remembered:
        st.query_params["run"] = remembered
    return remembered


def view_run(page: str, *kinds: str) -> str | None:
    """The run of one view of a page: as `current_run`, after a link to a run of another view is dropped.

    Args:
        page: Under which the view remembers its run.
        kinds: What the view shows, as `kind_of` says it.
    """
    pass_over(page, *kinds)
    found = current_run(page)
    if found is not None:
        st.session_state.pop(_UNFIT + page, None)
    elif _UNFIT + page in st.session_state:
        st.info("The run of the link is of another kind, which is not shown here.", icon=":material/link_off:")
    return found


def pass_over(page: str, *kinds: str) -> None:
    """Drops a link to a run of another view; `view_run` says so where the visitor has no run there.

    Args:
        page: Under which the view remembers its run.
        *kinds: What the view shows, as `kind_of` says it.
    """
    linked = st.query_params.get("run")
    if linked and kind_of(linked) not in (*kinds, ""):
        # One that another view showed is put aside without a word; of any other the visitor expects to see it.
        known = any(str(key).startswith(_PREFIX) and st.session_state[key] == linked for key in st.session_state)
        if not known:
            st.session_state[_UNFIT + page] = True
        del st.query_params["run"]


def shown_run(page: str, fingerprint: str, *kinds: str) -> str | None:
    """The run of a view, else an example of the chosen model that came with the app, said to be one.

    An example is not part of the link: the page shows it to everybody who has no run of their own there.

    Args:
        page: Under which the view remembers its run.
        fingerprint: Of the chosen model.
        kinds: As in `view_run`.
    """
    run_id = view_run(page, *kinds)
    if run_id is None:
        run_id, made_of = _example(fingerprint, kinds)
        if run_id is not None:
            st.caption(f"An example that came with the app, made with the vectors of {made_of}. Yours takes its place.")
    return run_id


@st.cache_resource(max_entries=64, show_spinner=False)
def _example(fingerprint: str, kinds: tuple[str, ...]) -> tuple[str | None, str]:
    """The first example of a model that is of one of these kinds, and the texts of its vectors."""
    for run in sorted(store().stored(), key=lambda run: run.created):
        if run.pinned and kind_of(run.id) in kinds:
            described = json.loads(run.settings)
            if described.get("fingerprint") == fingerprint:
                sets = described.get("prompt_sets") or described["build"]["prompt_sets"]
                return run.id, " + ".join(one["name"] for one in sets)
    return None, ""


def view_picker(label: str, views: Mapping[str, tuple[str, ...]], *, key: str) -> str:
    """Lets the visitor choose a view; a link to a run opens the one that shows runs of its kind.

    Args:
        label: For screen readers.
        views: Name of each view, and the kinds of run that it shows, as `kind_of` says them.
        key: Of the widget, and of the choice in the link.
    """
    linked = st.query_params.get("run")
    kind = kind_of(linked) if linked else ""
    first = next((name for name, kinds in views.items() if kind in kinds), next(iter(views)))
    chosen = st.segmented_control(
        label,
        list(views),
        default=first,
        key=key,
        bind="query-params",
        required=True,
        label_visibility="collapsed",
    )
    return chosen or first


def kind_of(run_id: str) -> str:
    """Kind of a run, such as `sweep` or `read-dose`; empty where there is no such run, which the run panel says."""
    try:
        run = store().get(run_id)
    except RunError:
        return ""
    if run.kind != "reading":
        return run.kind
    from emotion_core.experiments.kinds import experiment_of  # of every kind: only where a reading is opened

    return experiment_of(run.kind, json.loads(run.settings)).kind
