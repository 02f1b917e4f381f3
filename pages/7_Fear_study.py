"""The fear study is a part of Replicate; links to its own page still lead there."""

import streamlit as st

from ui.page import PAGES

st.switch_page(PAGES["replicate"].file, query_params={**st.query_params.to_dict(), "study": "Fear in GPT-2"})
