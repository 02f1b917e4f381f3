"""Home."""

from ui.built_in import need_vectors
from ui.page import begin

PAGE = "home"
working = begin(PAGE)
if working.vectors is None:
    need_vectors(working)
