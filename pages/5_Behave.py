"""Behave: preferences over activities, and rates of behaviours, read and steered."""

import streamlit as st

from ui.behave.behaviors import behavior_result
from ui.behave.forms import preference_form
from ui.behave.preferences import preference_result
from ui.behave.run import first_tab
from ui.behave.scenes import behavior_form
from ui.built_in import need_vectors
from ui.page import begin

TABS = {"Preferences": "preferences", "Behaviours": "behaviors"}  # and the kind of run that each shows

working = begin("behave")
if working.vectors is None:
    need_vectors(working)
what = st.segmented_control(
    "What to look at",
    list(TABS),
    default=first_tab(TABS),
    key="behave",
    bind="query-params",
    required=True,
    label_visibility="collapsed",
)
st.caption(
    "A small model shows whether a direction moves its choices, not why a person would choose so. Scenarios that it "
    "has no words for, or already decides one way, show nothing. All of this is about functional directions in a "
    "network."
)
if what == "Behaviours":
    behavior_form(working)
    behavior_result(working)
else:
    preference_form(working)
    preference_result(working)
