"""Finished behaviours on the page: small multiples, matrix, coherence, early warning, texts."""

from __future__ import annotations

import streamlit as st

from emotion_core.behavior.behaviors import Behaviors
from emotion_core.behavior.effects import effect_matrix, headline
from emotion_core.behavior.nulls import control_words
from emotion_core.behavior.warning import EarlyWarning
from emotion_core.charts import behavior as charts
from emotion_core.charts.palette import table_bytes
from emotion_core.experiments.behavior import BEHAVIORS
from emotion_core.stats.intervals import p_words
from ui.behave.behavior_form import PAGE
from ui.behave.behavior_texts import behavior_texts
from ui.charts import show_chart
from ui.downloads import download, downloads
from ui.errors import shown_errors
from ui.experiments import run_result
from ui.linked import forget_unless
from ui.run_panel import finished_run
from ui.share import link_hint
from ui.verdict import shows, verdict
from ui.working import Working

_A_ROW = 3  # small multiples


def behavior_result(working: Working) -> None:
    """The page's behaviours, as far as they are."""
    hint = "Press the button: a curve for each scenario appears here."
    run = finished_run(PAGE, working.info.fingerprint, (BEHAVIORS.kind,), hint, key="behaviors")
    if run is None:
        return
    with shown_errors():
        result = run_result(run.id, BEHAVIORS)
        st.divider()
        _result(result.found, working)
        if result.warning is not None:
            _warning(result.warning, working)
        behavior_texts(result.found, run)
        link_hint()


def _result(found: Behaviors, working: Working) -> None:
    emotions = found.settings.emotions
    emotion = working.emotion_among(emotions)
    if len(emotions) > 1:
        forget_unless("curves", emotions)
        emotion = st.selectbox("Curves of", emotions, emotions.index(emotion), key="curves", bind="query-params")
    scenes, e = found.settings.scenes, emotions.index(emotion)
    head = headline(found, e)
    verdict("evidence" if head.evidence else "no evidence", head.sentence(), word=head.mark, key="behaviors")
    for i, scene in enumerate(scenes):
        if i % _A_ROW == 0:
            columns = st.columns(min(_A_ROW, len(scenes)))
        with columns[i % _A_ROW]:
            chart = charts.rates(found, emotion, scene.name)
            show_chart(chart, alt_text=f"Rate of {scene.name} against the strength of {emotion}", key=f"rates-{i}")
            downloads(f"rate-{scene.name}-{emotion}", chart=chart, key=f"rates-{i}")
    st.caption(
        "Red circle: beyond control directions, corrected for all strengths, scenarios and emotions of this run; the "
        "grey band is that of a single point, so some blue points leave it by chance. Blue diamond: no evidence. Grey "
        "cross: the texts no longer make sense. "
        "Violet square: unsteered; dashed: the emotion in words. Bars: 95 % interval of the drawn answers or texts. "
        "Strengths are fractions of the residual norm."
    )
    if found.texts:
        coherent = charts.coherence(found, emotion)
        show_chart(coherent, alt_text=str(coherent.description), key="behave-coherence")
        downloads(f"coherence-{emotion}", chart=coherent, key="behave-coherence")
    shows(
        "How often the behaviour is chosen, or written, at each strength, beside control directions of the same size "
        "(grey) and, dashed, beside the emotion asked for in words without steering. "
        f"{control_words(found.control_kinds)}: {found.settings.controls} of each kind, and an effect has to leave "
        "every kind.",
        "That a model acts: an option that is likely is not an act. Scenarios with an unsteered rate below 10 % or "
        "above 90 % can hardly move one way and are left out of the verdict.",
    )
    download(
        "All rates as CSV",
        lambda: table_bytes(charts.rate_table(found)),
        "behaviour-rates.csv",
        "text/csv",
        key="rate-table",
    )
    _matrix(found)


def _matrix(found: Behaviors) -> None:
    strengths = found.settings.steered_strengths
    if len(found.settings.emotions) < 2 and len(found.settings.scenes) < 2:
        return
    st.subheader("Emotions by scenarios", anchor=False)
    forget_unless("matrix-strength", strengths)
    strength = (
        st.select_slider(
            "At strength",
            strengths,
            strengths[-1],
            format_func=lambda s: f"{s:+g}",
            key="matrix-strength",
            bind="query-params",
        )
        if len(strengths) > 1
        else strengths[0]
    )
    chart = charts.effects(found, float(strength))
    show_chart(chart, alt_text="Effects of emotions on scenarios", key="effects")
    shows(
        "The change of the log-odds of each behaviour. p-values compare with control directions and are corrected over "
        "all strengths, scenarios and emotions, as in the verdict above.",
        "A cell without a dot is no proof of no effect: the band of control directions may be wide, and scenarios that "
        "cannot move both ways get none.",
    )
    table = charts.matrix_table(effect_matrix(found, float(strength)))
    downloads("behaviour-effects", chart=chart, table=table, key="effects")


def _warning(warning: EarlyWarning, working: Working) -> None:
    st.subheader("Early warning", anchor=False)
    emotion = working.emotion_among(warning.emotions)
    e = warning.emotions.index(emotion)
    found = warning.evidence(e)
    verdict(
        "evidence" if found else "no evidence",
        f"The {emotion} reading just before the decision {'tells' if found else 'does not tell'} the decision beyond "
        f"chance: AUROC {warning.auroc[e]:.2f} ({warning.low[e]:.2f} to {warning.high[e]:.2f}); "
        f"{warning.against.range_words(e) or 'no control directions'}; {p_words(float(warning.p_value[e]))}, corrected "
        f"for {len(warning.emotions)} emotion{'s' * (len(warning.emotions) > 1)} "
        f"{p_words(float(warning.q_value[e]))}.",
        key="warning",
    )
    chart = charts.roc(warning, emotion)
    show_chart(chart, alt_text="ROC of the reading before the decision", key="roc", titled=False)
    shows(
        "The same scenarios after many different texts, without steering: does the reading at the last token before "
        "the decision go with what is decided? Compared inside each scenario.",
        "A cause, and nothing about texts of another kind than those that stood before the scenarios.",
    )
    downloads("early-warning", chart=chart, key="roc")
