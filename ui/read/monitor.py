"""A monitor on one emotion: its threshold, where it fires, and its ROC."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from emotion_core.base.ask import asked_of
from emotion_core.charts import reading as charts
from emotion_core.experiments.reading import LabelledSettings, WatchSettings
from emotion_core.models.encode import line_breaks
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import Turn
from emotion_core.reading.chance import control_words
from emotion_core.reading.monitor import Labelled, LabelledReading, Threshold, Watched, read_labelled
from emotion_core.reading.settings import MonitorSettings
from emotion_core.stats.intervals import p_words
from ui.fields import field
from ui.figure import downloads, show_chart, shows, verdict
from ui.plain import plain
from ui.read.inputs import conversation_input, text_input
from ui.read.text import value_strip
from ui.uploads import content, upload_field

_BESIDE = {"better": "beats", "alike": "cannot be told from", "worse": "does worse than"}


def watched_result(found: Watched) -> None:
    """Where a monitor fires in one text or conversation."""
    chart = charts.watched(found)
    show_chart(chart, alt_text="The monitor's score along the text, with its threshold.", key="watched")
    _threshold(found.threshold)
    if found.phrase:
        _leads(found)
    if found.alarms:
        rows = [
            {"first token": a.start, "tokens": a.end - a.start, "highest score": a.peak, "text": a.text.strip()}
            for a in found.alarms
        ]
        config = {
            "first token": "First token",
            "tokens": "Tokens",
            "highest score": st.column_config.NumberColumn("Highest score (SD)", format="%.2f"),
            "text": st.column_config.TextColumn("With the tokens averaged", width="large"),
        }
        st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=config)
    shows(
        "Tokens at which the mean reading of the last few is higher than in all but a chosen share of neutral text. "
        "Nothing after a token is used, so it could have been known there.",
        "That an alarm means danger: at this rate neutral text gives alarms as well, and the more, the longer it is.",
    )
    emotion = found.threshold.settings.emotion
    downloads(f"monitor-{emotion}", chart=chart, table=lambda: charts.watched_table(found), key="watched", parquet=True)
    fires = {i for alarm in found.alarms for i in range(alarm.start, alarm.end)}
    breaks = line_breaks(found.content, found.tokens)
    value_strip(
        found.tokens, found.content, found.values, emotion, key="watched", breaks=breaks, marked=frozenset(fires)
    )
    st.caption("Underlined: where the monitor fires.")


def _threshold(found: Threshold) -> None:
    st.markdown(
        f"Threshold **{found.value:.2f}** from {found.n_tokens:,} neutral tokens, of which "
        f"{found.settings.false_alarms:.1%} lie above it. On neutral registers that it was not set from it fires at "
        f"{found.rate:.1%} of the tokens (95 % {found.rate_low:.1%} to {found.rate_high:.1%}) and in "
        f"{found.texts_fired} of {found.n_texts} texts of {found.text_tokens:.0f} tokens. The interval takes texts and "
        "their registers as the units, not tokens."
    )


def _leads(found: Watched) -> None:
    phrase = plain(found.phrase)
    if not found.flagged:
        st.info(f"The phrase “{phrase}” is not in the text.", icon=":material/search_off:")
        return
    for number, one in enumerate(found.flagged):
        if one.lead is None:
            verdict("no evidence", f"“{phrase}” at token {one.token}: silent until then.", key=f"lead-{number}")
            continue
        verdict(
            "evidence" if one.evidence else "no evidence",
            f"“{phrase}” at token {one.token}: the first alarm comes {one.lead} tokens before it; "
            f"{p_words(one.chance or 0)} against {control_words(one.against)} with the same false alarm rate"
            + (f", {p_words(one.q_value or 0, 'q')} over all places." if len(found.flagged) > 1 else "."),
            key=f"lead-{number}",
        )


def labelled_result(found: LabelledReading) -> None:
    """How well a monitor tells labelled conversations apart."""
    verdict(
        "evidence" if found.evidence else "no evidence",
        f"AUROC {found.auroc:.2f} (95 % {found.auroc_low:.2f} to {found.auroc_high:.2f}); random directions "
        f"{found.null_low:.2f} to {found.null_high:.2f} ({p_words(found.p_value)} against "
        f"{control_words(found.against)}); the number of tokens alone {found.length_auroc:.2f}, which the monitor "
        f"{_BESIDE[found.beside_length]} (difference {found.gain_low:+.2f} to {found.gain_high:+.2f}).",
        key="roc",
    )
    chart = charts.roc(found)
    show_chart(chart, alt_text="ROC curve of the monitor.", key="roc")
    _threshold(found.threshold)
    shows(
        "Whether the highest score of a conversation tells the labelled ones from the others, at every threshold.",
        "What made them different: conversations with the label may differ in topic and words too. A longer text has a "
        "higher peak by chance alone, so the length is scored beside it.",
    )
    table = charts.labelled_table(found)
    labels = {
        "conversation": "Conversation",
        "label": "Label",
        "highest_score": st.column_config.NumberColumn("Highest score (SD)", format="%.2f"),
        "fires": "Fires",
        "first_alarm": "First alarm at token",
        "tokens": "Tokens",
    }
    st.dataframe(table, hide_index=True, column_config=labels)
    downloads("monitor-roc", chart=chart, table=table, key="roc", parquet=True)


# What a monitor watches: the emotion, the false alarm rate, and a text, a conversation or a labelled set.

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
    uploaded = upload_field(
        "Labelled conversations (JSON or JSONL)",
        type=["json", "jsonl", "ndjson"],
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
