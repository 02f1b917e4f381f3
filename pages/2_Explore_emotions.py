"""Explore emotions: held-out separation of every emotion, and how the emotions lie next to each other."""

import streamlit as st

from emotion_core.runs.recipes import origin_of_vectors
from ui.built_in import need_vectors
from ui.explore.heldout_tab import heldout_tab
from ui.explore.vector_import import vector_upload
from ui.figure import figures_from
from ui.linked import say_unfit
from ui.map.tab import map_tab
from ui.page import begin

working = begin("explore")
vector_upload(working)
if working.vectors is None:
    need_vectors(working)
say_unfit(working.set_id, working.vectors)
held_out, emotion_map = st.tabs(["Held-out", "Map"], key="tab", bind="query-params")
source = origin_of_vectors(working.vectors)
if held_out.open is not False:
    with held_out, figures_from(source):
        heldout_tab(working)
if emotion_map.open is not False:
    with emotion_map:
        map_tab(working)
