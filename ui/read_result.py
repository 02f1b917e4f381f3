"""Finished readings on the page: coloured tokens, courses, turns, doses, ranks, and what to take along."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from emotion_core.charts import reading as charts
from emotion_core.reading.conversation import ConversationReading
from emotion_core.reading.dose import DoseReading
from emotion_core.reading.situations import SituationReading
from emotion_core.reading.text import TokenReading
from emotion_core.runs.readings import Reading, What, load_reading
from ui.charts import show_chart
from ui.downloads import downloads
from ui.errors import shown_errors
from ui.plain import plain
from ui.run_panel import current_run, link_hint, run_panel
from ui.services import store
from ui.tokens import Token, token_strip
from ui.verdict import Mark, shows, verdict
from ui.working import Working

_FULL = 3.0  # standard deviations with the full colour
# A strip of more tokens would make a browser slow; the charts and the table have all of them.
MOST_SHOWN = 1500


def reading_result(working: Working, what: What) -> None:
    """The reading of this kind, as far as it is."""
    run_id = current_run(f"read {what}")
    if run_id is None or store().get(run_id).kind != "reading":
        st.info("Press the button: the reading appears here.", icon=":material/info:")
        return
    run = run_panel(run_id, key=f"read-{what}")
    if run is None:
        return
    with shown_errors():
        found = load_reading(store(), run.id)
        if found.request.what != what:
            st.info("The link belongs to another kind of reading; choose it above.", icon=":material/info:")
            return
        st.divider()
        _show(found, working)
        link_hint()


def _show(found: Reading, working: Working) -> None:
    if found.text is not None:
        _text(found.text, _emotion(found.text.emotions, working))
    elif found.conversation is not None:
        _conversation(found.conversation, _emotion(found.conversation.tokens.emotions, working))
    elif found.dose is not None:
        _dose(found.dose, _emotion(found.dose.emotions, working))
    elif found.situations is not None:
        _situations(found.situations)


def _emotion(emotions: tuple[str, ...], working: Working) -> str:
    """The chosen emotion where the reading has it, else the first."""
    return working.emotion if working.emotion in emotions else emotions[0]


def _text(found: TokenReading, emotion: str) -> None:
    if found.n_windows > 1:
        st.caption(
            f"{len(found.tokens):,} tokens are more than the model takes at once: read in {found.n_windows} windows, "
            "each token with at least half a context before it."
        )
    _strip(found, emotion, key="text")
    chart = charts.course(found, emotion)
    show_chart(chart, alt_text=f"{emotion} along the text; the table has the same.", key="course")
    shows(
        "How far each token lies along the direction, compared with neutral texts at the same place in a text. The "
        "grey band holds 95 % of random directions at that token.",
        "That a single token outside the band means something: of a hundred, five are outside by chance. Look for "
        "stretches.",
    )
    downloads(f"reading-{emotion}", chart=chart, table=_token_table(found), key="course")
    if len(found.emotions) > 1:
        heat = charts.heat(found, charts.top_movers(found))
        show_chart(heat, alt_text="Readings of the strongest emotions along the text", key="heat")
        downloads("reading-heat", chart=heat, key="heat")


def _strip(found: TokenReading, emotion: str, *, key: str, start: int = 0, end: int | None = None) -> None:
    """Coloured tokens; a click on one shows the ranking of all emotions there."""
    end = min(len(found.tokens) if end is None else end, start + MOST_SHOWN)
    values = found.of(emotion)
    remembered = f"token of {key}"
    tokens = [
        Token(
            found.tokens[i],
            float(np.clip(values[i] / _FULL, -1, 1)) if found.content[i] else None,
            f"{emotion} {values[i]:+.1f} SD" if found.content[i] else "not part of the text",
            "read" if found.content[i] else "unread",
        )
        for i in range(start, end)
    ]
    clicked = token_strip(
        tokens, label=f"Tokens coloured by {emotion}", key=f"strip-{key}", chosen=st.session_state.get(remembered)
    )
    if clicked is not None and clicked != st.session_state.get(remembered):
        st.session_state[remembered] = clicked
        st.rerun()
    st.caption(
        f"Warm: more {plain(emotion)} than neutral text at this place; cool: less; full colour at {_FULL:g} standard "
        "deviations. Click a token to rank all emotions there."
    )
    chosen = st.session_state.get(remembered)
    if chosen is not None and start + chosen < end:
        _ranking(found, start + chosen)


def _ranking(found: TokenReading, token: int) -> None:
    values = found.values[token, 0]
    low, high = found.band_low[token, 0], found.band_high[token, 0]
    order = np.argsort(-values)
    shown = list(dict.fromkeys([*order[:6], *order[-3:]]))
    names = ", ".join(f"{plain(found.emotions[e])} {values[e]:+.1f}" for e in shown)
    st.markdown(
        f"At **{plain(found.tokens[token].strip() or 'this token')}**: {names} (chance: {low:+.1f} to {high:+.1f})"
    )


def _token_table(found: TokenReading) -> pd.DataFrame:
    table = pd.DataFrame(found.values[:, 0], columns=list(found.emotions))
    table.insert(0, "token", list(found.tokens))
    return table.assign(null_low=found.band_low[:, 0], null_high=found.band_high[:, 0])


def _conversation(found: ConversationReading, emotion: str) -> None:
    chart = charts.turns(found, emotion)
    e = found.tokens.emotions.index(emotion)
    p = found.drift.p_value[e]
    drifts = bool(np.isfinite(p) and p < 0.05)
    way = "up" if found.drift.spearman[e] > 0 else "down"
    sentence = (
        f"{emotion} drifts {way} over the turns (p = {p:.3f})." if drifts else f"No drift of {emotion} beyond chance."
    )
    verdict("evidence" if drifts else "no evidence", sentence, key="drift")
    show_chart(chart, alt_text=sentence, key="turns", titled=False)
    before, reply = found.replies(emotion)
    if len(reply) >= 3 and np.ptp(before) > 0 and np.ptp(reply) > 0:
        r = float(np.corrcoef(before, reply)[0, 1])
        st.markdown(
            f"The reading just before a reply and the reply's own mean correlate at r = {r:.2f} over {len(reply)} "
            "replies."
        )
    shows(
        "The mean reading of every turn, compared with neutral text at the same place in a text, so that length alone "
        "gives no drift.",
        "A cause: later turns differ from earlier ones in topic and words as well.",
    )
    table = charts.turn_table(found, emotion)
    downloads(f"turns-{emotion}", chart=chart, table=table, key="turns")
    form = (
        "the model's chat template"
        if found.dialogue.template == "chat template"
        else "plain lines, since the model has no chat template"
    )
    st.caption(f"The conversation was given to the model in {form}. Tokens of the template are not read.")
    _strip(found.tokens, emotion, key="conversation")


def _dose(found: DoseReading, emotion: str) -> None:
    table = charts.dose_table(found)
    outcomes = [found.outcome(name) for name in found.expected]
    if outcomes:
        met = outcomes.count("met")
        mark: Mark = "evidence" if met == len(outcomes) else "no evidence"
        verdict(
            mark,
            f"{met} of {len(outcomes)} expected rises and falls are met.",
            word=f"{met} of {len(outcomes)} met",
            key="dose",
        )
    named = list(found.expected)
    most = [name for name in table.sort_values("q")["emotion"] if name not in named]
    shown = (named or [emotion, *[name for name in most if name != emotion]])[:6]
    logarithmic = min(found.x) > 0 and max(found.x) / min(found.x) > 20
    chart = charts.dose(found, shown, logarithmic=logarithmic)
    show_chart(
        chart,
        alt_text=f"Readings of {', '.join(shown)} against the number; the table has all.",
        key="dose-chart",
        titled=not outcomes,
    )
    shows(
        "Whether a reading goes up or down with the number, in texts that differ in the number only. p by permutation, "
        "q corrected for all emotions; a range under 0.2 SD of neutral texts is not called evidence.",
        "That the model understands the quantity: other digits and one more token also change a reading.",
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(label, format=form, help=text)
            for name, label, form, text in (
                ("spearman", "Spearman", "%.2f", "Rank correlation with the number."),
                ("p", "p", "%.4f", "Permutation test."),
                ("q", "q", "%.4f", "p corrected for the number of emotions."),
                ("range", "Range (SD)", "%.2f", "Largest minus smallest reading, in SD of neutral texts."),
            )
        },
    )
    downloads("dose", chart=chart, table=table, key="dose")


def _situations(found: SituationReading) -> None:
    better = found.p_value < 0.05
    chance = (len(found.emotions) + 1) / 2
    verdict(
        "evidence" if better else "no evidence",
        f"The implied emotion reads highest in {found.top1:.0%} of {len(found.texts)} situations and among the "
        f"first three in {found.top3:.0%}; mean rank {found.mean_rank:.1f} of {len(found.emotions)} (chance about "
        f"{chance:.1f}, 95 % {found.null_low:.1f} to {found.null_high:.1f}; p = {found.p_value:.4f}).",
        key="situations",
    )
    table = pd.DataFrame(
        {
            "implied": list(found.implied),
            "rank": found.ranks,
            "highest": [found.emotions[int(np.argmax(row))] for row in found.values],
            "text": list(found.texts),
        }
    )
    st.dataframe(
        table, hide_index=True, column_config={"text": st.column_config.TextColumn("Situation", width="large")}
    )
    shows(
        "Whether a message that names no emotion is read as the one that it implies.",
        "Much about a single message: look at the mean rank and its range under chance.",
    )
    downloads("situations", table=table, key="situations")
    if found.left_out:
        st.caption(f"{found.left_out} situations are left out: the chosen vector set has no vector for their emotion.")
