"""How much hangs on the method: estimators, neutral projection and reading positions in one table, at a click."""

from __future__ import annotations

from functools import partial

import streamlit as st

from emotion_core.base.activations import ModelInfo
from emotion_core.charts.separation import variant_chart, variant_table
from emotion_core.evaluation.variants import Variant
from emotion_core.experiments.evaluation import VARIANTS, OnOwnTexts
from emotion_core.runs.limits import about, build_seconds
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.experiments import part_result
from ui.figure import downloads, show_chart, shows
from ui.working import Working


def method_table(working: Working) -> None:
    """Offers the comparison of the chosen set, then shows it."""
    vectors, emotion = working.vectors, working.emotion
    if vectors is None or emotion is None:
        return
    st.header("Does another method find the same?", anchor="methods")
    if not vectors.prompt_sets:
        st.caption("These vectors were uploaded without the texts they were built from, so nothing can be built again.")
        return
    found = part_result(working, VARIANTS, OnOwnTexts(), partial(_offer, working.info, vectors))
    if found is not None:
        _result(found.rows, emotion)


def _offer(info: ModelInfo, vectors: EmotionVectors) -> str:
    texts = sum(len(one.texts) for one in vectors.prompt_sets) + 200
    st.caption(
        "The same texts once more: difference in means, first principal component or logistic regression, with or "
        "without what neutral text varies along, read over all tokens but the first, or at the last one."
    )
    return f"Compare methods, {about(3 * build_seconds(info, texts, neutral=False) + 0.05 * texts)}"


def _result(rows: tuple[Variant, ...], emotion: str) -> None:
    table = variant_table(rows, emotion)
    chart = variant_chart(rows, emotion)
    show_chart(chart, key="methods-chart")
    number = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        key="methods-table",
        column_config={
            "shown": st.column_config.CheckboxColumn("This page", help="How the vectors of this page were made."),
            "estimator": "Estimator",
            "neutral": "Neutral text",
            "reading": "Read at",
            "layer": number("Layer", help="Chosen on the training texts, for each way by itself."),
            "cohens_d": number("Cohen's d", format="%.2f"),
            "d_low": number("d from", format="%.2f", help="95 % interval"),
            "d_high": number("d to", format="%.2f", help="95 % interval"),
            "auroc": number("AUROC", format="%.2f"),
            "auroc_low": number("AUROC from", format="%.2f", help="95 % interval"),
            "auroc_high": number("AUROC to", format="%.2f", help="95 % interval"),
            "cosine": number("Cosine", format="%.2f", help="To the vector of this page, at its layer."),
            "split_half": number(
                "Halves", format="%.2f", help="Cosine of two vectors from halves of the texts. Noise is near 0."
            ),
        },
    )
    shows(
        "The same held-out texts scored along vectors made in other ways, and how near those lie to the one shown.",
        "Which way to choose: picking the best of these on held-out texts would make their score too good.",
    )
    downloads(f"methods-{emotion}", chart=chart, table=table, key="methods")
