"""Finished readings on the page: which part is shown, and what to take along."""

from __future__ import annotations

import streamlit as st

from emotion_core.experiments.reading import READING
from emotion_core.runs.readings import Reading, read_with
from ui.errors import shown_errors
from ui.experiments import run_result
from ui.read.attempts import attempts_result
from ui.read.continuation import continuation_result
from ui.read.conversation import conversation_result
from ui.read.dose import dose_result
from ui.read.forms import VIEWS
from ui.read.monitor import labelled_result, watched_result
from ui.read.priors import priors_result
from ui.read.redo import redo_call
from ui.read.situations import situations_result
from ui.read.text import text_result
from ui.run_panel import finished_run
from ui.share import link_hint
from ui.working import Working


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
        found = _reading(run.id)
        st.divider()
        _show(found, working)
        same = working.vectors is not None and read_with(run, working.vectors)
        if not same:
            st.caption("This was read with another vector set than the one chosen at the side.")
        redo_call(found.request, working.vectors if same else None)
        link_hint()


@st.cache_resource(max_entries=8, show_spinner=False)
def _reading(run_id: str) -> Reading:
    """A finished reading; kept, since a click on a token should not read a file of megabytes."""
    return run_result(run_id, READING)


def _show(found: Reading, working: Working) -> None:
    if found.text is not None:
        text_result(found.text, working.emotion_among(found.text.emotions))
    elif found.conversation is not None:
        conversation_result(found.conversation, working.emotion_among(found.conversation.tokens.emotions))
    elif found.continuation is not None:
        emotions = found.continuation.readings[0].tokens.emotions
        continuation_result(found.continuation, working.emotion_among(emotions))
    elif found.dose is not None:
        dose_result(found.dose, working.emotion_among(found.dose.emotions))
    elif found.situations is not None:
        situations_result(found.situations)
    elif found.attempts is not None:
        attempts_result(found.attempts, working.emotion_among(found.attempts.emotions))
    elif found.priors is not None:
        priors_result(found.priors, working.emotion_among(found.priors.emotions))
    elif found.watched is not None:
        watched_result(found.watched)
    elif found.labelled is not None:
        labelled_result(found.labelled)
