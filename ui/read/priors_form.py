"""Which system prompts are compared, over which conversations."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.errors import SettingsError
from emotion_core.experiments.reading import PriorsSettings
from emotion_core.prompts.library import Turn, load_conversations, load_system_prompts, read_conversation
from emotion_core.reading.priors import Prior, check_priors
from ui.services import app_settings
from ui.uploads import content

_NONE = "no system prompt"
_OWN = "own"


def priors_form() -> PriorsSettings:
    """Draws the form.

    Raises:
        SettingsError: The choice cannot be compared.
        PromptSetError: An upload cannot be read.
    """
    st.markdown("The same conversations under other first words: does what was said at the beginning still show later?")
    library = {one.name: one for one in load_system_prompts()}
    known = {_NONE: Prior(_NONE, "")} | {one.name: Prior(one.name, one.text, one.expected) for one in library.values()}
    left, right = st.columns(2)
    first = left.selectbox(
        "Compared with",
        list(known),
        key="priors-first",
        persist_state="session",
        help="The system prompt that all others are compared with.",
    )
    others = right.multiselect(
        "System prompts",
        list(known),
        ["last-chance", "porch-in-summer"],
        key="priors-others",
        persist_state="session",
        help="Each is put before the same conversations, and compared with the first.",
    )
    own = st.text_area(
        "A system prompt of your own",
        key="priors-own",
        persist_state="session",
        height=68,
        placeholder="optional",
        help="Compared with the first one like the others.",
    )
    chosen = [known[name] for name in [first or _NONE, *[one for one in others if one != first]]]
    if own and own.strip():
        chosen.append(Prior(_OWN, own.strip()))
    for one in chosen:
        if one.text and one.name != _OWN:
            st.caption(f"**{one.name}**: {one.text}")
    conversations = _conversations()
    check_priors(chosen, conversations)
    return PriorsSettings(tuple(chosen), conversations)


def _conversations() -> tuple[tuple[Turn, ...], ...]:
    library = {one.name: one for one in load_conversations()}
    left, right = st.columns([3, 2])
    names = left.multiselect(
        "Conversations",
        list(library),
        list(library),
        key="priors-conversations",
        persist_state="session",
        help="The interval is over conversations, so take several; below three there is no verdict.",
    )
    uploaded = right.file_uploader(
        "Add conversations (JSON)",
        type=["json", "jsonl", "ndjson"],
        accept_multiple_files=True,
        max_upload_size=app_settings().upload_mb,
        key="priors-upload",
        help="One list of {role, content} a file. System turns in it are left out.",
    )
    turns = [library[name].turns for name in names]
    turns += [read_conversation(one.name, content(one)) for one in uploaded or []]
    if not turns:
        raise SettingsError("There is no conversation to read", remedy="Choose or upload one")
    return tuple(turns)
