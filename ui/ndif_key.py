"""The visitor's key for NDIF, and the models that run there with it: in the memory of this session and nowhere else."""

from __future__ import annotations

import os

import streamlit as st

from emotion_core.base.errors import ModelError
from emotion_core.base.settings import settings
from emotion_core.models.catalogue import require_allowed
from emotion_core.models.owner import TURNS, ModelOwner
from emotion_core.runs.registry import FORMATTER
from emotion_core.tracing.envoy import KEY_VARIABLE, Remote
from emotion_core.tracing.remote_model import load_remote

_KEY, _OWNERS = "key for NDIF", "models on NDIF"


def use_key(key: str) -> None:
    """Keeps a key for this session, in place of the one before; an empty one is forgotten."""
    FORMATTER.hide(key)  # should it ever stand in a message of somebody else's code
    st.session_state.pop(_OWNERS, None)
    if key:
        st.session_state[_KEY] = key
    else:
        st.session_state.pop(_KEY, None)


def key_in_use() -> tuple[str, str]:
    """The key and where it comes from: `session`, `environment`, or nothing at all."""
    own = str(st.session_state.get(_KEY, ""))
    if own:
        return own, "session"
    key = os.environ.get(KEY_VARIABLE, "")
    return key, "environment" if key else ""


def ndif_owner(name: str) -> ModelOwner:
    """The owner of a model on NDIF, this session's own: its requests carry the visitor's key.

    Raises:
        ModelError: There is no key, the app is hosted, or configuration and tokenizer cannot be had.
    """
    require_allowed(name, settings())
    key, _ = key_in_use()
    if not key:
        raise ModelError(
            "Models on NDIF need a key",
            where=name,
            expected=f"a key, typed on Home under Larger models, or the environment variable {KEY_VARIABLE}",
            found="none in this session",
            remedy="Get one at https://login.ndif.us",
        )
    owners: dict[str, ModelOwner] = st.session_state.setdefault(_OWNERS, {})
    if name not in owners:
        with st.spinner(f"Reading the configuration of {name}", show_time=True):
            owners[name] = ModelOwner(load_remote(name, Remote("ndif", key)), TURNS)
    return owners[name]
