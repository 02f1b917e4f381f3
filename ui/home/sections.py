"""The sections of the first page: separation, sweep, and the ways on."""

from __future__ import annotations

import json

import streamlit as st

from emotion_core.charts.dose_response import dose_response, summary_table
from emotion_core.charts.separation import separation_by_layer, separation_table
from emotion_core.evaluation.words import score_sentence, separation_title
from emotion_core.experiments.ship import HOME_EMOTION, shipped_conversation, start_home_build, start_home_sweep
from emotion_core.steering.finding import sweep_finding
from ui.charts import show_chart
from ui.downloads import downloads
from ui.page import PAGES
from ui.plain import plain
from ui.run_panel import run_panel
from ui.services import activation_cache, common_registry
from ui.steer.sweep_result import sweep_of
from ui.talk.view import replies
from ui.vector_sets import build_of
from ui.verdict import scored_verdict, shows, verdict
from ui.working import Working

_AGAINST = "calm"


def home_build(working: Working) -> None:
    """Held-out separation of fear from calm at every layer, with its verdict."""
    run_id = _home_build_id(working)
    scores = build_of(run_id).scores
    if scores is None:
        return
    found = scores.verdicts[scores.emotions.index(HOME_EMOTION)]
    st.subheader("Does it tell apart situations it was not drawn from?", anchor=False)
    sentence = score_sentence(scores, HOME_EMOTION, _AGAINST)
    told = f"{separation_title(scores, HOME_EMOTION, _AGAINST)}. {found.reason}"
    scored_verdict(found, told, key="home-build")
    chart = separation_by_layer(scores, HOME_EMOTION, against=_AGAINST, height=260)
    show_chart(chart, alt_text=sentence, key="home-separation", titled=False)
    shows(
        "Ten frightening and ten calm situations that played no part in drawing the direction. Above the grey band the "
        "direction does better than directions drawn from shuffled labels.",
        "That the direction is fear alone: it may also carry danger, tension or strange places. Explore emotions has "
        "the tests.",
    )
    downloads("fear-separation", chart=chart, table=separation_table(scores), key="home-separation")


def home_talk(working: Working) -> None:
    """The way to Talk, with the conversation that comes with the model where there is one."""
    st.subheader("Talk to it while you read and steer it", anchor=False)
    talk = shipped_conversation(working.info)
    if talk is not None:
        replies(talk, working.emotion_among(talk.emotions), key="home-talk")
    st.page_link(PAGES["talk"].file, label="Write your own message, and move the slider", icon=PAGES["talk"].icon)


def home_sweep(working: Working) -> None:
    """One sweep on the same direction: dose-response and texts."""
    st.subheader("Does adding it change what the model writes?", anchor=False)
    name = f"home sweep of {working.info.fingerprint}"
    if name not in st.session_state:
        st.session_state[name] = start_home_sweep(common_registry(), working.owner, _home_build_id(working))
    run = run_panel(st.session_state[name], key="home-sweep", shared=True)
    if run is None:
        return
    sweep = sweep_of(run.id)
    finding = sweep_finding(sweep)
    verdict(finding.mark, finding.sentence, key="home-sweep")
    chart = dose_response(sweep)
    show_chart(chart, alt_text=finding.sentence, key="home-dose", titled=False)
    shows(
        "Each point is the mean over eight texts, written with the same noise at every strength and read afterwards "
        "without steering. Grey: lines of directions of the same length that mean nothing, each read along itself.",
        "That a reader would call the texts frightened: judge for yourself above. This is a small model.",
    )
    downloads("fear-sweep", chart=chart, table=summary_table(sweep), key="home-dose")
    shipped = json.loads(run.settings).get("shipped")
    how = f"Computed by `{shipped}` and kept with the repository." if shipped else "Computed on this machine."
    st.caption(f"{how} Model: {plain(working.info.name)}, layer {sweep.layer}.")


_WAYS = (
    (
        "study",
        "Redo the fear study",
        "Three steps: separation beside the published figures, the sweep, and the controls it lacked.",
        None,
    ),
    ("explore", "Map 171 emotions", "Which lie close, what their main axis is, and what to trust.", {"tab": "Map"}),
    (
        "build",
        "Bring your own prompts",
        "Upload pairs of texts and see whether they make a direction.",
        {"source": "Upload"},
    ),
)


def short_cuts() -> None:
    """The three ways on in a line, for whoever does not want to read on."""
    with st.container(horizontal=True, key="short-cuts"):
        for page, label, _, query in _WAYS:
            st.page_link(PAGES[page].file, label=label, icon=PAGES[page].icon, query_params=query, width="content")


def ways_on() -> None:
    """Three ways from here."""
    st.subheader("Go on from here", anchor=False)
    for column, (page, label, text, query) in zip(st.columns(3), _WAYS, strict=True):
        with column.container(border=True, height="stretch"):
            st.page_link(PAGES[page].file, label=f"**{label}**", icon=PAGES[page].icon, query_params=query)
            st.caption(text)


def _home_build_id(working: Working) -> str:
    return start_home_build(common_registry(), working.owner, activation_cache())
