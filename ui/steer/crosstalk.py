"""The cross-talk view of the Steer page: steer with each emotion, read all of them."""

from __future__ import annotations

from functools import partial

import streamlit as st

from emotion_core.base.errors import SettingsError
from emotion_core.experiments.steering import CROSSTALK
from emotion_core.runs.limits import about, require_sweep, sweep_seconds
from emotion_core.steering.crosstalk import n_matrix_texts
from emotion_core.steering.settings import CrossTalkSettings
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import shown_errors
from ui.experiments import is_kept, run_result, start_run
from ui.fields import field
from ui.limits import limit_note
from ui.page_run import shown_run
from ui.run_button import run_button
from ui.services import app_settings
from ui.share import link_hint
from ui.steer.crosstalk_result import crosstalk_result
from ui.steer.place import place_form
from ui.steer.prompts import prompts_form
from ui.steer.ready import ready
from ui.steer.writing import writing_form
from ui.vector_sets import NAMED_SETS, choose_next, run_of
from ui.working import Working

PAGE = "crosstalk"
_MOST_AT_FIRST = 12


def crosstalk_view(working: Working) -> None:
    """Form and result."""
    if working.vectors is not None:
        _settings_and_button(working, working.vectors)
    run_id = shown_run(PAGE, working.info.fingerprint, CROSSTALK.kind)
    if run_id is None:
        if working.vectors is None or len(working.vectors.emotions) < 2:
            return  # what to do first stands above
        st.info("Choose emotions and press the button: the matrix appears here.", icon=":material/info:")
    elif ready(run_id, key=PAGE, kept=is_kept(run_id, CROSSTALK)):
        with shown_errors():
            crosstalk_result(run_result(run_id, CROSSTALK), key=PAGE)
            link_hint()


def _settings_and_button(working: Working, vectors: EmotionVectors) -> None:
    if len(vectors.emotions) < 2:
        st.info(
            "This vector set has a single emotion. Choose one with several, or build one, to see what steering with "
            "one does to the others.",
            icon=":material/info:",
        )
        _sets_with_several(working)
        return
    label, start = "Run cross-talk", None
    with shown_errors():
        settings = _form(vectors)
        texts = n_matrix_texts(settings, len(settings.emotions))
        require_sweep(app_settings(), texts, settings.max_new_tokens)
        label = f"Run cross-talk: {texts:,} texts, {about(sweep_seconds(working.info, texts, settings.max_new_tokens))}"
        start = partial(start_run, working, CROSSTALK, settings, vectors=vectors)
    limit_note("sweep")
    run_button(label, PAGE, start, key="run_matrix")


def _sets_with_several(working: Working) -> None:
    """A click to each built-in set with several emotions that is there for this model."""
    with st.container(horizontal=True):
        for set_id, label in NAMED_SETS.items():
            if run_of(set_id, working.info) is not None:
                st.button(f"Work with {label}", key=f"take-{set_id}", on_click=choose_next, args=(set_id,))


def _form(vectors: EmotionVectors) -> CrossTalkSettings:
    left, right = st.columns([3, 2])
    with left:
        prompts = prompts_form()
    with right:
        one, two, three = st.columns(3)
        strength = field(CrossTalkSettings, "strength", one, key="matrix_strength", default=0.2)
        samples = field(CrossTalkSettings, "samples", two, key="matrix_samples")
        controls = field(CrossTalkSettings, "controls", three, key="matrix_controls")
        emotions = st.multiselect(
            "Emotions",
            vectors.emotions,
            default=list(vectors.emotions[:_MOST_AT_FIRST]),
            key=f"matrix-emotions-{len(vectors.emotions)}-{vectors.emotions[0]}",
            persist_state="session",
            help="Each is steered, and each is read.",
        )
    if len(emotions) < 2:
        raise SettingsError("A matrix needs emotions", expected="2 or more", found=str(len(emotions)))
    place = place_form(vectors, vectors.selected_layer, key="matrix_")
    writing = writing_form()
    return CrossTalkSettings(
        prompts=prompts,
        strength=strength,
        emotions=tuple(emotions),
        controls=controls,
        samples=1 if writing["decoding"] == "greedy" else samples,
        **place,
        **writing,
    )
