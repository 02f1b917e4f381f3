"""The glossary, searched and shown; its text is `docs/glossary.md`, which the documentation shares."""

from __future__ import annotations

import re
from pathlib import Path

import streamlit as st

TEXT = Path(__file__).parent.parent / "docs" / "glossary.md"


def glossary() -> None:
    """A search field and the entries that match it, by section."""
    wanted = (
        st.text_input(
            "Find a word",
            placeholder="for example null band",
            key="glossary-search",
            help="Searches words and explanations.",
        )
        .strip()
        .lower()
    )
    shown = 0
    for title, entries in _sections():
        fitting = [entry for entry in entries if wanted in entry.lower()]
        shown += len(fitting)
        if fitting:
            st.header(title, anchor=False)
            for entry in fitting:
                st.markdown(entry)
    if not shown:
        st.info("No entry has this word. Try a shorter one.", icon=":material/search_off:")


def _sections() -> list[tuple[str, list[str]]]:
    """Titles with their entries, in the order of the file."""
    parts = re.split(r"^## ", TEXT.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    sections = []
    for part in parts:
        title, _, body = part.partition("\n")
        sections.append((title, [" ".join(entry.split()) for entry in body.split("\n\n") if entry.strip()]))
    return sections
