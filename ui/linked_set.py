"""The vector set that a link asks for: chosen where it is there, made or made again where it is not."""

from __future__ import annotations

import json

import streamlit as st

from emotion_core.base.errors import EmotionCoreError
from emotion_core.runs.builds import KIND
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import show_error
from ui.run_panel import run_panel
from ui.services import store
from ui.vector_sets import (
    BUILT_IN,
    NAMED_SETS,
    UPLOAD,
    choose_next,
    on_shelf,
    put_on_shelf,
    take_off_shelf,
    vectors_of,
)

_LINKED, _EMOTION, _FAULT = "vector set of the link", "emotion of the link", "fault of a removed set"


def shelve_linked(set_id: str | None) -> EmotionCoreError | None:
    """Makes the set of a link choosable; returns what is wrong with it where it cannot be had.

    A set that is still being made, or was and can be made again, is remembered for `linked_set`.
    """
    if not set_id or set_id in (BUILT_IN, *NAMED_SETS) or on_shelf(set_id):
        return None
    try:
        run = store().get(set_id)
        if run.kind in (KIND, UPLOAD) and run.state != "done":
            st.session_state[_LINKED], st.session_state[_EMOTION] = set_id, st.query_params.get("emotion")
            return None
        put_on_shelf(set_id)
    except EmotionCoreError as error:
        return error
    return None


def model_of_linked_run() -> str:
    """The model that the vector set or the run of a link was made with; empty where the link has none."""
    for key in ("vectors", "run"):
        try:
            return str(json.loads(store().get(st.query_params.get(key, "")).settings).get("model", ""))
        except (EmotionCoreError, ValueError, AttributeError):
            continue
    return ""


def vectors_there(set_id: str, run_id: str | None) -> EmotionVectors | None:
    """The vectors of a chosen set; one that was removed meanwhile gives way to another, and `linked_set` says so.

    Args:
        set_id: The chosen set.
        run_id: The run that holds it; None where it is not built for this model yet.
    """
    if run_id is None:
        return None
    try:
        return vectors_of(run_id)
    except EmotionCoreError as error:
        if on_shelf(set_id):
            take_off_shelf(set_id)
            st.session_state[_FAULT] = shelve_linked(set_id)
            st.rerun()
        show_error(error)
    return None


def linked_set() -> None:
    """The panel of a set that a link asks for and that is not there; chooses it as soon as it is."""
    fault = st.session_state.pop(_FAULT, None)
    if fault is not None:
        show_error(fault)
    if _LINKED not in st.session_state:
        return
    st.caption("The chosen vector set is not there at the moment; until it is, another one is shown.")
    run = run_panel(st.session_state[_LINKED], key="linked-set", started=_LINKED)
    if run is not None:
        del st.session_state[_LINKED]
        put_on_shelf(run.id)
        choose_next(run.id)
        st.session_state["next emotion"] = st.session_state.pop(_EMOTION, None)
        st.rerun()
