"""Steer: add a direction while the model writes, at many strengths, beside random directions."""

import streamlit as st

from emotion_core.experiments.steering import CROSSTALK, FACTORIAL, NEXT_TOKEN, SWEEP
from ui.built_in import need_vectors
from ui.page import begin
from ui.page_run import view_picker
from ui.steer.crosstalk import crosstalk_view
from ui.steer.factorial import factorial_view
from ui.steer.next_token import next_token_view
from ui.steer.sweep import sweep_view

KINDS = {
    "Sweep": (SWEEP.kind,),
    "Next token": (NEXT_TOKEN.kind,),
    "Cross-talk": (CROSSTALK.kind,),
    "Two at once": (FACTORIAL.kind,),
}
VIEWS = {
    "Sweep": sweep_view,
    "Next token": next_token_view,
    "Cross-talk": crosstalk_view,
    "Two at once": factorial_view,
}
WORDS = {
    "Sweep": "Many texts at a row of strengths, all from the same noise, beside random directions of the same length: "
    "does the direction move what is written further than chance, and does the text still make sense?",
    "Next token": "One step of the model and no text: how much likelier the direction's own words become. Cheap, and "
    "without the luck of a single text.",
    "Cross-talk": "Steer with each emotion and read all of them: does a direction move its own emotion, or all alike?",
    "Two at once": "Steer with two emotions, each alone and both together: do they add up, or does one change what the "
    "other does?",
}

working = begin("steer")
if "run" not in st.query_params and working.vectors is None:
    need_vectors(working)
view = view_picker("View", KINDS, key="steer_view")
st.markdown(WORDS[view])
VIEWS[view](working)
