"""The held-out tab: verdict, separation at every layer, the texts at one layer, and simpler rivals."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts.separation import (
    overview_table,
    point_table,
    points_at_layer,
    rivals_chart,
    rivals_table,
    separation_by_layer,
    separation_table,
)
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.evaluation.verdict import rule_lines
from emotion_core.evaluation.words import power_of, score_sentence, together_sentence
from ui.build.token_audit import token_audit
from ui.charts import new_click, picked, show_chart
from ui.downloads import downloads
from ui.explore.checkup import checkup
from ui.explore.method_table import method_table
from ui.explore.orthogonal import orthogonal
from ui.explore.scores import scores_of
from ui.explore.sizes import sizes
from ui.explore.transfer import transfer_section
from ui.linked import first_choice, keep_in_link
from ui.page import contents
from ui.plain import plain
from ui.share import share_view
from ui.verdict import emotion_verdict, shows
from ui.working import Working, choose_emotion


def heldout_tab(working: Working) -> None:
    """Shows the held-out scores of the chosen set, its own or those on another prompt set."""
    scores = scores_of(working)
    if scores is None:
        transfer_section(working)
        _further(working, None)
        share_view("heldout")
        return
    emotion = str(working.emotion)
    if len(scores.emotions) > 1:
        _overview(scores, emotion)
    if emotion not in scores.emotions:
        st.info(
            f"This set has no held-out texts for {plain(emotion)}. Scored: {plain(', '.join(scores.emotions))}.",
            icon=":material/info:",
        )
        transfer_section(working)
        return
    key = f"heldout-{working.run_id or ''}"[:24]
    emotion_verdict(scores, emotion, key=key)
    with st.expander("The rule behind the verdict", icon=":material/gavel:"):
        st.markdown("\n".join(f"- {plain(line)}" for line in rule_lines()))
    contents(
        another_author="another author's texts",
        same_source="every layer and text of the same source",
        something_else="confounds",
        without="what is left without them",
        methods="other methods",
        how_many="how many texts",
    )
    transfer_section(working)
    st.subheader("Texts of the same source that were held out", anchor="same-source")
    _separation(scores, emotion, key)
    missing = scores.interval_reason[scores.emotions.index(emotion)]
    if missing:
        st.caption(f"Cohen's d has {plain(missing)}.")
    if power_of(scores, emotion):
        st.caption(power_of(scores, emotion))
    layer = _layer(scores, emotion)
    _points_and_rivals(scores, emotion, layer, key)
    with st.expander("The texts as a table", icon=":material/table_rows:"):
        table = point_table(scores, emotion, layer).sort_values("projection", ascending=False)
        st.dataframe(table, hide_index=True)
    _further(working, scores)
    share_view("heldout")


def _further(working: Working, scores: HeldOutScores | None) -> None:
    """What goes beyond the first minute: confounds, other methods, fewer texts."""
    checkup(working, scores)
    orthogonal(working, scores)
    method_table(working)
    sizes(working)
    vectors = working.vectors
    if vectors is not None:
        with st.expander("Which tokens were read", icon=":material/format_ink_highlighter:"):
            token_audit(working.owner, vectors.prompt_sets, vectors.reading, key="explore")


def _points_and_rivals(scores: HeldOutScores, emotion: str, layer: int, key: str) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        points = points_at_layer(scores, emotion, layer)
        show_chart(
            points,
            alt_text=f"Held-out texts on the {emotion} direction at layer {layer}; the table below has the same.",
            key=f"points-{key}",
        )
        table = point_table(scores, emotion, layer)
        downloads(f"heldout-{emotion}-layer{layer}", chart=points, table=table, key=f"points-{key}")
    with right:
        rivals = rivals_chart(scores, emotion)
        show_chart(rivals, alt_text=str(rivals.description), key=f"rivals-{key}")
        downloads(f"rivals-{emotion}", chart=rivals, table=rivals_table(scores, emotion), key=f"rivals-{key}")
    shows(
        "Where each held-out text lies on the direction: a clean split means the direction tells the sides apart. "
        "Beside it, what words, parts of words, text length or the input embeddings alone can do on the same texts, "
        "and how well the same direction separates pairs that differ in something else.",
        "That the longer bar is the better one: the interval of the lead, in the tooltip and the table, says whether "
        "these texts can tell them apart.",
    )


def _overview(scores: HeldOutScores, emotion: str) -> None:
    """All emotions in a table; a click on a row chooses its emotion everywhere."""
    table = overview_table(scores)
    counted = ", ".join(f"{word} for {n}" for word, n in table["verdict"].value_counts().items())
    st.markdown(f"**{len(table)} emotions on held-out texts: {counted}**")
    if together_sentence(scores):
        st.caption(together_sentence(scores))
    number = st.column_config.NumberColumn
    event = st.dataframe(
        table,
        hide_index=True,
        height=min(320, 38 + 35 * len(table)),
        key="overview",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "cohens_d": number("Cohen's d", format="%.2f", help="Distance of the sides in pooled standard deviations."),
            "auroc": number("AUROC", format="%.2f", help="Chance that a text with the emotion projects further."),
            "chance": number("Chance", format="%.2f", help=f"95 % of {scores.all_null_words} stay at or below this."),
            "bag_of_words": number("Bag of words", format="%.2f", help="What word counts alone reach."),
            "p": number("p", format="%.3f", help="The largest of all nulls, corrected for the number of emotions."),
            "n_heldout": number("Texts", help="Held-out texts with the emotion, or pairs."),
        },
    )
    st.caption("Select a row to see its emotion below and on every page.")
    rows = event.selection.rows
    clicked = new_click(str(table["emotion"][rows[0]]) if rows else None, "overview")
    if clicked is not None and clicked != emotion:
        choose_emotion(clicked)
        st.rerun()


def _separation(scores: HeldOutScores, emotion: str, key: str) -> None:
    chart = separation_by_layer(scores, emotion)
    selection = show_chart(chart, alt_text=score_sentence(scores, emotion), key=f"separation-{key}", select="layer")
    clicked = new_click(picked(selection, "layer"), "separation")
    if clicked is not None:
        st.session_state["explored layer"] = int(float(clicked))
    shows(
        "How far held-out texts with the emotion project from those without it. Above the grey band the direction does "
        f"better than {scores.null_words}. Click a point to see its texts.",
        "That a layer with a higher point is the better one: the ring was chosen without looking at these texts.",
    )
    downloads(f"separation-{emotion}", chart=chart, table=separation_table(scores), key=key)


def _layer(scores: HeldOutScores, emotion: str) -> int:
    chosen = scores.selected_layers[scores.emotions.index(emotion)]
    first_choice("layer", range(scores.n_layers), "layer_shown")
    wanted = st.session_state.pop("explored layer", None)
    if wanted is not None:
        st.session_state["layer_shown"] = wanted
    elif st.session_state.get("layer_shown", -1) >= scores.n_layers or "layer_shown" not in st.session_state:
        st.session_state["layer_shown"] = chosen
    layer = int(
        st.select_slider(
            "Layer",
            list(range(scores.n_layers)),
            key="layer_shown",
            persist_state="session",
            help=f"Layer {chosen} was chosen on the training texts.",
        )
    )
    keep_in_link("layer", layer, chosen)
    return layer
