"""Which run of attempts is read: built in, changed by hand, or uploaded."""

from __future__ import annotations

import json

import pandas as pd
import streamlit as st

from emotion_core.experiments.reading import AttemptsSettings
from emotion_core.reading.attempts import AttemptRun, load_attempts, read_attempts_file
from ui.services import app_settings
from ui.uploads import content


def attempts_form() -> AttemptsSettings:
    """Draws the form.

    Raises:
        PromptSetError: The run cannot be used; the message says why.
    """
    st.markdown(
        "One task, tried again and again until a way out is taken that is not honest. The second trace has the same "
        "attempts, with a friendly sentence from the user after every failure."
    )
    library = {one.name: one for one in load_attempts()}
    left, right = st.columns([2, 3])
    name = left.selectbox(
        "Run",
        list(library),
        key="attempts-run",
        persist_state="session",
        help="A built-in story of a task that fails again and again. It can be edited below.",
    )
    uploaded = right.file_uploader(
        "Upload one instead (JSON)",
        type=["json"],
        max_upload_size=app_settings().upload_mb,
        key="attempts-upload",
        help="An object with task, attempts (a list of {said, outcome}), cheat and encouragement.",
    )
    if uploaded is not None:
        run = read_attempts_file(uploaded.name, content(uploaded))
    else:
        run = _edited(library[name or next(iter(library))])
    return AttemptsSettings(run)


def _edited(run: AttemptRun) -> AttemptRun:
    task = st.text_area(
        "Task",
        run.task,
        key=f"attempts-task-{run.name}",
        persist_state="session",
        height=80,
        help="What the user asks for, before the first attempt.",
    )
    edited = st.data_editor(
        pd.DataFrame([{"said": one.said, "outcome": one.outcome} for one in run.attempts]),
        num_rows="dynamic",
        width="stretch",
        hide_index=True,
        key=f"attempts-rows-{run.name}",
        column_config={
            "said": st.column_config.TextColumn("Attempt", width="large", required=True),
            "outcome": st.column_config.TextColumn("What came of it", width="medium", required=True),
        },
    )
    left, right = st.columns(2)
    cheat = left.text_input(
        "Words of the cheat",
        run.cheat,
        key=f"attempts-cheat-{run.name}",
        persist_state="session",
        help="Words of one attempt with which the option to cheat is taken; the place is marked.",
    )
    encouragement = right.text_input(
        "Encouragement",
        run.encouragement,
        key=f"attempts-kind-{run.name}",
        persist_state="session",
        help="What the user adds after every failure in the second trace.",
    )
    document = {
        "name": run.name,
        "task": task,
        "attempts": edited.to_dict("records"),
        "cheat": cheat or "",
        "encouragement": encouragement,
    }
    return read_attempts_file("the run above", json.dumps(document).encode())
