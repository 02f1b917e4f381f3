"""Text of visitors and models inside Markdown, where none of its characters may mean anything."""

from __future__ import annotations

import re

# Markdown, Streamlit's directives (`:red[..]`, `:material/x:`), math and HTML all begin with one of these.
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$&])")


def plain(text: str) -> str:
    """The text escaped for Markdown, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def minus(text: str) -> str:
    """A sentence of ours with minus signs for hyphens before numbers, and none before a zero."""
    text = re.sub(r"(?<![\w.−-])-(?=\d)", "−", text)
    return re.sub(r"(?<![\w.])[+−](?=0\.0+(?!\d))", "", text)
