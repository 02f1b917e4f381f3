"""What a monitor watches: the emotion, the false alarm rate, and a text, a conversation or a labelled set."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.ask import asked_of
from emotion_core.experiments.reading import LabelledSettings, WatchSettings
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.library import Turn
from emotion_core.reading.monitor import Labelled, read_labelled
from emotion_core.reading.settings import MonitorSettings
from ui.fields import field
from ui.plain import plain
from ui.read.inputs import conversation_input, text_input
from ui.services import app_settings
from ui.uploads import content

_SOURCES = ("Conversation", "Text", "Labelled conversations")


def monitor_form(emotion: str) -> WatchSettings | LabelledSettings:
    """Draws the form.

    Args:
        emotion: Chosen in the sidebar.

    Raises:
        PromptSetError: An upload cannot be used.
        SettingsError: A setting makes no sense.
    """
    st.markdown(
        f"A threshold on **{plain(emotion)}**, set so that a chosen share of neutral tokens crosses it. The emotion is "
        "chosen at the side."
    )
    left, right = st.columns(2)
    share = asked_of(MonitorSettings)["false_alarms"].ask
    rate = left.number_input(
        "False alarms (% of neutral tokens)",
        100 * (share.least or 0),
        100 * (share.most or 1),
        100 * MonitorSettings.false_alarms,
        0.1,
        key="monitor-rate",
        persist_state="session",
        help=share.help,
    )
    window = field(MonitorSettings, "window", right, key="monitor-window")
    settings = MonitorSettings(emotion, round(float(rate) / 100, 6), window)
    source = st.radio(
        "What is watched",
        _SOURCES,
        key="monitor-source",
        persist_state="session",
        horizontal=True,
        help="One text or conversation to see where it fires, or labelled conversations to see how well it tells "
        "them apart.",
    )
    if source == "Labelled conversations":
        return LabelledSettings(settings, _labelled())
    turns: tuple[Turn, ...] = ()
    text = ""
    if source == "Conversation":
        turns = conversation_input("monitor")
    else:
        text = text_input("monitor-text")
    phrase = st.text_input(
        "Phrase to warn of",
        key="monitor-phrase",
        persist_state="session",
        placeholder="such as: no other idea",
        help="Optional. How many tokens before these words does the monitor fire?",
    )
    return WatchSettings(settings, turns, text, (phrase or "").strip())


def _labelled() -> tuple[Labelled, ...]:
    uploaded = st.file_uploader(
        "Labelled conversations (JSON or JSONL)",
        type=["json", "jsonl", "ndjson"],
        max_upload_size=app_settings().upload_mb,
        key="monitor-labelled",
        help='Each is {"messages": [{"role": "user", "content": "..."}], "label": true}; also "conversation" for the '
        "messages. At least two of each label.",
    )
    if uploaded is not None:
        return read_labelled(uploaded.name, content(uploaded))
    st.caption("Without a file: the held-out texts of fear-calm as messages of a user, the fearful ones labelled.")
    return tuple(
        Labelled((Turn("user", one.text),), one.side == "positive", f"{one.topic}, {one.side}")
        for one in load_prompts("fear-calm").part("heldout")
    )
