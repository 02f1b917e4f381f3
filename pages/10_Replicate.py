"""Replicate: published findings on this model, each beside its null: the emotion paper's table, and the fear study."""

import streamlit as st

from ui.built_in import need_vectors
from ui.page import begin
from ui.replicate.fear_study import fear_study
from ui.replicate.table import replication_run, replication_table

PAPER, GPT2 = "The emotion paper", "Fear in GPT-2"

working = begin("replicate")
study = st.segmented_control(
    "Study", (PAPER, GPT2), default=PAPER, key="study", bind="query-params", required=True, label_visibility="collapsed"
)
if study == GPT2:
    if working.vectors is None:
        need_vectors(working)
    fear_study(working)
else:
    replication_run(working)
    replication_table(working)
