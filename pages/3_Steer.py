"""Steer: add a direction while the model writes, at many strengths, beside random directions."""

import streamlit as st

from ui.built_in import need_vectors
from ui.page import begin
from ui.steer.crosstalk import crosstalk_view
from ui.steer.live import live_view
from ui.steer.next_token import next_token_view
from ui.steer.runs import kind_of
from ui.steer.sweep import sweep_view

VIEWS = {"Sweep": sweep_view, "Next token": next_token_view, "Cross-talk": crosstalk_view, "Live": live_view}

working = begin("steer")
KINDS = {"crosstalk": "Cross-talk", "next-token": "Next token"}
linked = st.query_params.get("run")
if linked is None and working.vectors is None:
    need_vectors(working)
view = st.segmented_control(
    "View",
    list(VIEWS),
    default=KINDS.get(kind_of(linked), "Sweep") if linked else "Sweep",
    key="steer_view",
    bind="query-params",
    required=True,
    label_visibility="collapsed",
)
VIEWS[view or "Sweep"](working)
