"""Behaviours: which scenarios, what is steered, and what came of it."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from emotion_core.behavior.behavior_settings import BehaviorSettings, n_questions, n_texts
from emotion_core.behavior.behaviors import Behaviors
from emotion_core.behavior.effects import effect_matrix, headline
from emotion_core.behavior.nulls import control_words
from emotion_core.behavior.scenes import Scene, built_in_scenes, parse_scenes, planted_scenes
from emotion_core.behavior.warning import EarlyWarning, lead_texts
from emotion_core.charts import behavior as charts
from emotion_core.charts.palette import table_bytes
from emotion_core.experiments.behavior import BEHAVIORS, BehaviorRequest, BehaviorResult
from emotion_core.experiments.experiment import require_size
from emotion_core.models.catalogue import DEMO_NAME
from emotion_core.runs.limits import about, asking_seconds, sweep_seconds
from emotion_core.runs.store import Run
from emotion_core.stats.intervals import p_words
from emotion_core.steering.settings import how_words, parse_strengths, unit_words
from emotion_core.tracing.steer import BOUNDED
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.behave.behavior_texts import behavior_texts
from ui.errors import shown_errors
from ui.experiments import show_run, start_run
from ui.fields import LAYER, field, fields, more_settings
from ui.figure import download, downloads, marked, show_chart, shows, verdict
from ui.linked import forget_unless
from ui.plain import plain
from ui.run_button import limit_note, run_button
from ui.services import app_settings
from ui.steer.form import care_form
from ui.uploads import content, upload_field
from ui.working import Working

# The layer that is read and steered on the Behave page.

_CHOSEN = -1  # stands for the layer that cross-validation chose


def layer_input(place: DeltaGenerator, vectors: EmotionVectors, *, key: str, help_text: str) -> int | None:
    """Draws the picker; None for the layer chosen at the build."""
    layer = place.selectbox(
        "Layer",
        [_CHOSEN, *range(vectors.n_layers)],
        format_func=lambda number: f"{vectors.selected_layer} (chosen)" if number == _CHOSEN else str(number),
        key=f"{key}-layer-{vectors.n_layers}-{vectors.selected_layer}",  # kept by its words, which name that layer
        persist_state="session",
        help=help_text,
    )
    return None if layer == _CHOSEN else int(layer)


# Which scenarios are measured on the Behave page: the library's, the demo model's planted ones, or a visitor's own.

_LIBRARY, _PLANTED = "From the library", "Planted in the demo model"
_FIRST = 3  # built-in scenarios that are chosen at first


def _ready_made(place: DeltaGenerator, working: Working) -> tuple[str, tuple[Scene, ...]]:
    """The library, or for the bundled model the set-ups whose rates are known; and which of them it is."""
    if working.info.name != DEMO_NAME:
        return _LIBRARY, built_in_scenes()
    source = place.segmented_control(
        "Scenarios from",
        [_LIBRARY, _PLANTED],
        default=_LIBRARY,
        required=True,
        key="scenes-source",
        help="The demo model was trained so that in the planted set-ups a desperate character cheats and threatens "
        "more often, a calm one less, and a happy one flatters more. Choose the vectors of scenes-171 to see whether "
        "steering finds it; layer 2 moves these set-ups the furthest.",
    )
    return (_PLANTED, planted_scenes()) if source == _PLANTED else (_LIBRARY, built_in_scenes())


def _at_first(source: str, known: tuple[Scene, ...]) -> list[str]:
    """Names that are chosen before the visitor chooses: few of the ready-made ones, all that they brought."""
    if source == _LIBRARY:
        known = known[:_FIRST]
    elif source == _PLANTED:
        known = tuple(scene for scene in known if scene.group == known[0].group)
    return [scene.name for scene in known]


def chosen_scenes(working: Working) -> tuple[Scene, ...]:
    """Draws the choice and the texts of what is chosen.

    Raises:
        PromptSetError: The upload cannot be read or used.
    """
    left, right = st.columns([3, 2])
    uploaded = upload_field(
        "Your own scenarios (JSON or CSV)",
        place=right,
        type=["json", "csv", "tsv", "xlsx"],
        key="scenes-upload",
        help="JSON: a list of {name, scenario, options: [{text, counts}]} or {name, scenario, pattern}. CSV: columns "
        "name, scenario, option, counts, pattern; one row an option. A pattern is a regular expression: a text that "
        "has it counts.",
    )
    if uploaded is not None:
        source, known = uploaded.file_id, parse_scenes(uploaded.name, content(uploaded))
    else:
        source, known = _ready_made(left, working)
    names = [scene.name for scene in known]
    first = _at_first(source, known)
    chosen = left.multiselect(
        "Scenarios",
        names,
        first,
        key=f"scenes-{source}",
        help="Which situations the model is put into. Each counts once, however many there are.",
    )
    scenes = tuple(scene for scene in known if scene.name in chosen)
    chosen_line = "Read the chosen scenario" if len(scenes) == 1 else f"Read the {len(scenes)} chosen scenarios"
    with st.expander(chosen_line, icon=":material/menu_book:"):
        for scene in scenes:
            st.markdown(f"**{plain(scene.name)}** · {plain(scene.text)}")
            for option, counts in zip(scene.options, scene.counts, strict=True):
                st.markdown(f"- {plain(option)} {'**(counts)**' if counts else ''}")
            if scene.pattern:
                st.code(scene.pattern, language=None)
    return scenes


# What is measured on the Behave page: emotions and strengths in the chosen scenarios.

PAGE = "behave behaviors"
_FEWEST_LEADS = 8
_STRENGTHS = "-0.2, -0.1, 0.1, 0.2"
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
    leads = lead_texts(vectors)
    more, warning = _more(vectors, len(leads))
    # Strengths of a cap or a floor are shares of what lies beyond the bound.
    key, first = ("behave-shares", "0.5, 1") if more["operation"] in BOUNDED else ("behave-strengths", _STRENGTHS)
    strengths = field(BehaviorSettings, "strengths", right, key=key, default=first)
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
        one, two, _ = st.columns([1, 1, 2], vertical_alignment="bottom")
        more["operation"] = field(BehaviorSettings, "operation", one, key="behave-operation")
        with two:
            more |= vars(care_form(vectors, more["operation"], key="behave-"))
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


# Finished behaviours on the page: small multiples, matrix, coherence, early warning, texts.

_A_ROW = 3  # small multiples


def behavior_result(working: Working) -> None:
    """The page's behaviours, as far as they are."""
    hint = "Press the button: a curve for each scenario appears here."
    show_run(PAGE, working, BEHAVIORS, hint, partial(_show, working))


def _show(working: Working, result: BehaviorResult, run: Run) -> None:
    st.divider()
    _result(result.found, working)
    if result.warning is not None:
        _warning(result.warning, working)
    behavior_texts(result.found, run)


def _result(found: Behaviors, working: Working) -> None:
    emotions = found.settings.emotions
    emotion = working.emotion_among(emotions)
    if len(emotions) > 1:
        forget_unless("curves", emotions)
        emotion = st.selectbox("Curves of", emotions, emotions.index(emotion), key="curves", bind="query-params")
    scenes, e = found.settings.scenes, emotions.index(emotion)
    head = headline(found, e)
    marked(head.mark, head.sentence(), key="behaviors")
    asked = found.settings
    how = f"Steered by {how_words(asked.operation, asked.bound, asked.gate, asked.schedule)}, layer {found.layer}."
    st.caption(plain(how))
    for i, scene in enumerate(scenes):
        if i % _A_ROW == 0:
            columns = st.columns(min(_A_ROW, len(scenes)))
        with columns[i % _A_ROW]:
            chart = charts.rates(found, emotion, scene.name)
            show_chart(chart, alt_text=f"Rate of {scene.name} against the strength of {emotion}", key=f"rates-{i}")
            downloads(f"rate-{scene.name}-{emotion}", chart=chart, key=f"rates-{i}", notes=(how,))
    st.caption(
        "Red circle: beyond control directions, corrected for all strengths, scenarios and emotions of this run; the "
        "grey band is that of a single point, so some blue points leave it by chance. Blue diamond: no evidence. Grey "
        "cross: the texts no longer make sense. "
        "Violet square: unsteered; dashed: the emotion in words. Bars: 95 % interval of the drawn answers or texts. "
        f"Strengths: {unit_words(found.settings.operation)}."
    )
    if found.texts:
        coherent = charts.coherence(found, emotion)
        show_chart(coherent, key="behave-coherence")
        downloads(f"coherence-{emotion}", chart=coherent, key="behave-coherence")
    shows(
        "How often the behaviour is chosen, or written, at each strength, beside control directions of the same size "
        "(grey) and, dashed, beside the emotion asked for in words without steering. "
        f"{control_words(found.control_kinds)}: {found.settings.controls} of each kind, and an effect has to leave "
        "every kind.",
        "That a model acts: an option that is likely is not an act. Scenarios with an unsteered rate below 10 % or "
        "above 90 % can hardly move one way and are left out of the verdict.",
    )
    download(
        "All rates as CSV",
        lambda: table_bytes(charts.rate_table(found)),
        "behaviour-rates.csv",
        "text/csv",
        key="rate-table",
    )
    _matrix(found)


def _matrix(found: Behaviors) -> None:
    strengths = found.settings.steered_strengths
    if len(found.settings.emotions) < 2 and len(found.settings.scenes) < 2:
        return
    st.header("Emotions by scenarios", anchor=False)
    forget_unless("matrix-strength", strengths)
    strength = (
        st.select_slider(
            "At strength",
            strengths,
            strengths[-1],
            format_func=lambda s: f"{s:+g}",
            key="matrix-strength",
            bind="query-params",
        )
        if len(strengths) > 1
        else strengths[0]
    )
    chart = charts.effects(found, float(strength))
    show_chart(chart, alt_text="Effects of emotions on scenarios", key="effects")
    shows(
        "The change of the log-odds of each behaviour. p-values compare with control directions and are corrected over "
        "all strengths, scenarios and emotions, as in the verdict above.",
        "A cell without a dot is no proof of no effect: the band of control directions may be wide, and scenarios that "
        "cannot move both ways get none.",
    )
    table = charts.matrix_table(effect_matrix(found, float(strength)))
    downloads("behaviour-effects", chart=chart, table=table, key="effects")


def _warning(warning: EarlyWarning, working: Working) -> None:
    st.header("Early warning", anchor=False)
    emotion = working.emotion_among(warning.emotions)
    e = warning.emotions.index(emotion)
    found = warning.evidence(e)
    verdict(
        "evidence" if found else "no evidence",
        f"The {emotion} reading just before the decision {'tells' if found else 'does not tell'} the decision beyond "
        f"chance: AUROC {warning.auroc[e]:.2f} ({warning.low[e]:.2f} to {warning.high[e]:.2f}); "
        f"{warning.against.range_words(e) or 'no control directions'}; {p_words(float(warning.p_value[e]))}, corrected "
        f"for {len(warning.emotions)} emotion{'s' * (len(warning.emotions) > 1)} "
        f"{p_words(float(warning.q_value[e]))}.",
        key="warning",
    )
    chart = charts.roc(warning, emotion)
    show_chart(chart, alt_text="ROC of the reading before the decision", key="roc", titled=False)
    shows(
        "The same scenarios after many different texts, without steering: does the reading at the last token before "
        "the decision go with what is decided? Compared inside each scenario.",
        "A cause, and nothing about texts of another kind than those that stood before the scenarios.",
    )
    downloads("early-warning", chart=chart, key="roc")
