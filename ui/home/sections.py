"""The sections of the first page behind its finding: a conversation, what else was asked, and the ways on."""

from __future__ import annotations

import streamlit as st

from emotion_core.evaluation.scores import separation_title
from emotion_core.experiments.experiment import find
from emotion_core.experiments.ship import HOME_EMOTION, HOME_SWEEP, shipped_conversation, start_home_build
from emotion_core.experiments.steering import SWEEP
from emotion_core.steering.finding import sweep_finding
from ui.experiments import run_result
from ui.figure import scored_verdict, verdict
from ui.page import PAGES
from ui.services import activation_cache, common_registry, store
from ui.talk.view import replies
from ui.vector_sets import build_of
from ui.working import Working

_AGAINST = "calm"


def home_talk(working: Working) -> None:
    """The way to Talk, with the conversation that comes with the model where there is one."""
    st.header("Talk to it while you read and steer it", anchor=False)
    talk = shipped_conversation(working.info)
    if talk is not None:
        replies(talk, working.emotion_among(talk.emotions), key="home-talk")
    st.page_link(PAGES["talk"].file, label="Write your own message, and move the slider", icon=PAGES["talk"].icon)


def home_verdicts(working: Working) -> None:
    """What else was asked of a direction from situations: one line each, and the page that has the rest."""
    run_id = start_home_build(common_registry(), working.owner, activation_cache())
    built = build_of(run_id)
    if built.scores is None:
        return
    st.header("What else was asked of fear in this model", anchor=False)
    found = built.scores.verdicts[built.scores.emotions.index(HOME_EMOTION)]
    told = f"{separation_title(built.scores, HOME_EMOTION, _AGAINST)}. {found.reason}"
    scored_verdict(found, f"Does it tell apart situations it was not drawn from? {told}", key="home-build")
    st.page_link(PAGES["explore"].file, label="Every layer, rival and confound", icon=PAGES["explore"].icon)
    sweep = find(store(), built.vectors, SWEEP, HOME_SWEEP)
    if sweep is not None:
        finding = sweep_finding(run_result(sweep, SWEEP))
        verdict(finding.mark, f"Does adding it change what the model writes? {finding.sentence}", key="home-sweep")
        steer = PAGES["steer"]
        st.page_link(steer.file, label="Every strength, text by text", icon=steer.icon, query_params={"run": sweep})


_WAYS = (
    (
        "replicate",
        "Redo published findings",
        "The emotion paper's experiments and the fear study of GPT-2, each beside the null that it lacked.",
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
    st.header("Go on from here", anchor=False)
    for column, (page, label, text, query) in zip(st.columns(3), _WAYS, strict=True):
        with column.container(border=True, height="stretch"):
            st.page_link(PAGES[page].file, label=f"**{label}**", icon=PAGES[page].icon, query_params=query)
            st.caption(text)
