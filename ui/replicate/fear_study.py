"""The guided path: the GPT-2 fear study in three steps, on whatever model is chosen."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts.dose_response import beside_published, dose_response, published_chart, summary_table
from emotion_core.evaluation.report import FEAR_IN_GPT2
from emotion_core.evaluation.scores import score_sentence, separation_title
from emotion_core.experiments.ship import HOME_EMOTION, start_home_build
from emotion_core.experiments.steering import SWEEP
from emotion_core.prompts.library import load_openings
from emotion_core.runs.recipes import origin
from emotion_core.steering.finding import signed, sweep_finding
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.sweep import Sweep
from ui.experiments import run_result, start_run
from ui.figure import downloads, figures_from, scored_verdict, show_chart, shows, verdict
from ui.page import PAGES
from ui.run_panel import run_panel
from ui.services import activation_cache, registry
from ui.share import share_view
from ui.steer.sweep import coherence_figure, sweep_texts
from ui.vector_sets import BUILT_IN, build_of, vectors_of
from ui.working import Working

STEPS = ("1 · Separation", "2 · Sweep", "3 · Controls")
_SHARE = 0.02  # of the residual norm for one published unit, on a model that is not the published one


def fear_study(working: Working) -> None:
    """Draws the chosen step and the ways to the others."""
    study = FEAR_IN_GPT2
    st.caption(
        f"{study.author}: a fear direction in GPT-2 small, from 40 pairs of situations, tested on 10 more. Choose "
        "gpt2 in the sidebar to redo it on the same model; any other model answers the same questions for itself."
    )
    step = st.segmented_control("Step", STEPS, default=STEPS[0], key="study_step", bind="query-params", required=True)
    with figures_from(origin(working.info.name, working.info.fingerprint, [BUILT_IN])):
        {STEPS[0]: _separation, STEPS[1]: _sweep, STEPS[2]: _controls}[step or STEPS[0]](working)
    _onward(step or STEPS[0])
    share_view("study")


def study_settings(working: Working) -> SweepSettings:
    """The published sweep on the chosen model, with controls beside it."""
    study = FEAR_IN_GPT2
    same = working.info.name == study.model
    return SweepSettings(
        emotion=HOME_EMOTION,
        prompts=(load_openings()[0].text,),
        strengths=study.sweep if same else tuple(round(_SHARE * one, 3) for one in study.sweep),
        unit="raw" if same else "fraction",
        layer=study.sweep_layer if same else None,
        controls=8,
        samples=4,
        max_new_tokens=40,
    )


def _separation(working: Working) -> None:
    run_id = start_home_build(registry(), working.owner, activation_cache())
    scores = build_of(run_id).scores
    if scores is None:
        return
    found = scores.verdicts[scores.emotions.index(HOME_EMOTION)]
    sentence = score_sentence(scores, HOME_EMOTION, "calm")
    scored_verdict(found, f"{separation_title(scores, HOME_EMOTION, 'calm')}. {found.reason}", key="study-build")
    chart = published_chart(scores, HOME_EMOTION, FEAR_IN_GPT2)
    show_chart(chart, alt_text=sentence, key="study-published")
    downloads(
        "fear-study",
        chart=chart,
        table=beside_published(scores, HOME_EMOTION, FEAR_IN_GPT2),
        key="study-published",
        notes=(sentence,),
    )
    shows(
        "How far frightening and calm situations lie apart along a direction drawn from other situations, by depth. "
        "The built-in pairs follow the published recipe in words of our own, so the figures need not be equal.",
        "That a published curve without a null band is wrong. With ten held-out pairs, chance alone reaches the grey "
        "band, and that is what was missing.",
    )


def _sweep(working: Working) -> None:
    found = _run(working)
    if found is None:
        return
    low, high = found.usable_window
    first, last = signed(FEAR_IN_GPT2.sweep[0]), signed(FEAR_IN_GPT2.sweep[-1])
    st.markdown(
        f"The study added the direction with strengths from {first} to {last} "
        f"while the model answered one question, and found its texts coherent at "
        f"{', '.join(signed(one) for one in FEAR_IN_GPT2.coherent)} only. Here the texts stay within a standard "
        f"deviation of unsteered ones from **{signed(low)}** to **{signed(high)}**, "
        f"judged by how surprising and how repetitive they are, "
        "not by taste."
    )
    left, right = st.columns(2, gap="medium")
    with left:
        coherence_figure(found, "surprise", key="study")
    with right:
        coherence_figure(found, "repetition", key="study")
    sweep_texts(found, key="study")
    shows(
        "The same question, the same sampling noise, only the strength differs.",
        "Whether a change is due to fear: a push in any direction changes a text. That is step 3.",
    )


def _controls(working: Working) -> None:
    found = _run(working)
    if found is None:
        return
    lacked = FEAR_IN_GPT2.lacked
    st.markdown(f"The author names two things that his study could not tell. First: {lacked[0]}.")
    finding = sweep_finding(found)
    verdict(finding.mark, finding.sentence, key="study-sweep")
    chart = dose_response(found)
    show_chart(chart, alt_text=finding.sentence, key="study-dose", titled=False)
    downloads("fear-study-sweep", chart=chart, table=summary_table(found), key="study-dose", notes=(finding.sentence,))
    shows(
        "Grey: directions of the same length that mean nothing, under the same noise, each read along itself. A line "
        "inside the grey is the model being pushed off its path.",
        "That an effect outside it is fear as a reader understands it: the measure is the model's own.",
    )
    st.markdown(f"Second: {lacked[1]}.")
    scores = build_of(start_home_build(registry(), working.owner, activation_cache())).scores
    if scores is not None:
        one = scores.verdicts[scores.emotions.index(HOME_EMOTION)]
        scored_verdict(one, key="study-verdict")
        st.page_link(
            PAGES["explore"].file,
            label="Every confound and rival, text by text",
            icon=PAGES["explore"].icon,
        )


def _run(working: Working) -> Sweep | None:
    """The sweep of the study on the chosen model; started at the first look, shared by all visitors."""
    name = f"study sweep of {working.info.fingerprint}"
    if name not in st.session_state:
        build_id = start_home_build(registry(), working.owner, activation_cache())
        vectors = vectors_of(build_id)
        st.session_state[name] = start_run(working, SWEEP, study_settings(working), vectors=vectors, everybody=True)
    run = run_panel(st.session_state[name], key="study-sweep", shared=True)
    return None if run is None else run_result(run.id, SWEEP)


def _onward(step: str) -> None:
    at = STEPS.index(step)
    with st.container(horizontal=True):
        if at + 1 < len(STEPS):
            st.button(
                f"Next: {STEPS[at + 1]}",
                type="primary",
                key="study-next",
                icon=":material/arrow_forward:",
                on_click=lambda: st.session_state.update(study_step=STEPS[at + 1]),
            )
        st.page_link(PAGES["build"].file, label="Do it with your own prompts", icon=PAGES["build"].icon)
        st.page_link(PAGES["steer"].file, label="Steer freely", icon=PAGES["steer"].icon)
