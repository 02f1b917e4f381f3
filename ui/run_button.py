"""Buttons that start something: the run of a form, and what a slow model is asked only at a click."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from emotion_core.base.numbers import days
from emotion_core.models.owner import ModelOwner
from ui.errors import shown_errors
from ui.page_run import remember_run
from ui.services import app_settings


def run_button(label: str, page: str, start: Callable[[], str] | None, *, key: str) -> None:
    """Starts the run at a click and makes it the page's own; what cannot be started is explained in its place.

    Args:
        label: With what it will cost.
        page: Under which the run is remembered.
        start: Starts the run and returns its id; None while the form has a fault, and the button is disabled.
        key: Unique on the page.
    """
    pressed = st.button(label, type="primary", icon=":material/play_arrow:", key=key, disabled=start is None)
    if pressed and start is not None:
        with shown_errors():
            remember_run(page, start())
            st.rerun()


_QUICK = 20_000_000  # parameters; a model of this size answers while a page is drawn


def at_once_or_asked(owner: ModelOwner, label: str, *, key: str) -> bool:
    """Whether something small that asks the model may go on: at once with a quick model, else after a click.

    Args:
        owner: Of the model.
        label: Of the button.
        key: Unique on the page; one click counts for the whole session and model.
    """
    if owner.loaded and owner.info.parameters <= _QUICK:
        return True
    asked = f"asked for {key} of {owner.info.fingerprint}"
    if st.session_state.get(asked):
        return True
    if not st.button(label, icon=":material/play_arrow:", key=key):
        return False
    st.session_state[asked] = True
    return True


# What one visitor may ask for, said beside the button where it counts.


def limit_note(what: str) -> None:
    """One line under a form of a hosted app; nothing on one's own computer.

    Args:
        what: `build`, `sweep`, `read` or `ask`.
    """
    limits = app_settings()
    if not limits.hosted:
        return
    sizes = {
        "build": [(limits.max_texts, "texts"), (limits.max_tokens, "tokens"), (limits.upload_mb, "MB a file")],
        "sweep": [(limits.max_sweep_texts, "texts"), (limits.max_sweep_tokens, "tokens written in all")],
        "read": [(limits.max_tokens, "tokens")],
        "ask": [(limits.max_asked_tokens, "tokens of questions")],
    }[what]
    parts = [f"up to {number:,} {unit}" for number, unit in sizes if number]
    if limits.visitor_running:
        parts.append("one job at a time works for you" if limits.visitor_running == 1 else "")
    if limits.expire_hours:
        parts.append(f"results that nobody opens for {days(limits.expire_hours)} are removed")
    st.caption(":material/groups: Shared demo: " + "; ".join(part for part in parts if part) + ".")
