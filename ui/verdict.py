"""Verdicts: a mark that is told apart by its shape, with a word beside it, before any figure."""

from __future__ import annotations

from typing import Literal

import streamlit as st

from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.evaluation.verdict import Verdict, kind_of
from ui.plain import minus, plain

Mark = Literal["evidence", "cannot be told", "explained", "not tested", "no evidence"]

# Half full: more than chance. The lower half: nothing says that it is more than a rival, nothing that it is not.
_SIGNS: dict[Mark, str] = {
    "evidence": "●",
    "cannot be told": "◒",
    "explained": "◐",
    "not tested": "◌",
    "no evidence": "○",
}


def verdict(mark: Mark, sentence: str, *, word: str = "", key: str) -> None:
    """Shows a verdict.

    Args:
        mark: Filled circle, one of two half circles, dotted circle, or empty circle.
        sentence: What was found, in words; may hold names given by the visitor.
        word: Instead of the mark's own word, such as "explained by vocabulary".
        key: Unique on the page.
    """
    with st.container(key=f"verdict-{mark.replace(' ', '-')}-{key}"):
        st.markdown(f"{_SIGNS[mark]} **{plain(word or mark)}** · {plain(minus(sentence))}")


def scored_verdict(found: Verdict, sentence: str = "", *, key: str) -> None:
    """Shows the verdict of held-out scores.

    Args:
        found: The verdict.
        sentence: Instead of its own reason.
        key: Unique on the page.
    """
    marked(found.word, sentence or found.reason, key=key)


def marked(word: str, sentence: str, *, key: str) -> None:
    """Shows a claim by the word of its verdict.

    Args:
        word: Such as "evidence" or "explained by vocabulary"; its sign is that of its kind.
        sentence: The claim with its figures.
        key: Unique on the page.
    """
    verdict(kind_of(word), sentence, word=word, key=key)


def emotion_verdict(scores: HeldOutScores, emotion: str, *, key: str) -> None:
    """The verdict of one emotion with the numbers behind it."""
    found = scores.verdicts[scores.emotions.index(emotion)]
    older = "" if scores.gaps else " Scored before leads over rivals had intervals; score it again to have them."
    scored_verdict(found, f"{emotion}: {found.reason}{older}", key=key)


def shows(what: str, what_not: str) -> None:
    """The two lines under a figure: what it shows, and what it does not."""
    st.caption(f"**What this shows.** {what}  \n**What it does not.** {what_not}")
