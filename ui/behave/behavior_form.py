"""What is measured on the Behave page: emotions and strengths in the chosen scenarios."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from emotion_core.behavior.behavior_settings import BehaviorSettings, Form, Scope, n_questions, n_texts
from emotion_core.behavior.leads import lead_texts
from emotion_core.experiments.behavior import BEHAVIORS, BehaviorRequest
from emotion_core.experiments.experiment import require_size
from emotion_core.runs.cost import about, asking_seconds, sweep_seconds
from emotion_core.steering.settings import parse_strengths
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.behave.layer import layer_input
from ui.behave.scenario_choice import chosen_scenes
from ui.errors import shown_errors
from ui.experiments import start_run
from ui.help_texts import CHAT, CONTROLS, LAYER, LENGTH_NORMALISED, NEW_TOKENS, SCOPE, SEED
from ui.limits import limit_note
from ui.more_settings import more_settings
from ui.run_button import run_button
from ui.services import app_settings
from ui.working import Working

PAGE = "behave behaviors"
_FEWEST_LEADS = 8
_FORMS: dict[str, Form] = {"As what follows": "text", "As letters, both orders": "letters"}
_SCOPES: dict[str, Scope] = {"Scenario and answer": "both", "Scenario": "prompt", "Answer": "generated"}
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
    strengths = right.text_input(
        "Strengths",
        "-0.2, -0.1, 0.1, 0.2",
        key="behave-strengths",
        persist_state="session",
        help="Fractions of the mean residual norm at the layer; 0 is added.",
    )
    leads = lead_texts(vectors)
    settings_of, warning = _more(vectors, len(leads))
    settings = settings_of(scenes=scenes, emotions=tuple(emotions), strengths=parse_strengths(strengths or ""))
    return BehaviorRequest(settings, settings.seed if warning else None)


def _more(vectors: EmotionVectors, n_leads: int) -> tuple[Callable[..., BehaviorSettings], bool]:
    """The fold: settings that still lack scenarios, emotions and strengths; and whether the early warning is wanted."""
    with more_settings():
        one, two, three, four = st.columns(4)
        controls = one.number_input(
            "Controls of each kind", 0, 64, 16, key="behave-controls", persist_state="session", help=CONTROLS
        )
        answers = two.number_input(
            "Answers drawn",
            1,
            10_000,
            100,
            key="behave-answers",
            persist_state="session",
            help="Where a scenario has options: answers drawn by their probability, for the interval.",
        )
        samples = three.number_input(
            "Texts for a pattern",
            1,
            256,
            24,
            key="behave-samples",
            persist_state="session",
            help="A strength and direction.",
        )
        texts = four.number_input(
            "Texts to read",
            0,
            256,
            4,
            key="behave-texts",
            persist_state="session",
            help="Continuations a strength where there are options: to be read, and to see whether the model still "
            "makes sense.",
        )
        one, two, three, four = st.columns(4)
        form = one.selectbox(
            "Options are put",
            list(_FORMS),
            key="behave-form",
            persist_state="session",
            help="As what follows: an option's words are scored as the continuation. As letters: options are listed "
            "and the letter is scored, in both orders.",
        )
        scope = two.selectbox("Steered", list(_SCOPES), key="behave-scope", persist_state="session", help=SCOPE)
        layer = layer_input(three, vectors, key="behave", help_text=LAYER)
        tokens = four.number_input(
            "New tokens", 1, 400, 30, key="behave-tokens", persist_state="session", help=NEW_TOKENS
        )
        one, two, three, four = st.columns(4)
        words = one.text_input(
            "Prompt-only rival",
            "You feel {emotion}.",
            key="behave-words",
            persist_state="session",
            help="Stands in front of the scenario while nothing is steered. Does asking in words do as much?",
        )
        seed = two.number_input("Seed", 0, 2**31 - 1, 0, key="behave-seed", persist_state="session", help=SEED)
        mean = three.toggle("Length-normalised", key="behave-mean", persist_state="session", help=LENGTH_NORMALISED)
        chat = four.toggle("Chat template", key="behave-chat", persist_state="session", help=CHAT)
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
    settings_of = partial(
        BehaviorSettings,
        controls=int(controls),
        answers=int(answers),
        samples=int(samples),
        texts=int(texts),
        max_new_tokens=int(tokens),
        form=_FORMS[str(form)],
        scoring="mean" if mean else "sum",
        scope=_SCOPES[str(scope)],
        layer=layer,
        words=(words or "").strip(),
        seed=int(seed),
        chat=bool(chat),
    )
    return settings_of, bool(warning and can_warn)
