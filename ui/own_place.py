"""A place of its own for a fragment, so that what stands below it never arrives without it.

Streamlit keeps what it has not yet sent to the browser in a queue. When a fragment is redrawn, everything of that
fragment is taken out of the queue, its frame too, because it is about to be drawn anew; what the page has drawn below
the fragment stays in the queue and is now sent before it. On a busy machine, where a whole page may still be waiting,
the browser then gets the seventh element of a page before the sixth, and ends with "Bad delta path index". A frame
around the fragment is the page's, not the fragment's: it stays in the queue and holds the position.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import streamlit as st

P = ParamSpec("P")
R = TypeVar("R")


def in_own_place(fragment: Callable[P, R]) -> Callable[P, R]:
    """Draws a fragment inside a frame of the page; stands above every `st.fragment`.

    Args:
        fragment: A function decorated with `st.fragment`.

    Returns:
        The same function, which draws into a container in which nothing else stands.
    """

    @functools.wraps(fragment)
    def placed(*args: P.args, **kwargs: P.kwargs) -> R:
        with st.container():
            return fragment(*args, **kwargs)

    return placed
