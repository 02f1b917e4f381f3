"""What was read: counts, the rows with their split, and what the checks found, row by row."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from emotion_core.evaluation.sample_size import power_sentences
from emotion_core.prompts.checks import Finding, check
from emotion_core.prompts.files import to_csv
from emotion_core.prompts.prompt_set import PromptSet, n_units
from ui.plain import plain

_ICONS = {"error": ":material/error:", "warning": ":material/warning:", "note": ":material/info:"}
_SHOWN_ROWS = 12


def preview(prompt_sets: Sequence[PromptSet]) -> None:
    """Shows every set: its counts in a line, its findings, its rows."""
    for number, one in enumerate(prompt_sets):
        with st.container(border=True, key=f"preview-{number}"):
            st.markdown(f"**{plain(one.name)}** · {counts(one)}")
            if one.dropped:
                told = one.dropped[:_SHOWN_ROWS]
                st.caption(plain(" ".join(sentence if sentence.endswith(".") else f"{sentence}." for sentence in told)))
            for sentence in power_sentences([one]):
                st.caption(sentence)
            # Sets of one content may come from files whose rows are numbered otherwise.
            rows = hash((one.dropped, tuple(text.row for text in one.texts)))
            _findings(findings_of(f"{one.sha256} {rows}", one))
            with st.expander(
                "Rows",
                expanded=len(prompt_sets) == 1 and not one.name.startswith("written"),
                icon=":material/table_rows:",
            ):
                st.dataframe(table_of(one.sha256, one), hide_index=True, height=230)


def counts(one: PromptSet) -> str:
    """How much of what is in a set, in words."""
    unit = "pairs" if one.form == "pairs" else "texts"
    train, heldout = n_units(one.part("train")), n_units(one.part("heldout"))
    topics = len({t.topic for t in one.texts if t.topic})
    drawn = f", held out by topic with seed {one.seed}" if one.seed is not None else ""
    emotions = f"{len(one.emotions)} emotions" if len(one.emotions) > 1 else plain(one.emotions[0])
    return f"{emotions} · {train} training and {heldout} held-out {unit}{drawn}" + (
        f" · {topics} topics" if topics else ""
    )


def _findings(findings: Sequence[Finding]) -> None:
    if not findings:
        st.caption(":material/check: The checks found nothing to change.")
        return
    for one in findings:
        rows = ", ".join(str(row) for row in one.rows[:_SHOWN_ROWS]) + (" …" if len(one.rows) > _SHOWN_ROWS else "")
        place = f" (row{'s' if len(one.rows) > 1 else ''} {rows})" if one.rows else ""
        remedy = f" → {plain(one.remedy)}" if one.remedy else ""
        st.markdown(f"{_ICONS[one.severity]} **{one.severity.capitalize()}**{place}: {plain(one.detail)}{remedy}")


@st.cache_data(max_entries=64, show_spinner=False)
def findings_of(key: str, _prompt_set: PromptSet) -> tuple[Finding, ...]:
    """The checks of a set; remembered by its content and its row numbers."""
    return tuple(check(_prompt_set))


@st.cache_data(max_entries=64, show_spinner=False)
def table_of(sha256: str, _prompt_set: PromptSet) -> pd.DataFrame:
    """The rows of a set as a table."""
    return pd.read_csv(io.StringIO(to_csv(_prompt_set)), keep_default_na=False, dtype=str)
