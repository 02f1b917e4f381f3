"""What is measured on the Behave page: emotions and strengths in the chosen scenarios."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from emotion_core.behavior.behavior_settings import BehaviorSettings, n_questions, n_texts
from emotion_core.behavior.leads import lead_texts
from emotion_core.experiments.behavior import BEHAVIORS, BehaviorRequest
from emotion_core.experiments.experiment import require_size
from emotion_core.runs.limits import about, asking_seconds, sweep_seconds
from emotion_core.steering.settings import parse_strengths
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.behave.layer import layer_input
from ui.behave.scenario_choice import chosen_scenes
from ui.errors import shown_errors
from ui.experiments import start_run
from ui.fields import field, fields
from ui.help_texts import LAYER
from ui.limits import limit_note
from ui.more_settings import more_settings
from ui.run_button import run_button
from ui.services import app_settings
from ui.working import Working

PAGE = "behave behaviors"
_FEWEST_LEADS = 8
# Setting and key of its widget.
_KEYS = {
    "controls": "behave-controls",
    "answers": "behave-answers",
    "samples": "behave-samples",
    "texts": "behave-texts",
    "form": "behave-form",
    "scope": "behave-scope",
    "scoring": "behave-scoring",
    "max_new_tokens": "behave-tokens",
}
_TOKENS = 90  # of a scenario with an option, roughly


def behavior_form(working: Working) -> None:
    """Draws the form and starts a run at a click on its button."""
    vectors = working.vectors
    if vectors is None:
        return
    label, start = "Measure", None
    with shown_errors():
        request = _request(working, vectors, working.emotion or "")
        require_size(app_settings(), BEHAVIORS.size(request, vectors))
        label = f"Measure: {_size(request, vectors)}, {about(_seconds(working, request, vectors))}"
        start = partial(start_run, working, BEHAVIORS, request)
    limit_note("sweep")
    run_button(label, PAGE, start, key="go-behaviors")


def _size(request: BehaviorRequest, vectors: EmotionVectors) -> str:
    questions, texts = _questions(request, vectors), n_texts(request.settings)
    parts = [f"{questions:,} questions"] * bool(questions) + [f"{texts:,} texts"] * bool(texts)
    return " and ".join(parts)


def _questions(request: BehaviorRequest, vectors: EmotionVectors) -> int:
    warned = 0 if request.warning is None else len(request.leads or lead_texts(vectors))
    return n_questions(request.settings) + warned * sum(bool(scene.options) for scene in request.settings.scenes)


def _seconds(working: Working, request: BehaviorRequest, vectors: EmotionVectors) -> float:
    asking = asking_seconds(working.info, _questions(request, vectors), _TOKENS)
    texts = n_texts(request.settings)
    writing = sweep_seconds(working.info, texts, request.settings.max_new_tokens) if texts else 0.0
    return asking + writing


def _request(working: Working, vectors: EmotionVectors, emotion: str) -> BehaviorRequest:
    scenes = chosen_scenes(working)
    left, right = st.columns([3, 2])
    names = list(vectors.emotions)
    emotions = left.multiselect(
        "Emotions to steer with",
        names,
        [emotion] if emotion in names else names[:1],
        key=f"behave-emotions-{len(names)}-{emotion}",
        help="With several, a matrix shows emotions by scenarios, corrected for all of its cells.",
    )
    strengths = field(BehaviorSettings, "strengths", right, key="behave-strengths", default="-0.2, -0.1, 0.1, 0.2")
    leads = lead_texts(vectors)
    more, warning = _more(vectors, len(leads))
    settings = BehaviorSettings(scenes, tuple(emotions), parse_strengths(strengths), **more)
    return BehaviorRequest(settings, settings.seed if warning else None)


def _more(vectors: EmotionVectors, n_leads: int) -> tuple[dict[str, Any], bool]:
    """The fold: the other settings by their names; and whether the early warning is wanted."""
    with more_settings():
        more = fields(BehaviorSettings, _KEYS, columns=4)
        one, two, three, four = st.columns(4)
        more["words"] = field(BehaviorSettings, "words", one, key="behave-words")
        more["seed"] = field(BehaviorSettings, "seed", two, key="behave-seed")
        more["layer"] = layer_input(three, vectors, key="behave", help_text=LAYER)
        more["chat"] = field(BehaviorSettings, "chat", four, key="behave-chat")
        can_warn = n_leads >= _FEWEST_LEADS
        warning = st.toggle(
            f"Early warning: read before the decision after {n_leads} held-out texts",
            False,
            key="behave-warning",
            disabled=not can_warn,
            help="Puts each scenario after the texts that the vectors were not built from, and compares the reading "
            "just before the decision with the decision."
            if can_warn
            else "The vector set has fewer than 8 held-out texts.",
        )
    return more, bool(warning and can_warn)
