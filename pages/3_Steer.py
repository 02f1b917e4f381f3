"""Steer: add a direction while the model writes, at many strengths, beside random directions."""

import streamlit as st

from emotion_core.runs.crosstalks import KIND as CROSSTALK
from emotion_core.runs.next_tokens import KIND as NEXT_TOKEN
from emotion_core.runs.sweeps import KIND as SWEEP
from ui.built_in import need_vectors
from ui.page import begin
from ui.page_run import view_picker
from ui.steer.crosstalk import crosstalk_view
from ui.steer.live import live_view
from ui.steer.next_token import next_token_view
from ui.steer.sweep import sweep_view

KINDS = {"Sweep": (SWEEP,), "Next token": (NEXT_TOKEN,), "Cross-talk": (CROSSTALK,), "Live": ()}
VIEWS = {"Sweep": sweep_view, "Next token": next_token_view, "Cross-talk": crosstalk_view, "Live": live_view}

working = begin("steer")
if "run" not in st.query_params and working.vectors is None:
    need_vectors(working)
VIEWS[view_picker("View", KINDS, key="steer_view")](working)
