"""A template that was read at many numbers."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts import reading as charts
from emotion_core.charts.reading import dose_values
from emotion_core.reading.dose import DoseReading
from ui.figure import Mark, downloads, show_chart, shows, verdict
from ui.plain import plain

_COLUMNS = (
    (
        "spearman",
        "Spearman",
        "%.2f",
        "Rank correlation with the number. Nothing is judged by it: with few values it is "
        "often 1 for directions without a meaning.",
    ),
    ("change", "Change (SD)", "%+.2f", "Fitted change of the reading from the smallest number to the largest."),
    ("p", "p", "%.4f", "Share of control directions that change as much on the same texts, of the hardest kind."),
    ("q", "q", "%.4f", "p corrected for the expected emotions, or for all where it is not expected to change."),
    ("range", "Range (SD)", "%.2f", "Largest minus smallest reading, in SD of neutral texts."),
)


def dose_result(found: DoseReading, emotion: str) -> None:
    """Expected rises and falls, the curves, and a table of all emotions."""
    table = charts.dose_table(found)
    outcomes = [found.outcome(name) for name in found.expected]
    if outcomes:
        met = outcomes.count("met")
        mark: Mark = "evidence" if met == len(outcomes) else "explained" if met else "no evidence"
        verdict(
            mark,
            f"{charts.dose_sentence(found)}. {found.chance_sentence}",
            word=f"{met} of {len(outcomes)} met",
            key="dose",
        )
    _words(found)
    named = list(found.expected)
    most = [name for name in table.sort_values("q")["emotion"] if name not in named]
    shown = (named or [emotion, *[name for name in most if name != emotion]])[:6]
    logarithmic = min(found.x) > 0 and max(found.x) / min(found.x) > 20
    chart = charts.dose(found, shown, logarithmic=logarithmic)
    show_chart(
        chart,
        alt_text=f"Readings of {', '.join(shown)} against the number; the table has all.",
        key="dose-chart",
        titled=not outcomes,
    )
    shows(
        "Whether a reading goes up or down with the number by more than control directions do on the same texts: "
        "random ones, mixes of neutral texts, vectors from shuffled labels, and mixes of these emotions. The hardest "
        "kind counts; a range under 0.2 SD of neutral texts is not called evidence.",
        "That the model understands the quantity. Other digits change every direction, which the controls allow for; "
        "that the right emotion and no close relative of it moves is not shown.",
    )
    if not named:
        table = table.drop(columns=["expected", "outcome"])
    numbers = {
        name: st.column_config.NumberColumn(label, format=form, help=text) for name, label, form, text in _COLUMNS
    }
    labels = {
        "emotion": "Emotion",
        "against": "Hardest control",
        "evidence": "Evidence",
        "expected": "Expected",
        "outcome": "Outcome",
    }
    st.dataframe(table, hide_index=True, column_config={**labels, **numbers})
    notes = [f"{charts.dose_sentence(found)}. {found.chance_sentence}"] if outcomes else []
    downloads("dose", chart=chart, table=table, key="dose", parquet=True, notes=[*notes, f"Template: {found.template}"])
    st.caption("All readings, value by value:")
    downloads("dose-readings", table=lambda: dose_values(found), key="dose-values", parquet=True)


def _words(found: DoseReading) -> None:
    """Where vectors of other names stand for the template's words, and words that have none."""
    other = [
        f"{plain(name)} for {plain(', '.join(words))}" for name, words in found.stands_for.items() if words != (name,)
    ]
    parts = []
    if other:
        parts.append(f"The vector set has other words: read is {'; '.join(other)}.")
    if found.unmatched:
        parts.append(f"No vector stands for {plain(', '.join(found.unmatched))}: not looked at.")
    if parts:
        st.caption(" ".join(parts))
