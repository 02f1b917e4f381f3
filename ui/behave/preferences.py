"""Preferences: which activities, what is steered, and what came of it."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from emotion_core.behavior.preference_settings import PreferenceSettings, SteeredSettings, Wording, standard_wording
from emotion_core.behavior.preferences import Preferences
from emotion_core.behavior.scale import NOT_TESTABLE
from emotion_core.behavior.scenes import built_in_activities, parse_activities
from emotion_core.behavior.steered_preferences import SteeredPreferences
from emotion_core.charts import behavior as charts
from emotion_core.experiments.behavior import PREFERENCES, PreferenceRequest, PreferenceResult, n_questions
from emotion_core.experiments.experiment import require_size
from emotion_core.runs.limits import about, asking_seconds
from emotion_core.runs.store import Run
from emotion_core.stats.intervals import p_words
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.behave.behaviors import layer_input
from ui.errors import shown_errors
from ui.experiments import show_run, start_run
from ui.fields import field, more_settings
from ui.figure import downloads, json_download, marked, new_click, picked, show_chart, shows, verdict
from ui.linked import keep_in_link, taken
from ui.plain import minus, plain
from ui.run_button import limit_note, run_button
from ui.services import app_settings
from ui.uploads import content, upload_field
from ui.working import Working

# What is asked on the Behave page: activities to choose between, and how half of them is steered.

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
        require_size(app_settings(), PREFERENCES.size(request, vectors))
        questions = n_questions(request)
        label = f"Ask {questions:,} questions, {about(asking_seconds(working.info, questions))}"
        start = partial(start_run, working, PREFERENCES, request)
    limit_note("ask")
    run_button(label, PAGE, start, key="go-preferences")


def _activities() -> tuple[tuple[str, ...], tuple[str, ...]]:
    uploaded = upload_field(
        "Your own activities instead of the built-in 64 (CSV, JSON or TXT)",
        type=["csv", "tsv", "txt", "json", "jsonl", "ndjson", "xlsx"],
        key="activities-upload",
        help="A column 'activity' and, if you like, 'kind'; or one activity a line. Short phrases of the same form "
        "compare best.",
    )
    if uploaded is not None:
        return parse_activities(uploaded.name, content(uploaded))
    return built_in_activities()


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


# Finished preferences on the page: the scale, the emotions that go with it, and the steered half.

_ACTIVITY = "activity shown"
_NEAR = 4  # opponents shown at either end


def preference_result(working: Working) -> None:
    """The page's preferences, as far as they are."""
    hint = "Press the button: the scale and the emotions that go with it appear here."
    show_run(PAGE, working, PREFERENCES, hint, partial(_show, working))


def _show(working: Working, found: PreferenceResult, run: Run) -> None:
    st.divider()
    _scale(found.base, working.emotion_among(found.base.emotions))
    if found.moved is not None:
        _steered(found.moved)
    json_download("JSON", lambda: _document(found), "preferences.json", key="preferences-json")


def _document(found: PreferenceResult) -> dict[str, Any]:
    return {**found.base.to_json(), "steering": None if found.moved is None else found.moved.to_json()}


def _scale(base: Preferences, emotion: str) -> None:
    k = base.emotions.index(emotion)
    one, n = base.correlation, len(base.emotions)
    found = base.evidence(k)
    if base.orders.testable:
        verdict(
            "evidence" if found else "no evidence",
            f"Over {len(base.settings.activities)} activities the {emotion} reading and preference correlate at "
            f"r = {one.r[k]:+.2f}; {base.against.range_words(k) or 'no control directions'}; "
            f"{p_words(float(one.p_value[k]))}"
            + (f", corrected for {n} emotions {p_words(float(one.q_value[k]))}." if n > 1 else "."),
            key="preferences",
        )
    else:
        marked("not testable here", NOT_TESTABLE, key="preferences")
    bias = base.scores
    agree = base.orders.r  # nan where the first named always wins
    orders = f" What wins when named first wins when named second: r = {agree:+.2f} over activities." * (agree == agree)
    bias_line = (
        f"Being named first adds {bias.bias:+.2f} nats ({bias.bias_low:+.2f} to {bias.bias_high:+.2f}) and is taken "
        f"out of the scores; {base.consistent:.0%} of the pairs are answered alike in both orders.{orders} "
        f"Correlation of the scores with the number of tokens: {base.length_r:+.2f}."
    )
    st.caption(minus(bias_line))
    left, right = st.columns([3, 2])
    with left:
        chart = charts.scatter(base, emotion)
        chosen = picked(
            show_chart(chart, alt_text=f"Preference against the {emotion} reading", key="scatter", select="activity"),
            "activity",
        )
        downloads(f"preferences-{emotion}", chart=chart, table=charts.activity_table(base), key="scatter")
    with right:
        ranking = charts.correlations(base, emotion)
        show_chart(ranking, alt_text="Emotions by their correlation with preference", key="ranking")
        downloads("preference-correlations", chart=ranking, table=charts.emotion_table(base), key="ranking")
    _one_activity(base, chosen)
    shows(
        "Which activities the model's answers favour when every pair is asked in both orders, and which functional "
        "directions are active on the words of the favoured ones, before anything about the other option is known.",
        "That the model wants anything, or that an emotion causes the choice: the steered half tests that. Activities "
        "of one kind are alike, so p is not taken from them but from control directions read on the same words, of the "
        "kind that correlates most; a small model follows the wording it was trained on.",
    )


def _one_activity(base: Preferences, clicked: str | None) -> None:
    """The box that does what a click on a point does, and the chosen activity's card."""
    activities = base.settings.activities
    wanted = new_click(clicked, "scatter") or taken("activity")
    if wanted in activities:
        st.session_state[_ACTIVITY] = wanted
    elif st.session_state.get(_ACTIVITY) not in activities:
        st.session_state[_ACTIVITY] = None
    chosen = st.selectbox(
        "Activity",
        activities,
        index=None,
        key=_ACTIVITY,
        persist_state="session",
        placeholder="Choose one, or click its point",
        help="Shows what it wins and loses against. The same as a click on its point.",
    )
    keep_in_link("activity", chosen)
    if chosen is not None:
        _activity(base, str(chosen))


def _activity(base: Preferences, activity: str) -> None:
    i = base.settings.activities.index(activity)
    ranked = base.met(i)
    names = base.settings.activities
    high = ", ".join(f"{plain(emotion)} {value:+.1f}" for emotion, value in base.highest(i, 4))
    with st.container(border=True, key="activity-card"):
        scores = base.scores
        st.markdown(
            f"**{plain(activity)}** · "
            + minus(f"score {scores.score[i]:+.2f} ({scores.low[i]:+.2f} to {scores.high[i]:+.2f})")
        )
        st.caption(f"Highest readings (SD over the activities): {high}")
        one, two = st.columns(2)
        one.markdown("Wins most over: " + "; ".join(f"{plain(names[j])} {v:+.1f}" for j, v in ranked[:_NEAR]))
        two.markdown("Loses most to: " + "; ".join(f"{plain(names[j])} {v:+.1f}" for j, v in ranked[::-1][:_NEAR]))


def _steered(moved: SteeredPreferences) -> None:
    st.header("Half of the activities steered", anchor=False)
    names = [e for k, e in enumerate(moved.settings.emotions) if moved.evidence(k)]
    listed = ", ".join(f"{e} {moved.shift[moved.settings.emotions.index(e)]:+.2f}" for e in names[:8])
    sentence = "No emotion moves the steered half beyond control directions."
    if names:
        count = f"{len(names)} of {len(moved.settings.emotions)} emotions"
        sentence = f"{count} move the steered half beyond control directions: {listed}."
    verdict("evidence" if names else "no evidence", sentence, key="steered-half")
    left, right = st.columns(2)
    with left:
        chart = charts.shifts(moved)
        show_chart(chart, alt_text=sentence, key="shifts")
        downloads("preference-shifts", chart=chart, table=charts.shift_table(moved), key="shifts")
    with right:
        if moved.follows is None:
            st.info(
                "Steer with four or more emotions to see whether those that go with preference also raise it.",
                icon=":material/info:",
            )
        else:
            chart = charts.follows(moved)
            show_chart(chart, alt_text="Shift under steering against correlation", key="follows")
            downloads("shift-and-correlation", chart=chart, table=charts.shift_table(moved), key="follows")
    shows(
        "Whether adding a direction at the words of an activity makes the model choose it more often than the same "
        "activity without, against opponents that are never steered; and whether emotions that go with preference are "
        "those that raise it, more than control directions do the same.",
        "A feeling about the activity. Directions of one size push in many ways at once: look at the grey band of "
        "control directions before any single emotion. And any direction that reads high on preferred activities tends "
        "to raise them, so the correlation of shifts and readings says something about emotions only where it lies "
        "above that of control directions.",
    )
