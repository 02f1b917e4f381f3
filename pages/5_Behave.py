"""Behave: preferences over activities, and rates of behaviours, read and steered."""

import streamlit as st

from emotion_core.experiments.behavior import BEHAVIORS, PREFERENCES
from ui.behave.behaviors import behavior_form, behavior_result
from ui.behave.preferences import preference_form, preference_result
from ui.built_in import need_vectors
from ui.page import begin
from ui.page_run import view_picker

VIEWS = {"Preferences": (PREFERENCES.kind,), "Behaviours": (BEHAVIORS.kind,)}

working = begin("behave")
if working.vectors is None:
    need_vectors(working)
view = view_picker("What to look at", VIEWS, key="behave")
st.caption(
    "A small model shows whether a direction moves its choices, not why a person would choose so. Scenarios that it "
    "has no words for, or already decides one way, show nothing. All of this is about functional directions in a "
    "network."
)
if view == "Behaviours":
    behavior_form(working)
    behavior_result(working)
else:
    preference_form(working)
    preference_result(working)
