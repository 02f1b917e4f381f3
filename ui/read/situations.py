"""Implied emotions by rank."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts.reading import situation_table
from emotion_core.reading.situations import SituationReading
from emotion_core.stats.intervals import p_words
from ui.figure import downloads, shows, verdict


def situations_result(found: SituationReading) -> None:
    """How often the implied emotion reads highest, and each situation."""
    chance = (len(found.emotions) + 1) / 2
    beyond = found.p_value < 0.05
    # No evidence that it is more than words, which are not held against it here.
    verdict(
        "cannot be told" if beyond else "no evidence",
        f"The implied emotion reads highest in {found.top1:.0%} of {len(found.texts)} situations and among the "
        f"first three in {found.top3:.0%}; mean rank {found.mean_rank:.1f} of {len(found.emotions)} (chance about "
        f"{chance:.1f}; with the names dealt out at random one in twenty lies below {found.null_low:.2f}; "
        f"{p_words(found.p_value)}).",
        word="more than chance" if beyond else "",
        key="situations",
    )
    table = situation_table(found)
    st.dataframe(
        table[["implied", "rank", "highest", "text"]],
        hide_index=True,
        column_config={
            "implied": "Implied",
            "rank": "Its rank",
            "highest": "Highest",
            "text": st.column_config.TextColumn("Situation", width="large"),
        },
    )
    shows(
        "Whether a message that names no emotion is read as the one that it implies.",
        "That it takes more than words: what the messages share with the texts of the vectors is not held against it "
        "(row 5 of Replicate does). "
        "Nor much about a single message: look at the mean rank and its range under chance.",
    )
    downloads("situations", table=table, key="situations", parquet=True)
    if found.left_out:
        st.caption(f"{found.left_out} situations are left out: the chosen vector set has no vector for their emotion.")
