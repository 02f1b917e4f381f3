"""Home: a finished result on the bundled model, what it means in a few lines, and three ways on."""

import streamlit as st

from ui.built_in import need_vectors
from ui.home.headline import headline
from ui.home.model_check import model_check
from ui.home.ndif import larger_models
from ui.home.sections import home_talk, home_verdicts, short_cuts, ways_on
from ui.home.sentence import sentence
from ui.page import begin
from ui.share import share_view

working = begin("home")
st.markdown(
    "A language model turns a text into long lists of numbers, layer by layer. From texts about frightened and about "
    "calm people we draw **a direction** in these numbers. Then we ask whether it is real: does it tell apart texts it "
    "was not drawn from, and does adding it change what the model writes, each time compared with what chance does? A "
    "direction is a function inside the model, not an experience."
)
short_cuts()
headline()
if working.vectors is None:  # the page ends here until there are some
    model_check(working)
    larger_models()
    need_vectors(working)
sentence(working)
home_talk(working)
home_verdicts(working)
ways_on()
model_check(working)
larger_models()
share_view("home", {"sentence": str(st.session_state.get("sentence") or "")})
