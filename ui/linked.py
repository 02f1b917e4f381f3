"""What a link holds besides model, vectors and run: choices within a result, and runs of single parts of a page.

Both are taken from a link once, at the session's first look, and written back whenever they change, so that the
address always opens what is on the screen.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TypeVar

import streamlit as st

from emotion_core.base.errors import RunError
from emotion_core.runs.codec import vectors_digest
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.services import store

T = TypeVar("T")
_TAKEN = "taken from the link"


def taken(name: str) -> str | None:
    """What the link says under a name, at the first look of the session; None afterwards."""
    seen: set[str] = st.session_state.setdefault(_TAKEN, set())
    if name in seen:
        return None
    seen.add(name)
    found: str | None = st.query_params.get(name)
    return found


def keep_in_link(name: str, value: object, default: object = None) -> None:
    """Writes a choice into the link; the default is left out."""
    if value is None or value == default:
        st.query_params.pop(name, None)
    elif st.query_params.get(name) != str(value):
        st.query_params[name] = str(value)


def first_choice(name: str, options: Sequence[T], key: str) -> None:
    """Sets a widget to the link's choice before it is drawn for the first time.

    Args:
        name: In the link.
        options: What can be chosen; anything else in the link is passed over.
        key: Of the widget.
    """
    wanted = taken(name)
    found = next((one for one in options if str(one) == wanted), None)
    if found is not None and key not in st.session_state:
        st.session_state[key] = found


def part_run(started: str, name: str, kind: str, vectors: EmotionVectors | None = None) -> None:
    """Keeps the run of one part of a page in the link, and takes it from there.

    Args:
        started: Key of the session under which the part remembers its run.
        name: In the link.
        kind: Of the run; another one in the link is passed over.
        vectors: That the page shows; a run over others is passed over.
    """
    wanted = taken(name)
    if wanted and started not in st.session_state and _fits(wanted, kind, vectors):
        st.session_state[started] = wanted
    keep_in_link(name, st.session_state.get(started))


def _fits(run_id: str, kind: str, vectors: EmotionVectors | None) -> bool:
    try:
        run = store().get(run_id)
    except RunError:
        return False
    # Runs of earlier versions did not note down their vectors.
    over = json.loads(run.settings).get("vectors")
    return run.kind == kind and (vectors is None or over in (None, vectors_digest(vectors)))


def forget_unless(key: str, options: Sequence[object]) -> None:
    """Drops the state of a widget whose choice, made for another result, is not among its options."""
    if key in st.session_state and st.session_state[key] not in options:
        del st.session_state[key]
