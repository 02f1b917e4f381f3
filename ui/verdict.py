"""Verdicts: a mark that is told apart by its shape, with a word beside it, before any figure."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from ui.plain import minus, plain

Mark = Literal["evidence", "no evidence", "explained"]

_SIGNS: dict[Mark, str] = {"evidence": "●", "no evidence": "○", "explained": "◐"}


def verdict(mark: Mark, sentence: str, *, word: str = "", key: str) -> None:
    """Shows a verdict.

    Args:
        mark: Filled circle, empty circle, or half circle.
        sentence: What was found, in words; may hold names given by the visitor.
        word: Instead of the mark's own word, such as "explained by vocabulary".
        key: Unique on the page.
    """
    with st.container(key=f"verdict-{mark.replace(' ', '-')}-{key}"):
        st.markdown(f"{_SIGNS[mark]} **{plain(word or mark)}** · {plain(minus(sentence))}")


def shows(what: str, what_not: str) -> None:
    """The two lines under a figure: what it shows, and what it does not."""
    st.caption(f"**What this shows.** {what}  \n**What it does not.** {what_not}")
