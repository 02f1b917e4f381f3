"""The first thing on Home: what a model that others trained carries over from one author's texts to another's."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts.transfer import transfer_chart, transfer_table
from emotion_core.evaluation.transfer import author_note, transfer_sentence
from emotion_core.experiments.ship import shipped_transfer
from emotion_core.runs.recipes import origin
from ui.figure import downloads, scored_verdict, show_chart, shows
from ui.page import PAGES
from ui.plain import plain


def headline() -> None:
    """The shipped transfer of smollm2; nothing where this version has none."""
    result = shipped_transfer()
    if result is None:
        return
    score = result.scores[0]
    st.header("Does a real language model carry fear from stories to situations?", anchor=False)
    scored_verdict(score.verdict, f"{transfer_sentence(result)} {score.verdict.reason}", key="headline")
    st.caption(plain(" ".join(part for part in (_MODEL, author_note(result)) if part)))
    chart = transfer_chart(result, score, height=380)
    show_chart(chart, key="headline-chart", titled=False)
    shows(
        "A direction drawn from stories about frightened and about calm people, tried on fifty pairs of short "
        "situations that played no part in it. Word counts, character n-grams, length and input embeddings were "
        "trained on the same stories; the untrained twin is the same network with random weights.",
        "That the direction is fear alone, or what the model does with it: what follows asks both of a direction drawn "
        "from such situations themselves, and Explore emotions of any other.",
    )
    source = origin(result.model.name, result.model.fingerprint, [result.source])
    notes = (transfer_sentence(result), f"{score.verdict.word}: {score.verdict.reason}", source)
    downloads("smollm2-transfer", chart=chart, table=transfer_table(score), key="headline", notes=notes)
    st.page_link(PAGES["explore"].file, label="Test your own vectors on another set", icon=PAGES["explore"].icon)


_MODEL = (
    "SmolLM2-135M-Instruct, trained by others; 4-bit weights. Computed by "
    "python -m emotion_core.experiments.ship smollm2 and kept with the repository."
)
