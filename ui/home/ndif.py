"""Home's way to models that NDIF serves: a key for this session, what is served now, and the choice of one."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.activations import SERVED
from emotion_core.tracing.remote_model import Served, served
from ui.errors import shown_errors
from ui.ndif_key import key_in_use, use_key
from ui.own_place import in_own_place
from ui.services import app_settings
from ui.working import choose_model

_LIST = "served by NDIF"


def larger_models() -> None:
    """An expander with the key and the list; a hosted app collects nobody's keys and has none."""
    if app_settings().hosted:
        return
    _section()


@in_own_place
@st.fragment  # so that asking for the list does not draw the whole page again
def _section() -> None:
    with st.expander("Larger models, on NDIF", icon=":material/cloud:", key="ndif"):
        st.caption(
            "[NDIF](https://ndif.us) runs models that are too large for this computer. The trace is sent there with "
            "your key, and numbers come back; prompts leave this computer. Everything is computed as with a model here."
        )
        _, source = key_in_use()
        if source:
            _key_held(source)
            _models()
        else:
            _ask_for_key()


def _ask_for_key() -> None:
    with st.form("ndif-key-form", clear_on_submit=True, border=False):
        typed = st.text_input("Key", type="password", key="ndif-key", help="From https://login.ndif.us")
        st.caption("Kept in the memory of this session until the tab is closed; never stored, logged or put in a link.")
        if st.form_submit_button("Use this key", key="ndif-use", icon=":material/key:"):
            if not typed.strip():
                st.warning("The field is empty: type the key first.", icon=":material/warning:")
                return
            use_key(typed.strip())
            st.rerun()


def _key_held(source: str) -> None:
    if source == "environment":
        st.caption("The key is the one that this program was started with.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("A key is held for this session.")
        st.button("Forget the key", key="ndif-forget", icon=":material/key_off:", on_click=use_key, args=("",))


def _models() -> None:
    if st.button("What is served now?", key="ndif-list", icon=":material/list:"):
        st.session_state.pop(_LIST, None)
        with shown_errors(), st.spinner("Asking NDIF", show_time=True):
            st.session_state[_LIST] = served()
    found: tuple[Served, ...] = st.session_state.get(_LIST, ())
    if found:
        rows = [
            {"model": one.name, "state": one.state.lower(), "level": one.level.lower(), "computes in": one.dtype}
            for one in found
        ]
        st.dataframe(rows, hide_index=True, key="ndif-models")
    elif _LIST in st.session_state:
        st.caption("NDIF serves no model at the moment.")
    name = st.selectbox(
        "Model on NDIF",
        [one.name for one in found],
        index=None,
        accept_new_options=True,
        key="ndif-name",
        placeholder="Choose one, or type a hub id such as meta-llama/Llama-3.1-70B",
        help="Its configuration and tokenizer are fetched from the hub; its weights stay where they are.",
    )
    if st.button("Work with it", key="ndif-choose", disabled=not name):
        choose_model(f"{SERVED}{(name or '').strip()}")
        st.rerun()
