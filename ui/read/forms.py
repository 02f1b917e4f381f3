"""What the visitor wants read, and the button that starts it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from emotion_core.experiments.experiment import find
from emotion_core.experiments.reading import (
    ZERO_POINT,
    ConversationSettings,
    DoseSettings,
    ReadingSettings,
    ReplySettings,
    SituationsSettings,
    TextSettings,
    reading_of,
    reading_seconds,
)
from emotion_core.prompts.library import load_implicit, load_templates
from emotion_core.reading.conversation import check_reply
from emotion_core.reading.dose import parse_values
from emotion_core.runs.limits import about
from ui.errors import shown_errors
from ui.experiments import start_run
from ui.page import PAGES
from ui.read.attempts import attempts_form
from ui.read.conversation import writing_input
from ui.read.inputs import OWN, conversation_input, place_input, spelled, text_input
from ui.read.monitor import monitor_form
from ui.read.priors import priors_form
from ui.run_button import limit_note, run_button
from ui.services import store
from ui.working import Working

# The words of the link, `?what=Dose`, and the kinds of reading that the view shows.
VIEWS: dict[str, tuple[str, ...]] = {
    "Text": ("read-text",),
    "Conversation": ("read-conversation", "read-reply"),
    "Dose": ("read-dose",),
    "Situations": ("read-situations",),
    "Attempts": ("read-attempts",),
    "System prompts": ("read-priors",),
    "Monitor": ("read-monitor", "read-labelled"),
}
_WITH_THEM = "emotions-12"  # built-in texts of all emotions that the situations imply


def reading_form(working: Working, view: str) -> None:
    """Draws the form and starts a reading at a click on its button; faults cost nothing that was read before."""
    vectors, emotion = working.vectors, working.emotion
    if vectors is None or emotion is None:
        return
    forms: dict[str, Callable[[], ReadingSettings | None]] = {
        "Text": _text,
        "Conversation": lambda: _conversation(emotion),
        "Dose": _dose,
        "Situations": lambda: _situations(vectors.emotions),
        "Attempts": attempts_form,
        "System prompts": priors_form,
        "Monitor": lambda: monitor_form(emotion),
    }
    label, start = "Read", None
    with shown_errors():
        settings = forms[view]()
        if settings is not None:
            known = find(store(), vectors, ZERO_POINT, settings.zero_point(vectors)) is not None
            label = f"Read, {about(reading_seconds(working.info, settings, known=known))}"
            start = partial(start_run, working, reading_of(settings), settings)
    limit_note("read")
    run_button(label, f"read {view}", start, key=f"go-{view.lower().replace(' ', '-')}")


def _text() -> TextSettings:
    st.markdown("Every word of a text on the directions, each beside neutral texts at the same place.")
    text = text_input("read-text")
    all_layers = st.checkbox(
        "All layers",
        key="read-all-layers",
        persist_state="session",
        help="Reads every layer in the same pass, and shows the chosen emotion layer by layer.",
    )
    return TextSettings(text, bool(all_layers))


def _conversation(emotion: str) -> ConversationSettings | ReplySettings:
    st.markdown("Readings turn by turn: where they rise, whether they stay, and before which reply.")
    turns = conversation_input("read")
    writing = writing_input(emotion)
    if writing is None:
        return ConversationSettings(turns)
    if len(turns) > 1 and turns[-1].role == "assistant":
        turns = turns[:-1]
        st.caption("The last turn is the assistant's: it is left out, and the model writes it.")
    check_reply(turns)
    return ReplySettings(turns, writing)


def _dose() -> DoseSettings:
    st.markdown("One text in which only a number changes: which emotions follow it, and are they those that should?")
    library = {one.name: one for one in load_templates()}
    name = st.selectbox(
        "Template",
        [*library, OWN],
        key="read-template",
        format_func=spelled,
        persist_state="session",
        help="A text in which only a number changes, and the emotions that should follow it.",
    )
    chosen = library.get(str(name))
    text = st.text_area(
        "Text with {x} in the place of the number",
        chosen.template if chosen else "I have been waiting at the station for {x} hours.",
        key=f"template-{name}",
        persist_state="session",
        height=110,
        help="Every value is put in the place of {x}; all else stays the same.",
    )
    values = st.text_input(
        "Numbers",
        ", ".join(f"{value:g}" for value in chosen.values) if chosen else "1, 2, 4, 8, 16, 32",
        key=f"values-{name}",
        persist_state="session",
        help="At least three, with commas.",
    )
    if chosen is not None and (text or "").strip() != chosen.template.strip():
        chosen = None
        st.caption(
            "The text is no longer that of the template, so the emotions that should follow it are not asked for."
        )
    return DoseSettings(
        text=text or "",
        values=parse_values(values or ""),
        rise=chosen.rise if chosen else (),
        fall=chosen.fall if chosen else (),
        place=place_input("read-dose-place"),
    )


def _situations(emotions: tuple[str, ...]) -> SituationsSettings | None:
    st.markdown(
        "Messages that imply an emotion and never name it. Does the implied one read highest among all emotions of the "
        "set?"
    )
    implied = list(dict.fromkeys(one.emotion for one in load_implicit()))
    if len(set(implied) & set(emotions)) >= 2:
        return SituationsSettings(place=place_input("read-situations-place"))
    st.info(
        f"This needs vectors of at least two of their emotions: {', '.join(implied)}. The built-in texts "
        f"{_WITH_THEM} have all of them; their vectors are built once and stay in the list at the side.",
        icon=":material/info:",
    )
    st.page_link(
        PAGES["build"].file,
        label=f"Build vectors from {_WITH_THEM}",
        icon=PAGES["build"].icon,
        query_params={"source": "Built-in", "sets": _WITH_THEM},
    )
    return None
