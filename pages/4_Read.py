"""Read: emotions along a text, over the turns of a conversation, with a number in a text; and watching for them."""

import streamlit as st

from ui.built_in import need_vectors
from ui.page import begin
from ui.read.forms import TABS, reading_form
from ui.read.result import reading_result

working = begin("read")
if working.vectors is None:
    need_vectors(working)
what = st.segmented_control(
    "What to read",
    list(TABS),
    default="Text",
    key="what",
    bind="query-params",
    required=True,
    label_visibility="collapsed",
)
tab = what or "Text"
reading_form(working, tab)
reading_result(working, tab, TABS[tab])
