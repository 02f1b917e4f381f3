"""The fold under a form for the settings that are seldom changed."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def more_settings(defaults: Mapping[str, tuple[str, object]] | None = None) -> DeltaGenerator:
    """The fold; while it is closed, its label names the settings in it that were changed.

    Args:
        defaults: Key of a widget to how its setting is called and what it is at first.
    """
    state = st.session_state
    changed = [name for key, (name, value) in (defaults or {}).items() if state.get(key, value) != value]
    label = "More settings" + (f" (changed: {', '.join(changed)})" if changed else "")
    return st.expander(label, icon=":material/tune:")
