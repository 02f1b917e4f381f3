"""Finished readings on the page: which part is shown, and what to take along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from emotion_core.experiments.experiment import Experiment
from emotion_core.experiments.reading import VECTORS, ReadingSettings, command, open_reading
from emotion_core.runs.recipes import is_over, origin_of
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import vector_bytes
from ui.errors import shown_errors
from ui.figure import download, figures_from
from ui.read.attempts import attempts_result
from ui.read.conversation import continuation_result, conversation_result
from ui.read.dose import dose_result
from ui.read.forms import VIEWS
from ui.read.monitor import labelled_result, watched_result
from ui.read.priors import priors_result
from ui.read.situations import situations_result
from ui.read.text import text_result
from ui.run_panel import finished_run
from ui.services import store
from ui.share import link_hint
from ui.working import Working

# The call that redoes a reading without the browser, with the files it needs.


def redo_call(settings: ReadingSettings, vectors: EmotionVectors | None) -> None:
    """Shows the command line and offers the files beside it.

    Args:
        settings: Of the reading.
        vectors: Those it was read with, where they are at hand.
    """
    line, files = command(settings)
    with st.expander("Redo this on the command line", icon=":material/terminal:"):
        st.code(line, language="bash", wrap_lines=True)
        with st.container(horizontal=True, key="redo-files"):
            if vectors is not None:
                kind = "application/octet-stream"
                download(VECTORS, lambda: vector_bytes(vectors), VECTORS, kind, key="redo-vectors")
            for name, data in files.items():
                mime = "application/json" if name.endswith(".json") else "text/plain"
                download(name, data, name, mime, key=f"redo-{name}")
        st.caption("Run it in the repository, with these files in the same folder.")


def reading_result(working: Working, view: str) -> None:
    """The view's reading, as far as it is.

    Args:
        working: What is worked with.
        view: Key of `VIEWS`.
    """
    hint = "Press the button: the reading appears here."
    run = finished_run(f"read {view}", working.info.fingerprint, VIEWS[view], hint, key=f"read-{view.lower()}")
    if run is None:
        return
    with shown_errors():
        experiment, found, settings = _reading(run.id)
        st.divider()
        with figures_from(origin_of(run)):
            _show(experiment.kind, found, working)
        same = working.vectors is not None and is_over(run, working.vectors)
        if not same:
            st.caption("This was read with another vector set than the one chosen at the side.")
        redo_call(settings, working.vectors if same else None)
        link_hint()


@st.cache_resource(max_entries=8, show_spinner=False)
def _reading(run_id: str) -> tuple[Experiment[Any, Any], Any, ReadingSettings]:
    """A finished reading; kept, since a click on a token should not read a file of megabytes."""
    return open_reading(store(), store().get(run_id))


def _show(kind: str, found: Any, working: Working) -> None:
    among = working.emotion_among
    views: dict[str, Callable[[Any], None]] = {
        "read-text": lambda found: text_result(found, among(found.emotions)),
        "read-conversation": lambda found: conversation_result(found, among(found.tokens.emotions)),
        "read-reply": lambda found: continuation_result(found, among(found.readings[0].tokens.emotions)),
        "read-dose": lambda found: dose_result(found, among(found.emotions)),
        "read-situations": situations_result,
        "read-attempts": lambda found: attempts_result(found, among(found.emotions)),
        "read-priors": lambda found: priors_result(found, among(found.emotions)),
        "read-monitor": watched_result,
        "read-labelled": labelled_result,
    }
    views[kind](found)
