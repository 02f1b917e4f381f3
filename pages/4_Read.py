"""Read: emotions along a text, over the turns of a conversation, with a number in a text; and watching for them."""

from ui.built_in import need_vectors
from ui.page import begin
from ui.page_run import view_picker
from ui.read.forms import VIEWS, reading_form
from ui.read.result import reading_result

working = begin("read")
if working.vectors is None:
    need_vectors(working)
view = view_picker("What to read", VIEWS, key="what")
reading_form(working, view)
reading_result(working, view)
