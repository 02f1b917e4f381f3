"""Orthogonalise against: takes directions out of the vectors, shows what is left, and keeps it as a set of its own."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts.separation import before_after_chart, before_after_table, change_sentence, kept_sentence
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.experiments.evaluation import ORTHOGONAL, Without
from emotion_core.prompts.builtin import CONFOUND_SETS, builtin_names, load_prompts
from emotion_core.runs.builds import KIND as BUILD
from ui.errors import shown_errors
from ui.experiments import start_run
from ui.explore.checkup import uploaded_confounds
from ui.figure import downloads, scored_verdict, show_chart, shows
from ui.linked import part_run
from ui.plain import plain
from ui.run_panel import run_panel
from ui.vector_sets import build_of, choose_next, put_on_shelf
from ui.working import Working


def orthogonal(working: Working, scores: HeldOutScores | None) -> None:
    """The choice of directions, and what is left without them."""
    vectors, emotion = working.vectors, working.emotion
    if vectors is None or emotion is None:
        return
    st.header("What is left without it?", anchor="without")
    st.caption(
        "Takes the directions of other things out of the vectors at every layer. What still separates the held-out "
        "texts is not these."
    )
    present, own = builtin_names(present_only=True), uploaded_confounds()
    sets = {**{name: load_prompts(name) for name in CONFOUND_SETS if name in present}, **own}
    others = [one for one in vectors.emotions if one != emotion]
    chosen = st.multiselect(
        "Directions to take out",
        [*sets, *others],
        key="against",
        placeholder="Choose contrasts or other emotions",
        help="A contrast's direction is the difference in means of all its texts; an emotion's is its own vector.",
    )
    started = f"without of {working.run_id}"
    part_run(started, BUILD, vectors, name="without")
    if st.button("Take them out", key="start-without", disabled=not chosen):
        with shown_errors():
            st.session_state[started] = start_run(
                working,
                ORTHOGONAL,
                Without(
                    tuple(one for one in chosen if one not in sets),
                    tuple(sets[one] for one in chosen if one in sets),
                    "+".join(one.name for one in vectors.prompt_sets) or "vectors",
                ),
            )
    if started not in st.session_state:
        return
    run = run_panel(st.session_state[started], key="without", started=started)
    if run is not None:
        with shown_errors():
            _result(run.id, working, scores)


def _result(run_id: str, working: Working, before: HeldOutScores | None) -> None:
    assert working.vectors is not None and working.emotion is not None
    build, emotion = build_of(run_id), working.emotion
    after = build.scores
    st.markdown(f"**{plain(build.vectors.origin[:1].upper() + build.vectors.origin[1:])}**")
    if emotion in build.vectors.emotions:
        st.markdown(plain(kept_sentence(working.vectors, build.vectors, emotion)) + ".")
    if before is not None and after is not None and emotion in after.emotions and emotion in before.emotions:
        found = after.verdicts[after.emotions.index(emotion)]
        scored_verdict(found, f"{change_sentence(before, after, emotion)}.", key="without")
        chart = before_after_chart(before, after, emotion)
        show_chart(chart, key="without-chart", titled=False)
        table = before_after_table(before, after, emotion)
        downloads(f"{emotion}-before-after", chart=chart, table=table, key="without")
    shows(
        "The separation of the same held-out texts along the vector before and after the directions were taken out.",
        "That what was taken out is gone for good: it can remain along other directions. The texts of a contrast that "
        "was taken out are no test of the new vector.",
    )
    if st.button("Work with these vectors on every page", key="use-without", icon=":material/check:"):
        put_on_shelf(run_id)
        choose_next(run_id)
        st.rerun()
