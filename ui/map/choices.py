"""What is chosen on the map: layer, clusters, axes, colour, held emotions. Kept over pages, and in the link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from ui.name_list import names_of_text, names_to_text

T = TypeVar("T")

MOST_HELD = 6
_CHOICES = "map choices"
_KEYS = ("held", "layer", "clusters", "x", "y", "colour", "size", "second", "second_layer")
_PREFIX = "map_"


def read_map_link() -> None:
    """Takes the choices of a link at the session's first look at the map."""
    if _CHOICES in st.session_state:
        return
    params = st.query_params
    st.session_state[_CHOICES] = {key: params[_PREFIX + key] for key in _KEYS if _PREFIX + key in params}


def kept(key: str, options: Sequence[T], default: T) -> T:
    """The choice for a widget, whose state is set to it; one that is not among the options gives way to the default.

    The widget gets the key `map_KEY` and `on_change=keep(KEY)`, and a default is left out of the link.
    """
    wanted = st.session_state[_CHOICES].get(key)
    value = next((one for one in options if str(one) == wanted), default)
    st.session_state[_PREFIX + key] = value
    _link(key, "" if value == default else str(value))
    return value


def keep(key: str) -> Callable[[], None]:
    """A callback that notes down what a widget of `kept` was changed to."""

    def take() -> None:
        st.session_state[_CHOICES][key] = str(st.session_state[_PREFIX + key])

    return take


def held(emotions: Sequence[str]) -> tuple[str, ...]:
    """The emotions held for comparison that this map has, in the order they were taken."""
    wanted = names_of_text(st.session_state[_CHOICES].get("held", ""))
    return tuple(dict.fromkeys(one for one in wanted if one in emotions))[:MOST_HELD]


def kept_held(emotions: Sequence[str]) -> tuple[str, ...]:
    """The held emotions for the box that lists them, whose state is set to them."""
    found = held(emotions)
    st.session_state[_PREFIX + "held"] = list(found)
    _link("held", names_to_text(found))
    return found


def keep_held() -> None:
    """Callback of the box that lists the held emotions."""
    st.session_state[_CHOICES]["held"] = names_to_text(st.session_state[_PREFIX + "held"])


def toggle_held(emotion: str) -> None:
    """Holds an emotion, or lets it go; a callback may call it."""
    now = names_of_text(st.session_state[_CHOICES].get("held", ""))
    now = [one for one in now if one != emotion] if emotion in now else [*now, emotion]
    st.session_state[_CHOICES]["held"] = names_to_text(now[-MOST_HELD:])


def _link(key: str, value: str) -> None:
    if value:
        st.query_params[_PREFIX + key] = value
    else:
        st.query_params.pop(_PREFIX + key, None)
