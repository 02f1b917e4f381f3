"""A finished build: a verdict for every emotion, how well it separates at each layer, and files to take along."""

from __future__ import annotations

import streamlit as st

from emotion_core.charts.separation import separation_by_layer, separation_table
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.evaluation.verdict import NOT_TESTED
from emotion_core.evaluation.words import score_sentence, together_sentence
from emotion_core.runs.builds import VECTORS_FILE, BuildResult
from ui.build.bundle import bundle_button
from ui.build.token_audit import token_audit
from ui.charts import show_chart
from ui.downloads import download, downloads, json_download
from ui.page import PAGES
from ui.plain import plain
from ui.services import store
from ui.share import link_hint
from ui.vector_sets import build_of
from ui.verdict import emotion_verdict, shows, verdict
from ui.working import Working

_FEW = 8


def build_result(run_id: str, working: Working) -> None:
    """Shows a finished build."""
    build = build_of(run_id)
    vectors, scores = build.vectors, build.scores
    key = f"build-{run_id[:8]}"
    if scores is None:
        st.warning(f"The vectors are built, but not tested. {plain(build.reason)}", icon=":material/science_off:")
    else:
        _tested(scores, key)
    take_along(run_id, build, working, key=key)
    link_hint()
    if working.info.fingerprint == vectors.model.fingerprint:
        with st.expander("Which tokens were read", icon=":material/format_ink_highlighter:"):
            token_audit(working.owner, vectors.prompt_sets, vectors.reading, key=key)


def _tested(scores: HeldOutScores, key: str) -> None:
    verdict_strip(scores, key=key)
    emotion = _emotion(scores, key)
    chart = separation_by_layer(scores, emotion)
    show_chart(chart, alt_text=score_sentence(scores, emotion), key=f"separation-{key}")
    shows(
        "How far held-out texts with the emotion project from those without it, in pooled standard deviations, beside "
        f"what {scores.null_words} reach.",
        "What the direction stands for: a set whose sides differ in something else gives a direction for that.",
    )
    downloads(f"separation-{emotion}", chart=chart, table=separation_table(scores), key=key)


def verdict_strip(scores: HeldOutScores, *, key: str) -> None:
    """A verdict for every emotion; with many of them, the first few and a fold for the rest."""
    if together_sentence(scores):
        verdict("not tested", together_sentence(scores), word=NOT_TESTED, key=f"{key}-together")
    for number, emotion in enumerate(scores.emotions[:_FEW]):
        emotion_verdict(scores, emotion, key=f"{key}-{number}")
    if len(scores.emotions) > _FEW:
        with st.expander(f"The other {len(scores.emotions) - _FEW} emotions"):
            for number, emotion in enumerate(scores.emotions[_FEW:]):
                emotion_verdict(scores, emotion, key=f"{key}-more-{number}")
    if scores.not_scored:
        st.caption(f"Without held-out texts, so not scored: {plain(', '.join(scores.not_scored))}.")


def take_along(run_id: str, build: BuildResult, working: Working, *, key: str) -> None:
    """The vector file, the scores, the bundle, and the ways on."""
    vectors, scores = build.vectors, build.scores
    name = "+".join(one.name for one in vectors.prompt_sets) or "vectors"
    with st.container(horizontal=True, key=f"take-{key}"):
        download(
            "Vectors (.safetensors)",
            lambda: store().read(run_id, VECTORS_FILE),
            f"{name}.safetensors",
            "application/octet-stream",
            key=f"vectors-{key}",
        )
        if scores is not None:
            file_name = f"{name}-heldout.json"
            json_download("Held-out scores (JSON)", scores.to_json, file_name, key=f"j-{key}")
        bundle_button(vectors, scores, build.reason, working.owner, name=name, key=key)
    with st.container(horizontal=True, key=f"next-{key}"):
        st.page_link(PAGES["explore"].file, label="Explore these vectors", icon=PAGES["explore"].icon)
        st.page_link(PAGES["steer"].file, label="Steer with them", icon=PAGES["steer"].icon)


def _emotion(scores: HeldOutScores, key: str) -> str:
    if len(scores.emotions) == 1:
        return scores.emotions[0]
    return str(st.selectbox("Emotion shown", scores.emotions, key=f"shown-{key}", bind="query-params"))
