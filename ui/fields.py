"""A widget for a declared setting: its name, help, range, choices and default are those of its field.

The same declaration makes the option of the command line and the refusal in the core (`emotion_core/base/ask.py`), so a
page cannot offer what the core refuses, nor withhold what it takes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from emotion_core.base.ask import SEED, asked_of
from emotion_core.steering.settings import NEW_TOKENS

# What the parameters mean that stand in forms without settings of their own.

__all__ = ["LAYER", "NEW_TOKENS", "SEED"]

LAYER = "Which block of the model is read and steered. The chosen one was found on training texts alone."


# The fold under a form for the settings that are seldom changed.


def more_settings(defaults: Mapping[str, tuple[str, object]] | None = None) -> DeltaGenerator:
    """The fold; while it is closed, its label names the settings in it that were changed.

    Args:
        defaults: Key of a widget to how its setting is called and what it is at first.
    """
    state = st.session_state
    changed = [name for key, (name, value) in (defaults or {}).items() if state.get(key, value) != value]
    label = "More settings" + (f" (changed: {', '.join(changed)})" if changed else "")
    # A label that changes closes a fold, under the hand of who changes the first setting in it.
    return st.expander(label, expanded=bool(changed), icon=":material/tune:")


def field(
    settings: type,
    name: str,
    place: DeltaGenerator | None = None,
    *,
    key: str,
    default: Any = None,
    like: object = None,
    label: str = "",
    only: Sequence[str] = (),
    more_help: str = "",
    placeholder: str = "",
    disabled: bool = False,
) -> Any:
    """Draws the widget of a setting and returns its value; of what is read out of a text, the text.

    A text that cannot be read is refused once the whole form is drawn, so that a slip while typing takes nothing away.

    Args:
        settings: A dataclass with declared settings.
        name: Of the field.
        place: Where; by default where the page is.
        key: Of the widget.
        default: Instead of the setting's own, such as one of the vectors.
        like: Settings that have the value to begin with, such as those of a link's run; None for the usual.
        label: Instead of the setting's own, where it has a name in it.
        only: The choices that make sense here.
        more_help: Said after the setting's own help.
        placeholder: What an empty field of a setting that may be left out stands for.
        disabled: Whether it cannot be changed.
    """
    asked = asked_of(settings)[name]
    ask, at = asked.ask, place or st
    called = label or ask.label
    default = getattr(like, name, default)
    first = asked.default if default is None else default
    shared: dict[str, Any] = {"key": key, "persist_state": "session", "disabled": disabled}
    shared["help"] = " ".join(filter(None, (ask.help, more_help))) or None
    if asked.kind is bool:
        return bool(at.toggle(called, first, **shared))
    if asked.choices:
        choices = list(only or asked.choices)
        at_first = choices.index(first) if first in choices else 0
        return at.selectbox(
            called,
            choices,
            at_first,
            format_func=lambda one: ask.names.get(one, one),
            **shared,
        )
    if asked.kind in (int, float):
        least, most, step = (None if one is None else asked.kind(one) for one in (ask.least, ask.most, ask.step))
        number = at.number_input(called, least, most, first, step, placeholder=placeholder or None, **shared)
        return None if number is None else asked.kind(number)
    return str(at.text_input(called, first, **shared) or "").strip()


def fields(settings: type, keys: Mapping[str, str], *, columns: int, like: object = None) -> dict[str, Any]:
    """Draws several settings in rows; their values by name, as the settings take them.

    Args:
        settings: A dataclass with declared settings.
        keys: Name of each and key of its widget.
        columns: Widgets in a row.
        like: As in `field`.
    """
    values = {}
    for start in range(0, len(keys), columns):
        places = st.columns(columns)
        for place, (name, key) in zip(places, list(keys.items())[start : start + columns], strict=False):
            values[name] = field(settings, name, place, key=key, like=like)
    return values


def fold(settings: type, keys: Mapping[str, str], **more: tuple[str, object]) -> DeltaGenerator:
    """The fold of settings that are seldom changed; while it is closed, its label names those that were.

    Args:
        settings: A dataclass with declared settings.
        keys: Name of each and key of its widget.
        **more: Name and default of further widgets by their keys.
    """
    asked = asked_of(settings)
    known = {key: (asked[name].ask.label.lower(), asked[name].default) for name, key in keys.items()}
    return more_settings({**known, **more})


# Several names in one value of a link: divided by commas, with the commas that belong to a name escaped.


def names_to_text(names: Iterable[str]) -> str:
    """The names with a comma between them; ordinary names look as they are."""
    return ",".join(name.replace("%", "%25").replace(",", "%2C") for name in names)


def names_of_text(text: str) -> list[str]:
    """The names again, in their order."""
    return [unquote(name) for name in text.split(",")] if text else []
