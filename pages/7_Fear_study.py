"""Redo the fear study: three steps from a published finding to the controls that it lacked."""

from ui.built_in import need_vectors
from ui.fear_study import fear_study
from ui.page import begin

working = begin("study")
if working.vectors is None:
    need_vectors(working)
fear_study(working)
