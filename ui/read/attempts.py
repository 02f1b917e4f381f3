"""A run of failing attempts: one trace, the cheat marked, and what encouragement changes."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts import reading as charts
from emotion_core.reading.attempts import AttemptsReading
from emotion_core.stats.intervals import p_words
from ui.charts import show_chart
from ui.downloads import downloads
from ui.plain import plain
from ui.read.strip import value_strip
from ui.verdict import shows, verdict


def attempts_result(found: AttemptsReading, emotion: str) -> None:
    """Drift over the attempts, the place of the cheat, and the second trace."""
    drifts, sentence = found.drift_of(emotion)
    verdict("evidence" if drifts else "no evidence", sentence, key="attempts-drift")
    change = found.encouraged(emotion)
    verdict(
        "evidence" if change.evidence else "no evidence",
        f"Encouragement changes {emotion} in the attempts after it by {change.mean:+.2f} SD (95 % {change.low:+.2f} to "
        f"{change.high:+.2f} over attempts; random directions {change.null_low:+.2f} to {change.null_high:+.2f}; "
        f"{p_words(change.q_value, 'q')} against the hardest controls).",
        key="attempts-kind",
    )
    chart = charts.attempts(found, emotion)
    show_chart(chart, alt_text=sentence, key="attempts", titled=False)
    cheat = found.cheat_reading(emotion)
    if cheat is not None:
        st.markdown(
            f"Where the option to cheat is taken (“{plain(found.cheat_words)}”) {plain(emotion)} reads {cheat[0]:+.2f} "
            f"SD; {cheat[1]:.0%} of the other stretches of this length read lower."
        )
    shows(
        "How far the words of the attempts lie along the direction, against neutral conversations at the same place. "
        "Both traces have the same words; the encouragement and the outcomes are read by the model and not drawn.",
        "What the model would do: the attempts are written, and one run is one story; the interval is over attempts.",
    )
    st.dataframe(
        charts.means_table(found, emotion),
        hide_index=True,
        column_config={
            "attempt": "Attempt",
            **{
                key: st.column_config.NumberColumn(label, format="%.2f")
                for key, label in (
                    ("plain", "Plain (SD)"),
                    ("encouraged", "Encouraged (SD)"),
                    ("difference", "Difference (SD)"),
                )
            },
        },
    )
    downloads(
        f"attempts-{emotion}", chart=chart, table=lambda: charts.attempts_table(found), key="attempts", parquet=True
    )
    start, end = found.cheat
    starts = {found.attempt.index(number) for number in set(found.attempt)} - {0}
    value_strip(
        found.tokens,
        [True] * len(found.tokens),
        found.values[0, :, found.emotions.index(emotion)],
        emotion,
        key="attempts",
        breaks=frozenset(starts),
        marked=frozenset(range(start, end)),
    )
    st.caption("Without encouragement, an attempt a line. Underlined: the option to cheat.")
