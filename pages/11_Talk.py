"""Talk: converse with the model, see what its words read, and steer the next reply beside the unsteered one."""

import streamlit as st

from emotion_core.experiments.talk import TALK
from ui.built_in import need_vectors
from ui.errors import shown_errors
from ui.page import begin
from ui.page_run import pass_over
from ui.talk.conversation import conversation, send
from ui.talk.form import shipped_talk, steering_form, talk_scale

working = begin("talk")
pass_over("talk", TALK.kind)
if "run" not in st.query_params and working.vectors is None:
    need_vectors(working)
vectors, emotion = working.vectors, working.emotion
steering = None
if vectors is not None and emotion is not None:
    with shown_errors():
        scale = talk_scale(working, vectors)
        steering = steering_form(vectors, emotion, scale)
if "run" not in st.query_params and "run of talk" not in st.session_state:
    shipped_talk(working)
conversation(working, steering, emotion or "")
message = st.chat_input("Say something to the model", max_chars=4000, disabled=steering is None, key="talk-message")
if message and message.strip() and steering is not None:
    send(working, steering, message.strip())
