"""The held-out tab: verdict, separation at every layer, the texts at one layer, and simpler rivals."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.numbers import counted
from emotion_core.charts.separation import (
    overview_table,
    point_table,
    points_at_layer,
    rivals_chart,
    rivals_table,
    separation_by_layer,
    separation_table,
)
from emotion_core.evaluation.scores import HeldOutScores, power_of, score_sentence, together_sentence
from emotion_core.evaluation.verdict import rule_lines
from emotion_core.experiments.evaluation import HELDOUT, OnSets
from emotion_core.runs.builds import KIND as BUILD
from ui.build.prompts import choose_prompts
from ui.build.result import token_audit
from ui.errors import shown_errors
from ui.experiments import run_result, start_run
from ui.explore.checkup import checkup, sizes
from ui.explore.method_table import method_table
from ui.explore.orthogonal import orthogonal
from ui.explore.transfer import transfer_section
from ui.figure import downloads, emotion_verdict, new_click, picked, show_chart, shows
from ui.linked import first_choice, keep_in_link, part_run
from ui.page import contents
from ui.plain import plain
from ui.run_panel import run_panel
from ui.services import store
from ui.share import share_view
from ui.vector_sets import build_of
from ui.working import Working, choose_emotion

# The held-out scores that the tab shows: those of the build, or of uploaded vectors on texts chosen here.


def scores_of(working: Working) -> HeldOutScores | None:
    """Scores of the set on its own held-out texts, or, for imported vectors, on texts chosen here."""
    if working.run_id is None or working.vectors is None:
        return None
    with shown_errors():
        if store().get(working.run_id).kind != BUILD:
            return _scores_on_a_set(working)
        build = build_of(working.run_id)
        if build.scores is None:
            st.info(f"These vectors are not tested. {plain(build.reason)}", icon=":material/science_off:")
        return build.scores
    return None


def _scores_on_a_set(working: Working) -> HeldOutScores | None:
    started = f"scores of {working.run_id}"
    part_run(started, HELDOUT.kind, working.vectors)
    sets = working.vectors.prompt_sets if working.vectors is not None else ()
    on = "the held-out texts they came with" if sets else "a set that you choose: they came without their texts"
    st.caption(f"These vectors were uploaded. They are scored on {on}.")
    if not sets:
        sets = choose_prompts()
    if sets and working.vectors is not None and st.button("Score these vectors", type="primary", key="score"):
        with shown_errors():
            run_id = start_run(working, HELDOUT, OnSets(tuple(sets)))
            st.session_state[started] = run_id
    if started not in st.session_state:
        return None
    run = run_panel(st.session_state[started], key="scores", started=started)
    if run is None:
        return None
    with shown_errors():
        return run_result(run.id, HELDOUT)
    return None


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
    known = working.vectors is not None and bool(working.vectors.prompt_sets)
    contents(
        another_author="another set of texts",
        same_source="every layer and text" + " of the same source" * known,
        something_else="confounds",
        without="what is left without them",
        methods="other methods",
        **{"how_many": "how many texts"} if known else {},
    )
    transfer_section(working)
    title = "Texts of the same source that were held out" if known else "Every layer, and the texts at one of them"
    st.header(title, anchor="same-source")
    _separation(scores, emotion, key)
    missing = scores.interval_reason[scores.emotions.index(emotion)]
    if missing:
        st.caption(f"Cohen's d has {plain(missing)}.")
    if scores.left_out:
        st.caption(f"Left out: {counted(len(scores.left_out), 'held-out text')} that the vectors were built from.")
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
        show_chart(rivals, key=f"rivals-{key}")
        downloads(f"rivals-{emotion}", chart=rivals, table=rivals_table(scores, emotion), key=f"rivals-{key}")
    rivals_too = ""
    if scores.n_train[scores.emotions.index(emotion)] is not None:
        rivals_too = (
            "what words, parts of words, text length or the input embeddings alone can do on the same texts, and "
        )
    shows(
        "Where each held-out text lies on the direction: a clean split means the direction tells the sides apart. "
        f"Beside it, {rivals_too}how well the same direction separates pairs that differ in something else.",
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
    known = scores.n_train[scores.emotions.index(emotion)] is not None
    shows(
        "How far held-out texts with the emotion project from those without it. Above the grey band the direction does "
        f"better than {scores.null_words}. Click a point to see its texts.",
        "That a layer with a higher point is the better one: "
        + ("the ring was chosen without looking at these texts." if known else "the ring was set at the import."),
    )
    said = scores.verdicts[scores.emotions.index(emotion)]
    notes = (f"{said.word}: {said.reason}",)
    downloads(f"separation-{emotion}", chart=chart, table=separation_table(scores), key=key, notes=notes)


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
            help=f"Layer {chosen} was {scores.chosen_words(emotion)}.",
        )
    )
    keep_in_link("layer", layer, chosen)
    return layer
