"""The clusters in words, and every emotion in a table; a row chooses an emotion everywhere."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.errors import EmotionCoreError
from emotion_core.charts.emotion_map import Look, map_table
from emotion_core.geometry.claims import CLUSTERS
from emotion_core.geometry.emotion_map import cluster_table
from ui.charts import new_click
from ui.downloads import downloads
from ui.errors import show_error
from ui.map.data import Mapped, choose_on_map, claims_of
from ui.map.people import norms_in_use
from ui.verdict import marked, shows


def clusters_part(mapped: Mapped) -> None:
    """Verdict on the clusters, the clusters, the emotions."""
    found = mapped.found
    stable = mapped.checks.stability if mapped.checks is not None else None
    if found.rand.n >= 3:
        norms, norms_id = norms_in_use()
        try:
            claimed = claims_of(mapped, norms_id, norms)[2]
        except EmotionCoreError as error:  # ratings that know too few of these words
            show_error(error)
            claimed = ()
        for claim in claimed:
            if claim.what == CLUSTERS:
                sentence = f"{claim.sentence}. {found.n_clusters} clusters, silhouette {found.silhouette:.2f}."
                marked(claim.mark, sentence, key="clusters")
    mates = None if stable is None else stable.mates[mapped.layer]
    table = cluster_table(found, mates)
    table.insert(0, "here", ["▶" if mapped.emotion in words.split(", ") else "" for words in table["words"]])
    event = st.dataframe(
        table,
        hide_index=True,
        key="cluster-table",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "here": st.column_config.TextColumn("", width=30),
            "cluster": st.column_config.NumberColumn("Cluster", width=60),
            "n": st.column_config.NumberColumn("Size", width=50, help="Emotions in it."),
            "words": st.column_config.TextColumn("Emotions, the most typical first", width=290),
            "paper": st.column_config.TextColumn(
                "Most of them in the paper's", width=190, help="The cluster of the published ten that has most of them."
            ),
            "stability": st.column_config.NumberColumn(
                "Kept together",
                width=100,
                format="percent",
                help="Share of rebuilds in which two of them are grouped together.",
            ),
        },
    )
    _take(mapped, event.selection.rows, [words.split(", ")[0] for words in table["words"]], "cluster-table")
    if stable is not None:
        st.caption(f"Any two emotions are grouped together in {stable.mates_by_chance[mapped.layer]:.0%} of rebuilds.")
    shows(
        "Which emotions the model's directions put together. A row chooses its most typical emotion.",
        "That there are this many kinds of emotion: k-means finds as many groups as it is asked for.",
    )
    with st.expander("Every emotion as a table", icon=":material/table_rows:"):
        rows = map_table(found, Look(place=None if stable is None else stable.place[mapped.layer]))
        picked = st.dataframe(
            rows, hide_index=True, key="emotion-table", on_select="rerun", selection_mode="single-row"
        )
        _take(mapped, picked.selection.rows, list(rows["emotion"]), "emotion-table")
        downloads("emotions", table=rows, key="emotion-table")


def _take(mapped: Mapped, rows: list[int], emotions: list[str], key: str) -> None:
    clicked = new_click(emotions[rows[0]] if rows else None, key)
    if clicked is not None and clicked != mapped.emotion:
        choose_on_map(mapped, clicked)
        st.rerun()
