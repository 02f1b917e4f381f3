"""Transfer between sources: vectors of one set scored on another, beside rivals from the same training texts."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts.transfer import emotion_table, rival_table, text_table, transfer_chart, transfer_table
from emotion_core.evaluation.transfer import (
    CALM,
    FEAR,
    Contrast,
    Transfer,
    author_note,
    plan_transfer,
    rule_lines,
    transfer_sentence,
)
from emotion_core.experiments.evaluation import TRANSFER, ToAnotherSource
from emotion_core.prompts.builtin import builtin_names, load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs.limits import about, transfer_seconds
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import shown_errors
from ui.experiments import run_result, start_run
from ui.figure import download, downloads, json_download, scored_verdict, show_chart, shows
from ui.linked import part_run
from ui.plain import plain
from ui.prompt_upload import prompt_uploader
from ui.run_panel import may_start, run_panel
from ui.working import Working

TARGETS = ("fear-calm", "emotions-12", "emotions-171", "stories-171")
_OWN = "own transfer sets"
_SIDES, _NAMES = "Two sides", "By name"


def transfer_section(working: Working) -> None:
    """Offers the test of the chosen set on another one, then shows it."""
    vectors = working.vectors
    if vectors is None:
        return
    st.header("Does it carry over to another set of texts?", anchor="another-author")
    if not vectors.prompt_sets:
        st.caption("These vectors were uploaded without the texts they were built from, so no rival can be trained.")
        return
    started = f"transfer of {working.run_id}"
    part_run(started, TRANSFER.kind, vectors)
    run = run_panel(st.session_state[started], key="transfer", started=started) if started in st.session_state else None
    if run is None and not may_start(started):
        return
    if run is None:
        st.caption(
            "Texts of one author and style tell emotions apart by their words. The test that counts is another "
            "source: all rows of another set, with every simpler rival trained on the same texts as the direction."
        )
        _form(working, vectors, started)
        return
    with shown_errors():
        transfer_result(run_result(run.id, TRANSFER), working.emotion)
    with st.expander("Try another set or other sides", icon=":material/swap_horiz:"):
        _form(working, vectors, started)


def _form(working: Working, vectors: EmotionVectors, started: str) -> None:
    target = _target(vectors)
    if target is None:
        return
    ready, contrast = _mapping(working, vectors, target)
    if not ready:
        return
    untrained = st.checkbox(
        "Let the untrained model read the texts too",
        key="transfer_twin",
        help="The same model with random weights, as one more rival: what it reaches needs no training. "
        "It takes as much memory as the model and reads all texts anew.",
    )
    texts = len(target.texts), sum(len(one.part("train")) for one in vectors.prompt_sets)
    n_directions = 1 if contrast is not None else sum(emotion in vectors.emotions for emotion in target.emotions)
    seconds = transfer_seconds(working.info, *texts, n_directions, untrained=untrained)
    if st.button(f"Score on {plain(target.name)}, {about(seconds)}", type="primary", key="start-transfer"):
        with shown_errors():
            st.session_state[started] = start_run(
                working, TRANSFER, ToAnotherSource(target, contrast, untrained), vectors=vectors
            )
            st.rerun()


def _target(vectors: EmotionVectors) -> PromptSet | None:
    """The chosen set: a built-in one that the vectors were not built from, or a file."""
    built_from = {name for one in vectors.prompt_sets for name in one.name.split("+")}
    known = builtin_names(present_only=True)
    with st.expander("Bring texts of another author", icon=":material/upload_file:"):
        own = prompt_uploader(
            _OWN, key="transfer_files", help_text="Contrast pairs or labelled texts, in the formats of Build vectors."
        )
    names = [*own, *(name for name in TARGETS if name in known and name not in built_from and name not in own)]
    name = st.selectbox(
        "Score on", names, key=f"transfer_target_{len(own)}", help="All its rows count, held out or not."
    )
    if name is None:
        return None
    with shown_errors():
        return own[name] if name in own else load_prompts(name)
    return None


def _mapping(working: Working, vectors: EmotionVectors, target: PromptSet) -> tuple[bool, Contrast | None]:
    """Whether there is something to score, and the sides; None maps emotions by their name."""
    shared = [emotion for emotion in target.emotions if emotion in vectors.emotions]
    usual = [[e for e in words if e in vectors.emotions] for words in (FEAR, CALM)]
    fearful = target.form == "pairs" and target.emotions == ("fear",) and all(usual)
    ways = [way for way, there in ((_NAMES, bool(shared)), (_SIDES, len(vectors.emotions) > 1)) if there]
    if not ways:
        st.info(
            "No emotion of these vectors has a name in this set, and a single emotion has no other side to be "
            "grouped with. Choose another set.",
            icon=":material/info:",
        )
        return False, None
    key = f"{working.set_id}-{target.sha256[:8]}"
    way = st.segmented_control(
        "Which emotions stand for which",
        ways,
        default=_SIDES if fearful or not shared else _NAMES,
        required=True,
        key=f"transfer-way-{key}",
        help="By name: each emotion against all other texts. Two sides: one direction from all texts of some emotions "
        "against all texts of others.",
    )
    if way == _NAMES:
        st.caption(f"By name: {plain(', '.join(shared[:12]))}{', …' if len(shared) > 12 else ''}.")
        return _can_be_scored(vectors, target, None), None
    options = list(dict.fromkeys((*vectors.emotions, *(target.emotions if target.form == "labelled" else ()))))
    columns = st.columns(2)
    chosen = []
    for column, label, default in zip(columns, ("Positive side", "Negative side"), usual, strict=True):
        with column:
            picked = st.multiselect(
                label,
                options,
                default=default if fearful else [],
                key=f"{label}-{key}",
                help="All texts of these emotions stand together as one side.",
            )
            chosen.append(tuple(picked))
    if not all(chosen):
        st.caption("Choose emotions for both sides.")
        return False, None
    contrast = Contrast(*chosen)
    return _can_be_scored(vectors, target, contrast), contrast


def _can_be_scored(vectors: EmotionVectors, target: PromptSet, contrast: Contrast | None) -> bool:
    """Whether the set has something to score; what it lacks is said."""
    with shown_errors():
        plan_transfer(vectors, target, contrast)
        return True
    return False


def transfer_result(result: Transfer, emotion: str | None) -> None:
    """Shows a finished transfer: verdict, chart, rivals, what it shows and does not, downloads.

    Args:
        result: The transfer.
        emotion: Whose curve is drawn where there are several.
    """
    score = next((one for one in result.scores if one.emotion == emotion), result.scores[0])
    sentence = transfer_sentence(result)
    if len(result.scores) == 1:
        scored_verdict(score.verdict, f"{sentence} {score.verdict.reason}", key="transfer")
    else:
        st.markdown(f"**{plain(sentence)}**")
        _emotions(result)
        scored_verdict(score.verdict, f"{score.emotion}: {score.verdict.reason}", key="transfer")
    note = author_note(result)
    if note:
        st.caption(plain(note))
    chart = transfer_chart(result, score)
    show_chart(chart, key="transfer-chart")
    _rivals(result, score.emotion)
    shows(
        "How well texts of the other set are told apart along a direction that was made without them, and what words, "
        "character n-grams, length or input embeddings reach from the same training texts.",
        "That nothing but this emotion carries over: a direction from pleasant to unpleasant would order many of the "
        "same texts. Nor what the model uses it for: that is what steering tests.",
    )
    with st.expander("The rule behind this verdict", icon=":material/gavel:"):
        st.markdown("\n".join(f"- {plain(line)}" for line in rule_lines()))
    name = f"transfer-{result.source}-{result.target}"
    notes = (sentence, f"{score.emotion}: {score.verdict.word}, {score.verdict.reason}")
    downloads(name, chart=chart, table=transfer_table(score), key="transfer", notes=notes)
    with st.container(horizontal=True, key="downloads-transfer-more"):
        texts = text_table(result, score).to_csv(index=False)
        download("Texts as CSV", texts, f"{name}-texts.csv", "text/csv", key="transfer-texts")
        json_download("JSON", result.to_json, f"{name}.json", key="transfer-json")


def _emotions(result: Transfer) -> None:
    number = st.column_config.NumberColumn
    table = emotion_table(result)
    st.dataframe(
        table,
        hide_index=True,
        height=min(320, 38 + 35 * len(table)),
        key="transfer-emotions",
        column_config={
            "auroc": number("AUROC", format="%.2f", help="Its texts against all other texts of the set."),
            "low": number("from", format="%.2f", help="95 % interval"),
            "high": number("to", format="%.2f", help="95 % interval"),
            "best_rival": number("Best rival", format="%.2f", help="Highest AUROC of a rival on the same texts."),
            "p": number("p", format="%.3f", help="The larger of both permutation tests, corrected for all emotions."),
            "texts": number("Texts"),
        },
    )


def _rivals(result: Transfer, emotion: str) -> None:
    score = next(one for one in result.scores if one.emotion == emotion)
    table = rival_table(score)
    if result.form == "labelled":
        table = table.drop(columns="paired")
    number = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        key="transfer-rivals",
        column_config={
            "name": "From the same training texts",
            "auroc": number("AUROC", format="%.2f"),
            "paired": number("Pairs in order", format="percent", help="Share of contrast pairs, ties half."),
            "gap": number("Lead", format="%.2f", help="AUROC of the direction minus that of the rival."),
            "gap_low": number("from", format="%.2f", help="95 % interval of the lead"),
            "gap_high": number("to", format="%.2f", help="95 % interval of the lead"),
        },
    )
