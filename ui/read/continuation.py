"""A conversation that the model continued: the reply, unsteered and steered, and its reading."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts import reading as charts
from emotion_core.charts.reading import all_turns, token_table
from emotion_core.models.encode import line_breaks
from emotion_core.reading.continuation import Continuation
from emotion_core.reading.settings import Writing
from ui.charts import show_chart
from ui.downloads import downloads
from ui.fields import field
from ui.plain import plain
from ui.read.strip import value_strip
from ui.verdict import shows


def writing_input(emotion: str) -> Writing | None:
    """How the model continues the conversation; None where it does not.

    Raises:
        SettingsError: A setting makes no sense.
    """
    if not st.toggle(
        "Let the model write the next reply",
        key="read-continue",
        persist_state="session",
        help="The conversation has to end with a turn of the user.",
    ):
        return None
    one, two, three, four = st.columns(4)
    strength = field(Writing, "strength", one, key="continue-strength", label=f"Strength of {emotion}")
    tokens = field(Writing, "tokens", two, key="continue-tokens")
    temperature = field(Writing, "temperature", three, key="continue-temperature")
    seed = field(Writing, "seed", four, key="continue-seed")
    return Writing(emotion, round(strength, 6), tokens, round(temperature, 6), seed)


def continuation_result(found: Continuation, emotion: str) -> None:
    """Both replies side by side, and the turns of the one that was written last."""
    names = ("Unsteered", f"{found.writing.emotion} {found.writing.strength:+g}")
    columns = st.columns(len(found.texts))
    for number, (column, name) in enumerate(zip(columns, names, strict=False)):
        with column:
            _reply(found, number, name, emotion)
    shows(
        "What the model writes next, and how its words read to the model without steering. Both replies share their "
        "sampling noise, so they differ because of the added direction.",
        "An effect: one reply proves nothing. The page Steer compares many texts with random directions.",
    )
    reading = found.readings[-1]
    chart = charts.turns(reading, emotion)
    show_chart(chart, alt_text="Mean reading of every turn, the reply last.", key="continued")
    downloads("continued-turns", chart=chart, table=lambda: all_turns(reading), key="continued", parquet=True)
    downloads("continued-tokens", table=lambda: token_table(reading.tokens), key="continued-tokens", parquet=True)


def _reply(found: Continuation, number: int, name: str, emotion: str) -> None:
    st.markdown(f"**{plain(name)}**")
    if not found.texts[number]:
        st.caption("The model ended its turn at once.")
        return
    reading = found.readings[number]
    start, end = reading.dialogue.spans[-1]
    one = reading.tokens.single
    mean = reading.turns[-1, one.emotions.index(emotion)]
    value_strip(
        one.tokens[start:end],
        one.content[start:end],
        one.of(emotion)[start:end],
        emotion,
        key=f"reply-{number}",
        breaks=line_breaks(one.content[start:end], one.tokens[start:end]),
    )
    st.caption(f"Mean reading of the reply: {mean:+.2f} SD.")
