"""System prompts compared: what differs, turn by turn, and whether it lasts."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts import reading as charts
from emotion_core.reading.dose import match_expected
from emotion_core.reading.priors import PriorsReading
from emotion_core.stats.intervals import p_words
from emotion_core.steering.finding import signed
from ui.charts import show_chart
from ui.downloads import downloads
from ui.plain import plain
from ui.verdict import shows, verdict


def priors_result(found: PriorsReading, emotion: str) -> None:
    """The difference of one emotion from the first system prompt."""
    for s in range(1, len(found.names)):
        late = found.lasting(s, emotion)
        verdict(
            "evidence" if late.lasts else "no evidence",
            f"{found.names[s]} against {found.names[0]}: {emotion} differs by {late.mean:+.2f} SD in the last third of "
            f"the turns (95 % {late.low:+.2f} to {late.high:+.2f} over conversations; random directions "
            f"{late.null_low:+.2f} to {late.null_high:+.2f}; {p_words(late.q_value, 'q')} against the hardest "
            "controls).",
            key=f"prior-{s}",
        )
    chart = charts.priors(found, emotion)
    show_chart(chart, alt_text="Differences by turn with intervals over conversations.", key="priors", titled=False)
    if found.left_out:
        turns = "turn is" if found.left_out == 1 else "turns are"
        st.caption(
            f"{found.left_out} {turns} left out: so far from the beginning the model does not see the system prompt "
            "any more."
        )
    shows(
        "The same words of user and assistant, read under another system prompt: what differs comes from the prompt. "
        "It lasts where the last third of the turns still differs over conversations, and by more than directions "
        "without a meaning do, corrected for all emotions.",
        "That the model would answer differently: the replies are given, not written by it.",
    )
    _expected(found)
    downloads("system-prompts", chart=chart, table=lambda: charts.priors_table(found), key="priors", parquet=True)
    st.caption("All readings, conversation by conversation:")
    downloads("system-prompt-turns", table=lambda: charts.turn_means(found), key="prior-turns", parquet=True)


def _expected(found: PriorsReading) -> None:
    """Emotions that the prompts should raise, where the set has vectors for them."""
    lines = []
    for s in range(1, len(found.names)):
        expected = match_expected(found.expected[s], (), found.emotions)
        parts = []
        for name, words in expected.stands_for.items():
            late = found.lasting(s, name)
            told = "met" if late.lasts and late.mean > 0 else "not met" if late.lasts else "no evidence"
            label = plain(name) if words == (name,) else f"{plain(name)} (for {plain(', '.join(words))})"
            parts.append(f"{label} {signed(late.mean)} SD, {told}")
        if expected.unmatched:
            parts.append(f"no vector for {plain(', '.join(expected.unmatched))}")
        if parts:
            lines.append(f"**{plain(found.names[s])}** should raise: " + "; ".join(parts) + ".")
    if lines:
        st.markdown("  \n".join(lines))
