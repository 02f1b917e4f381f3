"""Read: emotions along a text, over the turns of a conversation, with a number in a text, on implied emotions."""

import streamlit as st

from ui.built_in import need_vectors
from ui.page import begin
from ui.read_forms import READERS, reading_form
from ui.read_result import reading_result

working = begin("read")
if working.vectors is None:
    need_vectors(working)
what = st.segmented_control(
    "What to read",
    list(READERS),
    default="Text",
    key="what",
    bind="query-params",
    required=True,
    label_visibility="collapsed",
)
kind = READERS[what or "Text"]
reading_form(working, kind)
reading_result(working, kind)
