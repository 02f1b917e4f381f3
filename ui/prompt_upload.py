"""Prompt files of the visitor: read once, and kept for the session when another page is opened."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from emotion_core.base.errors import EmotionCoreError, PromptSetError
from emotion_core.prompts.files import MOST_TEXTS, read_for_choice, read_prompt_files, together
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.prompts.tables import Table
from ui.errors import show_error, shown_errors
from ui.linked import keep_in_link, taken
from ui.plain import plain
from ui.services import app_settings
from ui.uploads import Upload, content, upload_field

# Which column of a visitor's file is what: asked where it is not known, and kept in the link.

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


def ask_columns(name: str, data: bytes, found: PromptSet | EmotionCoreError, *, key: str, called: str = "") -> Answer:
    """Draws the choice of columns of a file where it is wanted or needed.

    Args:
        name: The file's name.
        data: Its content.
        found: What came of it without an answer.
        key: Of the widgets.
        called: What the page calls it, where another file has the same name.
    """
    try:
        table, known = read_for_choice(name, data)
    except PromptSetError:
        return NO_ANSWER
    linked = _linked(table)
    wanted = st.toggle(
        f"Say which column of {plain(called or name)} is what",
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
            format_func=lambda one: f"column {one}" if one.isascii() and one.isdecimal() else one.replace("+", " + "),
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


@dataclass(frozen=True)
class _Read:
    """Files that make one set: their names, and what came of them."""

    names: tuple[str, ...]
    found: PromptSet | EmotionCoreError


def prompt_uploader(kept: str, *, key: str, help_text: str) -> dict[str, PromptSet]:
    """Draws an uploader and returns all sets that its files make, by name; a bad file is explained.

    A file that is removed leaves; one that was brought before another page was opened stays. Where the layout of a
    file is not known, or not what the visitor means, its columns can be named.

    Args:
        kept: Key of the session that the sets are kept under.
        key: Of the widget.
        help_text: What the files have to hold.
    """
    uploaded = upload_field(
        "CSV, TSV, text, JSON, JSONL, Parquet or Excel files, also packed as .gz",
        accept_multiple_files=True,
        key=key,
        help=help_text,
        on_change=_changed,
        args=(kept,),
    )
    files = _present(kept, uploaded or [])
    bytes_of: dict[str, bytes] = {}
    for file_id, file in files.items():
        with shown_errors():
            bytes_of[file_id] = content(file)
    ids = list(bytes_of)
    groups = [[ids[i] for i in group] for group in together([files[one].name for one in ids])]
    reads: list[_Read] = []
    for group in groups:
        members = [(one, files[one].name, bytes_of[one]) for one in group]
        earlier = sum(one.names == tuple(name for _, name, _ in members) for one in reads)
        reads.append(_read(kept, key, members, f" ({earlier + 1})" if earlier else ""))
    own = _apart(reads)
    st.session_state[kept] = own
    return own


def uploaded_sets(kept: str) -> dict[str, PromptSet]:
    """The sets kept under a key."""
    own: dict[str, PromptSet] = st.session_state.setdefault(kept, {})
    return own


def _changed(kept: str) -> None:
    """The visitor brought or removed a file; a page switch empties the widget too, but calls nothing."""
    st.session_state[f"{kept} changed"] = True


def _present(kept: str, uploaded: Sequence[Upload]) -> dict[str, Upload]:
    """The files in use by their id, those of earlier visits to the page first."""
    there: dict[str, Upload] = st.session_state.setdefault(f"{kept} files", {})
    now = {_id(file): file for file in uploaded}
    if st.session_state.pop(f"{kept} changed", False):
        for gone in set(st.session_state.get(f"{kept} shown", ())) - set(now):
            there.pop(gone, None)
    there.update(now)
    st.session_state[f"{kept} shown"] = tuple(now)
    return there


def _id(file: Upload) -> str:
    return str(getattr(file, "file_id", file.name))


def _read(kept: str, key: str, files: list[tuple[str, str, bytes]], number: str) -> _Read:
    """Reads files that belong together as they are, then as the visitor says that they are.

    Args:
        kept: Key of the session that the sets are kept under.
        key: Of the widgets.
        files: Id, name and content of each.
        number: Behind a name that earlier files have too, as that of their set has it.
    """
    named = [(name, data) for _, name, data in files]
    names = tuple(name for name, _ in named)
    found = _set(kept, named, NO_ANSWER)
    if len(files) == 1:
        answer = ask_columns(*named[0], found, key=f"{key} {files[0][0]}", called=names[0] + number)
        if answer != NO_ANSWER:
            found = _set(kept, named, answer)
    elif isinstance(found, PromptSet) and found.emotions == (found.name,):
        called = st.text_input(
            f"Name of the emotion in {plain(' and '.join(names))}{number}",
            max_chars=100,
            key=f"{key} {files[0][0]} called",
            placeholder="for instance fear",
            help="What the positive side stands for. Without a name it is called as the files are.",
        )
        found = _set(kept, named, Answer(emotion=called or ""))
    return _Read(names, found)


def _set(kept: str, files: list[tuple[str, bytes]], answer: Answer, name: str = "") -> PromptSet | EmotionCoreError:
    """The set of some files, remembered by their content."""
    remembered: dict[object, PromptSet | EmotionCoreError] = st.session_state.setdefault(f"{kept} read", {})
    asked = (tuple((one, hashlib.sha256(data).digest()) for one, data in files), answer, name)
    if asked not in remembered:
        try:
            remembered[asked] = read_prompt_files(
                files,
                choice=dict(answer.columns),
                emotion=answer.emotion,
                name=name,
                most_texts=app_settings().max_texts or MOST_TEXTS,
            )
        except PromptSetError as error:
            remembered[asked] = error
    return remembered[asked]


def _apart(reads: Sequence[_Read]) -> dict[str, PromptSet]:
    """The sets by name, two of one name told apart; an error goes when a later file of that name can be read."""
    own: dict[str, PromptSet] = {}
    for i, one in enumerate(reads):
        if isinstance(one.found, EmotionCoreError):
            mended = any(o.names == one.names and isinstance(o.found, PromptSet) for o in reads[i + 1 :])
            if not mended:
                show_error(one.found)
            continue
        name = one.found.name
        if any(name == old.name and one.found.sha256 == old.sha256 for old in own.values()):
            continue  # the same file twice
        number = 2
        while name in own:
            name, number = f"{one.found.name} ({number})", number + 1
        if name != one.found.name:
            st.caption(f"Two files are called {plain(one.names[0])}: the later one is kept apart as {plain(name)}.")
        own[name] = one.found.renamed(name)
    return own
