"""What is asked on the Behave page: activities to choose between, and how half of them is steered."""

from __future__ import annotations

from functools import partial

import streamlit as st

from emotion_core.behavior.activity_files import parse_activities
from emotion_core.behavior.preference_settings import PreferenceSettings, SteeredSettings
from emotion_core.behavior.question import standard_wording
from emotion_core.experiments.behavior import PREFERENCES, PreferenceRequest, n_questions
from emotion_core.prompts.library import load_activities
from emotion_core.runs.cost import about, asking_seconds
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.behave.layer import layer_input
from ui.errors import shown_errors
from ui.experiments import start_run
from ui.help_texts import CHAT, CONTROLS, SEED
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
        opponents = one.number_input(
            "Opponents of each activity",
            0,
            5000,
            0,
            key="preferences-opponents",
            persist_state="session",
            help="0: all others. A list of more than about 140 activities needs a sample.",
        )
        controls = two.number_input(
            "Controls of each kind",
            0,
            64,
            16,
            key="preferences-controls",
            persist_state="session",
            disabled=not steer,
            help=CONTROLS,
        )
        layer = layer_input(three, vectors, key="preferences", help_text="Read and steered.")
        one, two, three = st.columns(3)
        seed = one.number_input("Seed", 0, 2**31 - 1, 0, key="preferences-seed", persist_state="session", help=SEED)
        mean = two.toggle(
            "Length-normalised",
            key="preferences-mean",
            persist_state="session",
            help="Mean instead of sum of an answer's token log-probabilities; the standard answers are one token each.",
        )
        chat = three.toggle("Chat template", key="preferences-chat", persist_state="session", help=CHAT)
        one, two = st.columns([3, 1])
        standard = standard_wording(bool(chat))
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
        wording=standard_wording(bool(chat), question or "", answers or ""),
        opponents=int(opponents) or None,
        scoring="mean" if mean else "sum",
        layer=layer,
        seed=int(seed),
    )
    if not steer:
        return PreferenceRequest(settings)
    return PreferenceRequest(settings, SteeredSettings(emotions, strength, controls=int(controls), seed=int(seed)))


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
    strength = right.number_input(
        "Strength",
        -2.0,
        2.0,
        0.2,
        0.05,
        key="preferences-strength",
        persist_state="session",
        help="Fraction of the mean residual norm at the layer.",
    )
    return tuple(chosen), float(strength)
