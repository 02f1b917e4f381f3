"""What neutral conversations read: found, shipped, or read once behind the page, and handed to the talks to come."""

from __future__ import annotations

import streamlit as st

from emotion_core.experiments.experiment import find
from emotion_core.experiments.talk import TALK_SCALE, Neutral
from emotion_core.reading.talking import TalkScale, remember_scale
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.experiments import run_result, start_run
from ui.run_panel import run_panel
from ui.services import store
from ui.working import Working


def talk_scale(working: Working, vectors: EmotionVectors) -> TalkScale | None:
    """The scale, or None while it is being read, which the panel shows; typing goes on."""
    run_id = find(store(), vectors, TALK_SCALE, Neutral())
    if run_id is None:
        if not working.owner.loaded:
            return None
        run_id = start_run(working, TALK_SCALE, Neutral(), everybody=True)
        if run_panel(run_id, key="talk-scale", shared=True) is None:
            return None
    return _kept(run_id, vectors)


@st.cache_resource(max_entries=8, show_spinner=False)
def _kept(run_id: str, _vectors: EmotionVectors) -> TalkScale:
    scale = run_result(run_id, TALK_SCALE)
    remember_scale(_vectors, scale)
    return scale
