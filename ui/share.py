"""The link to a result, and the way to remove the result behind it."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

import streamlit as st

from emotion_core.base.errors import RunError
from emotion_core.base.numbers import days
from emotion_core.runs.store import Run
from ui.errors import shown_errors
from ui.page_run import forget_run
from ui.services import app_settings, registry, store
from ui.vector_sets import take_off_shelf


def address(more: Mapping[str, str] | None = None) -> str:
    """The address of exactly this view: page, model, vector set, run, and what the page keeps in its link.

    Args:
        more: What only a shared link says, such as a typed sentence, which has no place in the address bar.
    """
    query = {key: st.query_params.get_all(key) for key in st.query_params}
    query |= {key: [value] for key, value in (more or {}).items()}
    parts = urlencode(query, doseq=True, quote_via=quote)
    return f"{st.context.url or ''}{'?' if parts else ''}{parts}"


def share_view(key: str, more: Mapping[str, str] | None = None) -> None:
    """Share under a view that has no run of its own: what it shows is computed for everybody who opens the link.

    Args:
        key: Unique on the page.
        more: As in `address`.
    """
    with st.container(horizontal=True, key=f"share-{key}"), st.popover("Share", icon=":material/link:"):
        st.code(address(more), language=None, wrap_lines=True)
        st.caption("Whoever has this link sees what you see here, and can change nothing of it.")


def link_hint() -> None:
    """Share and delete, under a result that the link leads to."""
    run_id = st.query_params.get("run", "")
    try:
        run = store().get(run_id)
    except RunError:
        return  # it was deleted a moment ago
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover("Share", icon=":material/link:"):
            st.code(address(), language=None, wrap_lines=True)
            st.caption(_what_a_link_is())
        # On one's own computer nobody else's runs are there; what came with the app stays.
        if registry().may_change(run) and not run.pinned:
            _delete(run)


def _what_a_link_is() -> str:
    text = "Whoever has this link sees this result as it is, without computing it again, and can change nothing of it."
    hours = app_settings().expire_hours
    if hours:
        text += f" The result is removed when nobody opens it for {days(hours)}; the link then offers to redo it."
    return text


def _delete(run: Run) -> None:
    with st.popover("Delete", icon=":material/delete:"):
        st.caption("Removes the result for everybody who has the link. This cannot be undone.")
        st.button("Delete this result", key=f"delete-{run.id[:8]}", type="primary", on_click=_remove, args=(run.id,))


def _remove(run_id: str) -> None:
    with shown_errors():
        registry().delete(run_id)
    forget_run(run_id)
    take_off_shelf(run_id)
