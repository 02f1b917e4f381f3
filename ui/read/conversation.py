"""A conversation that was read turn by turn."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts import reading as charts
from emotion_core.charts.reading import all_turns, token_table
from emotion_core.models.encode import line_breaks
from emotion_core.reading.conversation import ConversationReading
from ui.charts import show_chart
from ui.downloads import downloads
from ui.read.strip import reading_strip
from ui.verdict import shows, verdict


def conversation_result(found: ConversationReading, emotion: str) -> None:
    """Drift over the turns, the reading before replies, and the coloured tokens."""
    drifts, sentence = found.drift_of(emotion)
    verdict("evidence" if drifts else "no evidence", sentence, key="drift")
    chart = charts.turns(found, emotion)
    show_chart(chart, alt_text=sentence, key="turns", titled=False)
    link = found.reply_link(emotion)
    if link is not None:
        st.markdown(
            f"The reading just before a reply and the reply's own mean correlate at r = {link.r:.2f} "
            f"(95 % {link.low:.2f} to {link.high:.2f}) over {link.n} replies."
        )
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
