"""A run of failing attempts: one trace, the cheat marked, and what encouragement changes."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from emotion_core.charts import reading as charts
from emotion_core.experiments.reading import AttemptsSettings
from emotion_core.reading.attempts import AttemptRun, AttemptsReading, load_attempts, read_attempts_file, run_of_form
from emotion_core.stats.intervals import p_words
from ui.figure import downloads, show_chart, shows, verdict
from ui.plain import plain
from ui.read.text import value_strip
from ui.uploads import content, upload_field


def attempts_result(found: AttemptsReading, emotion: str) -> None:
    """Drift over the attempts, the place of the cheat, and the second trace."""
    drifts, sentence = found.drift_of(emotion)
    verdict("evidence" if drifts else "no evidence", sentence, key="attempts-drift")
    change = found.encouraged(emotion)
    verdict(
        "evidence" if change.evidence else "no evidence",
        f"Encouragement changes {emotion} in the attempts after it by {change.mean:+.2f} SD (95 % {change.low:+.2f} to "
        f"{change.high:+.2f} over attempts; random directions {change.null_low:+.2f} to {change.null_high:+.2f}; "
        f"{p_words(change.q_value, 'q')} against the hardest controls).",
        key="attempts-kind",
    )
    chart = charts.attempts(found, emotion)
    show_chart(chart, alt_text=sentence, key="attempts", titled=False)
    cheat = found.cheat_reading(emotion)
    if cheat is not None:
        st.markdown(
            f"Where the option to cheat is taken (“{plain(found.cheat_words)}”) {plain(emotion)} reads {cheat[0]:+.2f} "
            f"SD; {cheat[1]:.0%} of the other stretches of this length read lower."
        )
    shows(
        "How far the words of the attempts lie along the direction, against neutral conversations at the same place. "
        "Both traces have the same words; the encouragement and the outcomes are read by the model and not drawn.",
        "What the model would do: the attempts are written, and one run is one story; the interval is over attempts.",
    )
    st.dataframe(
        charts.means_table(found, emotion),
        hide_index=True,
        column_config={
            "attempt": "Attempt",
            **{
                key: st.column_config.NumberColumn(label, format="%.2f")
                for key, label in (
                    ("plain", "Plain (SD)"),
                    ("encouraged", "Encouraged (SD)"),
                    ("difference", "Difference (SD)"),
                )
            },
        },
    )
    downloads(
        f"attempts-{emotion}", chart=chart, table=lambda: charts.attempts_table(found), key="attempts", parquet=True
    )
    start, end = found.cheat
    starts = {found.attempt.index(number) for number in set(found.attempt)} - {0}
    value_strip(
        found.tokens,
        [True] * len(found.tokens),
        found.values[0, :, found.emotions.index(emotion)],
        emotion,
        key="attempts",
        breaks=frozenset(starts),
        marked=frozenset(range(start, end)),
    )
    st.caption("Without encouragement, an attempt a line. Underlined: the option to cheat.")


# Which run of attempts is read: built in, changed by hand, or uploaded.


def attempts_form() -> AttemptsSettings:
    """Draws the form.

    Raises:
        PromptSetError: An upload cannot be used; the message says why.
        SettingsError: A field cannot be used.
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
    uploaded = upload_field(
        "Upload one instead (JSON)",
        place=right,
        type=["json"],
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
        "task": task or "",
        "attempts": edited.fillna("").to_dict("records"),
        "cheat": cheat or "",
        "encouragement": encouragement or "",
    }
    return run_of_form(document)
