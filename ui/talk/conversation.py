"""The conversation of the page: sending, streaming, going on, rolling the dice again, editing and forking."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from emotion_core.base.errors import RunError
from emotion_core.experiments.talk import TALK
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.talk import Talk, TalkSettings
from emotion_core.reading.talking import TalkProgress
from emotion_core.runs.registry import stop_run
from ui.errors import shown_errors
from ui.experiments import is_kept, run_result, start_run
from ui.figure import shows
from ui.own_place import in_own_place
from ui.page_run import current_run, remember_run
from ui.plain import plain
from ui.run_panel import run_panel
from ui.services import registry, store
from ui.share import link_hint
from ui.talk.form import Steering
from ui.talk.view import replies, said_before, take_along
from ui.working import Working

PAGE = "talk"
_POLL = 0.35  # seconds
_BASE = "talk said"  # the conversation that the next message is added to


def conversation(working: Working, steering: Steering | None, emotion: str) -> None:
    """The turn of the page's run: as it is written, or finished with the ways on."""
    run_id = current_run(PAGE)
    if run_id is None:
        st.session_state.setdefault(_BASE, ())
        return
    try:
        run = store().get(run_id)
    except RunError:
        run_panel(run_id, key="talk")
        st.session_state[_BASE] = ()
        _new_conversation()
        return
    if run.is_open:
        _writing(run_id, emotion)
        return
    if run.state != "done" and not is_kept(run_id, TALK):
        run_panel(run_id, key="talk")
        _new_conversation()
        return
    talk = None
    with shown_errors():
        talk = run_result(run_id, TALK)
    if talk is None:
        st.session_state[_BASE] = ()
        _new_conversation()
        return
    with shown_errors():
        shown = emotion if emotion in talk.emotions else talk.emotions[0]
        said_before(talk, shown)
        replies(talk, shown, key="talk")
        _ways_on(working, steering, talk, shown)


def send(working: Working, steering: Steering, message: str) -> None:
    """Starts the model's next turn."""
    with shown_errors():
        _start(working, steering.settings((*st.session_state.get(_BASE, ()), Turn("user", message))))


def _start(working: Working, settings: TalkSettings) -> None:
    with shown_errors():
        st.session_state.pop("talk token", None)
        remember_run(PAGE, start_run(working, TALK, settings))
        st.rerun()


@in_own_place
@st.fragment(run_every=_POLL)
def _writing(run_id: str, emotion: str) -> None:
    """The replies as far as they are; only this part of the page is drawn again, so typing goes on."""
    if not store().get(run_id).is_open:
        st.rerun()
    progress = registry().progress(run_id)
    if not isinstance(progress, TalkProgress) or progress.so_far is None:
        run_panel_line = progress.what if progress is not None else "waiting"
        st.caption(f"{run_panel_line[:1].upper()}{run_panel_line[1:]} …")
    else:
        talk: Talk = progress.so_far()
        shown = emotion if emotion in talk.emotions else talk.emotions[0]
        said_before(talk, shown)
        replies(talk, shown, key="talk-live", live=True)
    if registry().may_change(store().get(run_id)):
        st.button("Stop", key="talk-stop", icon=":material/stop:", on_click=lambda: stop_run(registry(), run_id))


def _ways_on(working: Working, steering: Steering | None, talk: Talk, emotion: str) -> None:
    names = {k: talk.title(k) for k in range(len(talk.replies))}
    written = [k for k in names if talk.replies[k].text.strip()]
    with st.container(horizontal=True, vertical_alignment="center", key="talk-on"):
        chosen = (
            st.segmented_control(
                "Go on with",
                written,
                default=written[min(1, len(written) - 1)],
                format_func=lambda k: names[k],
                key="talk-go",
            )
            if written and talk.settings.chat  # a text is not gone on with: the next message begins another one
            else None
        )
        again = st.button(
            "Roll the dice again", key="talk-again", icon=":material/casino:", help="Other random numbers."
        )
        other = talk.settings.rival + 1 if talk.settings.rival < 32 else 1
        random = st.button(
            "Another random direction" if talk.settings.rival else "What does a random direction do instead?",
            key="talk-random",
            icon=":material/shuffle:",
            help="Adds a reply with the same done along one without a meaning, from the same random numbers.",
        )
        restyle = steering is not None and st.button(
            "Answer again with these settings", key="talk-resettle", icon=":material/tune:", help="Of the form above."
        )
        _edit(working, steering, talk)
        _new_conversation()
    st.session_state[_BASE] = talk.going_on(int(chosen)) if chosen is not None else talk.settings.turns[:-1]
    if again:
        _start(working, replace(talk.settings, seed=talk.settings.seed + 1))
    if random:
        _start(working, replace(talk.settings, rival=other))
    if restyle and steering is not None:
        _start(working, steering.settings(talk.settings.turns))
    if talk.partial:
        st.info(f"This reply was {talk.partial}.", icon=":material/stop_circle:")
    same = talk.same_words(emotion)
    if same:
        st.caption(plain(same))
    shows(
        "What the model writes next and how its words read to the model without steering. All replies share their "
        "random numbers and differ because of the steering alone.",
        "An effect: one pair of replies is an anecdote. Steer counts many texts beside directions that mean nothing. "
        "An alarm is a reading above a threshold, not a danger.",
    )
    with st.container(horizontal=True):
        take_along(talk, emotion)
    link_hint()


def _edit(working: Working, steering: Steering | None, talk: Talk) -> None:
    """Another wording of a turn of the user: the conversation goes on from there."""
    turns = talk.settings.turns
    own = [i for i, turn in enumerate(turns) if turn.role == "user"]
    with st.popover("Edit a turn", icon=":material/edit:"):
        place = st.selectbox(
            "Turn",
            own,
            index=len(own) - 1,
            format_func=lambda i: f"{i + 1}: {turns[i].content[:40]}",
            key="talk-edit-turn",
            help="What follows it is written anew; the conversation so far stays on the shelf.",
        )
        wording = st.text_area(
            "What you say instead",
            turns[place].content,
            key=f"talk-edit-{place}",
            max_chars=4000,
            help="Your message in other words. The same seed draws the new replies.",
        )
        if st.button("Go on from there", key="talk-fork", type="primary") and wording.strip():
            cut = (*turns[:place], Turn("user", wording.strip()))
            _start(working, replace(talk.settings, turns=cut) if steering is None else steering.settings(cut))


def _new_conversation() -> None:
    if st.button("New conversation", key="talk-new", icon=":material/add:"):
        st.session_state[_BASE] = ()
        st.session_state.pop(f"run of {PAGE}", None)
        st.query_params.pop("run", None)
        st.rerun()
