"""Errors a visitor can do something about, shown as one message each; what was computed before stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from emotion_core.base.errors import EmotionCoreError
from ui.plain import plain


def show_error(error: EmotionCoreError) -> None:
    """Shows what went wrong in bold, then where, expected and found, then what to do."""
    where = f" ({plain(error.where)})" if error.where else ""
    lines = [f"**{plain(error.what)}**{where}"]
    if error.expected:
        lines.append(f"Expected: {plain(error.expected)}.")
    if error.found:
        lines.append(f"Found: {plain(error.found)}.")
    if error.remedy:
        lines.append(f"{plain(error.remedy)}.")
    st.error("  \n".join(lines), icon=":material/error:")


@contextmanager
def shown_errors() -> Iterator[None]:
    """Shows an `EmotionCoreError` of the block in its place and goes on after the block."""
    try:
        yield
    except EmotionCoreError as error:
        show_error(error)
