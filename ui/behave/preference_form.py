"""What is asked on the Behave page: activities to choose between, and how half of them is steered."""

from __future__ import annotations

from functools import partial

import streamlit as st

from emotion_core.behavior.activity_files import parse_activities
from emotion_core.behavior.preference_settings import PreferenceSettings, SteeredSettings
from emotion_core.behavior.question import Wording, standard_wording
from emotion_core.experiments.behavior import PREFERENCES, PreferenceRequest, n_questions
from emotion_core.prompts.library import load_activities
from emotion_core.runs.limits import about, asking_seconds
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.behave.layer import layer_input
from ui.errors import shown_errors
from ui.experiments import start_run
from ui.fields import field
from ui.limits import limit_note
from ui.more_settings import more_settings
from ui.run_button import run_button
from ui.services import app_settings
from ui.uploads import content
from ui.working import Working

PAGE = "behave preferences"
# Emotions that are steered with unless the visitor chooses: each costs some hundred questions.
MOST_EMOTIONS = 16


def preference_form(working: Working) -> None:
    """Draws the form and starts a run at a click on its button."""
    vectors = working.vectors
    if vectors is None:
        return
    label, start = "Ask", None
    with shown_errors():
        names, kinds = _activities()
        request = _request(vectors, working.emotion or "", names, kinds)
        questions = n_questions(request)
        label = f"Ask {questions:,} questions, {about(asking_seconds(working.info, questions))}"
        start = partial(start_run, working, PREFERENCES, request)
    limit_note("read")
    run_button(label, PAGE, start, key="go-preferences")


def _activities() -> tuple[tuple[str, ...], tuple[str, ...]]:
    uploaded = st.file_uploader(
        "Your own activities instead of the built-in 64 (CSV, JSON or TXT)",
        type=["csv", "tsv", "txt", "json", "jsonl", "ndjson", "xlsx"],
        max_upload_size=app_settings().upload_mb,
        key="activities-upload",
        help="A column 'activity' and, if you like, 'kind'; or one activity a line. Short phrases of the same form "
        "compare best.",
    )
    if uploaded is not None:
        return parse_activities(uploaded.name, content(uploaded))
    items = load_activities()
    return tuple(one.activity for one in items), tuple(one.kind for one in items)


def _request(
    vectors: EmotionVectors, emotion: str, names: tuple[str, ...], kinds: tuple[str, ...]
) -> PreferenceRequest:
    steer = st.toggle(
        "Also steer half of the activities",
        True,
        key="preferences-steer",
        persist_state="session",
        help="A random half of the activities is steered at its own tokens, one emotion after another; the other half "
        "and the rest of each question stay as they are.",
    )
    emotions, strength = _steering(vectors, emotion) if steer else ((), 0.2)
    with more_settings():
        one, two, three = st.columns(3)
        opponents = field(PreferenceSettings, "opponents", one, key="preferences-opponents", placeholder="all others")
        controls = field(SteeredSettings, "controls", two, key="preferences-controls", disabled=not steer)
        layer = layer_input(three, vectors, key="preferences", help_text="Read and steered.")
        one, two, three = st.columns(3)
        seed = field(PreferenceSettings, "seed", one, key="preferences-seed")
        scoring = field(PreferenceSettings, "scoring", two, key="preferences-scoring")
        chat = field(Wording, "chat", three, key="preferences-chat")
        one, two = st.columns([3, 1])
        standard = standard_wording(chat)
        question = one.text_input(
            "Question",
            standard.question.replace("\n", "\\n"),
            key=f"preferences-question-{chat}",
            help="With {first} and {second}; \\n begins a new line. The answer stands directly after it.",
        )
        answers = two.text_input(
            "Answers",
            ", ".join(standard.answers),
            key=f"preferences-answers-{chat}",
            help="The two answers that are compared, with a comma between them.",
        )
    settings = PreferenceSettings(
        activities=names,
        kinds=kinds,
        wording=standard_wording(chat, question or "", answers or ""),
        opponents=opponents,
        scoring=scoring,
        layer=layer,
        seed=seed,
    )
    if not steer:
        return PreferenceRequest(settings)
    return PreferenceRequest(settings, SteeredSettings(emotions, strength, controls=controls, seed=seed))


def _steering(vectors: EmotionVectors, emotion: str) -> tuple[tuple[str, ...], float]:
    left, right = st.columns([4, 1])
    names = list(vectors.emotions)
    first = names if len(names) <= MOST_EMOTIONS else [emotion, *(one for one in names if one != emotion)][:1]
    chosen = left.multiselect(
        "Emotions to steer with",
        names,
        first,
        key=f"preferences-emotions-{len(names)}-{names[0]}",
        help="With four or more, the page also compares how far each moves the steered half with how it correlates.",
    )
    strength = field(SteeredSettings, "strength", right, key="preferences-strength")
    return tuple(chosen), strength
