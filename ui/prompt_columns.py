"""Which column of a visitor's file is what: asked where it is not known, and kept in the link."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from emotion_core.base.errors import EmotionCoreError, PromptSetError
from emotion_core.prompts.files import read_for_choice
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.prompts.tables import Table
from ui.linked import keep_in_link, taken
from ui.plain import plain

_FORMS = {"Contrast pairs": ("positive", "negative"), "Labelled texts": ("text", "emotion")}
_LABELS = {
    "positive": ("Positive side", "The column of the texts with the emotion."),
    "negative": ("Negative side", "The column of the texts without it."),
    "text": ("Text", "The column of the texts."),
    "emotion": ("Emotion", "The column that names the emotion of each row; without one, name it in the field."),
    "topic": ("Topic", "Rows of a topic stay together when rows are held out. Not needed."),
    "split": ("Split", "The column that says which rows are for training and which are held out. Not needed."),
}
_NONE = "(none)"
_SHOWN_ROWS = 5


@dataclass(frozen=True)
class Answer:
    """What the visitor said of a file: its column for each of ours, and a name for the emotion of all rows."""

    columns: tuple[tuple[str, str], ...] = ()
    emotion: str = ""


NO_ANSWER = Answer()


def ask_columns(name: str, data: bytes, found: PromptSet | EmotionCoreError, *, key: str) -> Answer:
    """Draws the choice of columns of a file where it is wanted or needed.

    Args:
        name: The file's name.
        data: Its content.
        found: What came of it without an answer.
        key: Of the widgets.
    """
    try:
        table, known = read_for_choice(name, data)
    except PromptSetError:
        return NO_ANSWER
    linked = _linked(table)
    wanted = st.toggle(
        f"Say which column of {plain(name)} is what",
        value=isinstance(found, PromptSetError) or linked != NO_ANSWER,
        key=f"{key} wanted",
        help="Where the file was not understood, or not as you mean it. The choice is kept in the link.",
    )
    if not wanted or not table.columns:
        return NO_ANSWER
    with st.container(border=True):
        answer = _asked(table, known, linked, key)
        _first_rows(table, answer)
    if answer == NO_ANSWER or (dict(answer.columns) == known and not answer.emotion):
        return NO_ANSWER
    keep_in_link("columns", ",".join(f"{own}={theirs}" for own, theirs in answer.columns), "")
    keep_in_link("called", answer.emotion, "")
    return answer


def _asked(table: Table, known: dict[str, str], linked: Answer, key: str) -> Answer:
    start = dict(linked.columns) or known
    pairs = "positive" in start or not start
    form = st.segmented_control(
        "The file holds",
        list(_FORMS),
        default=list(_FORMS)[0 if pairs else 1],
        required=True,
        key=f"{key} form",
        help="Pairs hold two texts a row, with the emotion and without it; labelled texts hold one and its emotion.",
    )
    columns = list(dict.fromkeys([*(one for one in table.columns if one), *start.values()]))
    needed = _FORMS[form or "Contrast pairs"]
    chosen: dict[str, str] = {}
    fields = [*needed, *(one for one in ("emotion", "topic", "split") if one not in needed)]
    for place, own in zip(st.columns(len(fields)), fields, strict=True):
        label, help_text = _LABELS[own]
        options = columns if own in needed and own != "emotion" else [_NONE, *columns]
        default = start.get(own, None if options is columns else _NONE)
        theirs = place.selectbox(
            label,
            options,
            index=options.index(default) if default in options else None,
            placeholder="choose",
            format_func=lambda one: f"column {one}" if one.isdigit() else one.replace("+", " + "),
            key=f"{key} {form} {own}",
            help=help_text,
        )
        if theirs and theirs != _NONE:
            chosen[own] = theirs
    emotion = "" if "emotion" in chosen else linked.emotion
    if "emotion" not in chosen:
        emotion = st.text_input(
            "Name of the emotion",
            value=emotion,
            max_chars=100,
            key=f"{key} called",
            placeholder="as the file is called" if "positive" in chosen else "for instance fear",
            help="What all rows of the file stand for, where no column says it.",
        )
    emotion = " ".join((emotion or "").split())
    whole = {"positive", "negative"} <= set(chosen) or ("text" in chosen and ("emotion" in chosen or emotion))
    return Answer(tuple(chosen.items()), emotion) if whole else NO_ANSWER


def _first_rows(table: Table, answer: Answer) -> None:
    """The first rows as they would be read; before an answer as they are."""
    columns = answer.columns or [(one, one) for one in table.columns]
    rows = [{own: _cell(row.cells, theirs) for own, theirs in columns} for row in table.rows[:_SHOWN_ROWS]]
    st.dataframe(pd.DataFrame(rows), hide_index=True)


def _cell(cells: dict[str, Any], theirs: str) -> str:
    return " ".join(str(cells.get(one, "")) for one in theirs.split("+"))[:300]


def _linked(table: Table) -> Answer:
    """The answer of a link, where the file has its columns."""
    text, called = taken("columns"), taken("called")
    if text is not None:
        st.session_state["linked columns"] = (text, called or "")
    text, called = st.session_state.get("linked columns", ("", ""))
    columns = [part.partition("=")[::2] for part in text.split(",") if "=" in part]
    there = {part for _, theirs in columns for part in theirs.split("+")}
    return Answer(tuple(columns), called) if columns and there <= set(table.columns) else NO_ANSWER
