"""What else a direction lights up for, on built-in and on own contrasts, and how many rows it needs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from emotion_core.charts.checkup import (
    along_sentence,
    confound_chart,
    confound_table,
    cosine_table,
    size_auroc_chart,
    size_chart,
    size_table,
)
from emotion_core.evaluation.confounds import ConfoundScore
from emotion_core.evaluation.heldout import rejudged
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.experiments.evaluation import CONFOUNDS, SIZES, OnOwnTexts, OnSets
from emotion_core.prompts.builtin import built_in_confounds, builtin_names, load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from ui.errors import shown_errors
from ui.experiments import part_result, run_result, start_run
from ui.figure import downloads, scored_verdict, show_chart, shows
from ui.linked import keep_in_link, part_run
from ui.plain import plain
from ui.prompt_upload import prompt_uploader, uploaded_sets
from ui.run_panel import may_start, run_panel
from ui.working import Working

# How many rows are enough: the curve over the number of training rows, at a click.


def sizes(working: Working) -> None:
    """Offers the curve of the chosen set, then shows it."""
    vectors = working.vectors
    if vectors is None or not vectors.prompt_sets:
        return
    st.header("How many texts are enough?", anchor="how-many")
    found = part_result(working, SIZES, OnOwnTexts(), _offer_sizes)
    if found is None:
        return
    points = found.points
    unit = "pairs" if any(one.form == "pairs" for one in vectors.prompt_sets) else "texts of each emotion"
    charts = (("cosine", size_chart), ("auroc", size_auroc_chart))
    for column, (name, make) in zip(st.columns(2, gap="medium"), charts, strict=True):
        with column:
            chart = make(points, unit)
            show_chart(chart, key=f"sizes-{name}")
            downloads(f"sample-size-{name}", chart=chart, table=size_table(points), key=f"sizes-{name}")
    shows(
        "How near two directions from as many texts each come to each other, beside those of shuffled labels, and "
        "how well they separate.",
        "That more texts of the same kind are better texts: a set with a blind spot keeps it at any size.",
    )


def _offer_sizes() -> str:
    st.caption("Vectors from two random parts of the training texts, with no text in common, against each other.")
    return "Follow it over the number of texts, a few seconds"


# Contrasts of the visitor's own that a direction must not light up for: the same files as for building.

_OWN = "own confound sets"


def uploaded_confounds() -> dict[str, PromptSet]:
    """The files of this session, by name."""
    return uploaded_sets(_OWN)


def own_confounds() -> tuple[PromptSet, ...]:
    """A fold with an uploader and the built-in sets; returns what is chosen."""
    with st.expander("Test a contrast of your own", icon=":material/upload_file:"):
        st.caption(
            "Pairs that differ in something that is not the emotion, in the same formats as under Build vectors: "
            "`positive` and `negative`, or `emotion` and `text`. All rows are tested."
        )
        own = prompt_uploader(
            _OWN, key="confound_files", help_text="One file a contrast; its name is the name of the contrast."
        )
        names = [*own, *(n for n in builtin_names(present_only=True) if not n.startswith("confound-") and n not in own)]
        chosen = st.multiselect(
            "Contrasts tested besides the built-in ones",
            [one for one in names if one != "neutral"],
            default=list(own),
            key=f"own_confounds_{len(own)}",
            help="Uploaded files of this session, and other built-in prompt sets.",
        )
    found = []
    for name in chosen:
        with shown_errors():
            found.append(own[name] if name in own else load_prompts(name))
    return tuple(found)


def checkup(working: Working, scores: HeldOutScores | None) -> None:
    """Shows the confounds: those of the verdict at once, further ones when a file is chosen.

    Args:
        working: What is looked at.
        scores: Its held-out scores, which hold the built-in confounds; None where there are none.
    """
    if working.vectors is None or working.emotion is None:
        return
    st.header("Could it be something else?", anchor="something-else")
    found = tuple(scores.confounds) if scores is not None else ()
    if not found and built_in_confounds():
        found = _scored(working, built_in_confounds(), "built-in")
    own = _own(working)
    if own:
        found += own
        if scores is not None and working.emotion in scores.emotions:
            again = rejudged(scores, working.emotion, found)
            told = f"With these contrasts counted too: {again.reason}"
            scored_verdict(again, told, key="with-own")
    if any(one.emotion == working.emotion for one in found):
        _result(found, working.emotion)


def _own(working: Working) -> tuple[ConfoundScore, ...]:
    """Scores on the contrasts of the visitor, or on those behind the link."""
    sets = own_confounds()
    linked = f"own contrasts of {working.run_id}"
    if not sets and st.session_state.pop(f"{linked} chosen", False):
        st.session_state.pop(linked, None)
    part_run(linked, CONFOUNDS.kind, working.vectors)
    if not sets:
        return _of_link(linked)
    found = _scored(working, sets, "own", linked)
    st.session_state[f"{linked} chosen"] = True
    keep_in_link("contrasts", st.session_state.get(linked))
    return found


def _of_link(linked: str) -> tuple[ConfoundScore, ...]:
    if linked not in st.session_state:
        return ()
    run = run_panel(st.session_state[linked], key="confounds-linked", started=linked)
    if run is None:
        return ()
    with shown_errors():
        return run_result(run.id, CONFOUNDS).scores
    return ()


def _scored(working: Working, sets: Sequence[PromptSet], key: str, linked: str = "") -> tuple[ConfoundScore, ...]:
    """Scores on sets, found again or computed in a run of their own.

    Args:
        working: What is looked at.
        sets: The contrasts.
        key: Unique on the page.
        linked: Key of the session under which the run is remembered for the link.
    """
    started = f"confounds of {working.run_id} on {[one.sha256 for one in sets]}"
    with shown_errors():
        if started not in st.session_state and working.vectors is not None:
            started_run = start_run(working, CONFOUNDS, OnSets(tuple(sets)))
            st.session_state[started] = started_run
        if linked:
            st.session_state[linked] = st.session_state[started]
        run = run_panel(st.session_state[started], key=f"confounds-{key}", started=started)
        if run is not None:
            return run_result(run.id, CONFOUNDS).scores
        if may_start(started) and st.button("Test them again", key=f"again-{key}"):
            del st.session_state[started]
            st.rerun()
    return ()


def _result(found: tuple[ConfoundScore, ...], emotion: str) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        chart = confound_chart(found, emotion)
        show_chart(chart, key="confounds")
        own = [one for one in found if one.emotion == emotion]
        downloads(f"confounds-{emotion}", chart=chart, table=confound_table(own), key="confounds")
    with right:
        _cosines(found, emotion)
    shows(
        "Pairs that differ in one thing that often comes along with the emotion. A direction that sees such a "
        "contrast, or lies along its vector, is at least partly about that.",
        "That a direction which sees none of these is the emotion itself: only these contrasts were tested.",
    )


def _cosines(found: tuple[ConfoundScore, ...], emotion: str) -> None:
    table = cosine_table(found, emotion)
    st.markdown(f"**{plain(along_sentence(table))}**")
    number = st.column_config.NumberColumn
    st.dataframe(
        table[["contrast", "cosine", "cosine_chance", "auroc", "pairs"]],
        hide_index=True,
        key="cosines",
        column_config={
            "contrast": "Contrast",
            "cosine": number("Cosine", format="%.2f", help="To the difference in means of the set, at the same layer."),
            "cosine_chance": number("Chance", format="%.2f", help="95 % of shuffled sides stay within it, up or down."),
            "auroc": number("AUROC", format="%.2f"),
            "pairs": number("Pairs"),
        },
    )
