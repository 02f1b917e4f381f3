"""A conversation that was read turn by turn."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts import reading as charts
from emotion_core.charts.reading import all_turns, token_table
from emotion_core.models.encode import line_breaks
from emotion_core.reading.conversation import Continuation, ConversationReading
from emotion_core.reading.settings import Writing
from ui.fields import field
from ui.figure import downloads, show_chart, shows, verdict
from ui.plain import plain
from ui.read.text import reading_strip, value_strip


def conversation_result(found: ConversationReading, emotion: str) -> None:
    """Drift over the turns, the reading before replies, and the coloured tokens."""
    drifts, sentence = found.drift_of(emotion)
    verdict("evidence" if drifts else "no evidence", sentence, key="drift")
    chart = charts.turns(found, emotion)
    show_chart(chart, alt_text=sentence, key="turns", titled=False)
    shows(
        "The mean reading of every turn, compared with neutral conversations at the same place, so that length alone "
        "gives no drift. A drift counts where it is larger than that of directions without a meaning on the same "
        "turns, corrected for all emotions.",
        "A cause: later turns differ from earlier ones in topic and words as well.",
    )
    downloads(f"turns-{emotion}", chart=chart, table=lambda: all_turns(found), key="turns", parquet=True)
    form = (
        "the model's chat template"
        if found.dialogue.template == "chat template"
        else "plain lines, since the model has no chat template"
    )
    st.caption(f"The conversation was given to the model in {form}. Tokens of the template are pale and not read.")
    reading_strip(
        found.tokens, emotion, key="conversation", breaks=line_breaks(found.tokens.content, found.tokens.tokens)
    )
    downloads("conversation-tokens", table=lambda: token_table(found.tokens), key="conversation-tokens", parquet=True)


# A conversation that the model continued: the reply, unsteered and steered, and its reading.


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
