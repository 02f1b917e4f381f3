"""Prompt files of the visitor: read once, and kept for the session when another page is opened."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from emotion_core.base.errors import EmotionCoreError, PromptSetError
from emotion_core.prompts.files import MOST_TEXTS, read_prompt_files, together
from emotion_core.prompts.prompt_set import PromptSet
from ui.errors import show_error, shown_errors
from ui.plain import plain
from ui.prompt_columns import NO_ANSWER, Answer, ask_columns
from ui.services import app_settings
from ui.uploads import Upload, content


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
    uploaded = st.file_uploader(
        "CSV, TSV, text, JSON, JSONL, Parquet or Excel files, also packed as .gz",
        accept_multiple_files=True,
        max_upload_size=app_settings().upload_mb,
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
    reads = [_read(kept, key, [(one, files[one].name, bytes_of[one]) for one in group]) for group in groups]
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


def _read(kept: str, key: str, files: list[tuple[str, str, bytes]]) -> _Read:
    """Reads files that belong together as they are, then as the visitor says that they are."""
    named = [(name, data) for _, name, data in files]
    names = tuple(name for name, _ in named)
    found = _set(kept, named, NO_ANSWER)
    if len(files) == 1:
        answer = ask_columns(*named[0], found, key=f"{key} {files[0][0]}")
        if answer != NO_ANSWER:
            found = _set(kept, named, answer)
    elif isinstance(found, PromptSet) and found.emotions == (found.name,):
        called = st.text_input(
            f"Name of the emotion in {plain(' and '.join(names))}",
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
