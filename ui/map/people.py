"""Does the map agree with people? On the built-in ratings always, on an uploaded norms file beside them."""

from __future__ import annotations

import hashlib

import streamlit as st

from emotion_core.charts.map_checks import reading_chart, reading_table
from emotion_core.errors import EmotionCoreError
from emotion_core.evaluation.p_words import p_words
from emotion_core.geometry.agreement import CEILING_AROUSAL, CEILING_VALENCE, norms_agree
from emotion_core.geometry.claims import LEVEL, Claim, claims
from emotion_core.geometry.norms import Norms
from ui.charts import show_chart
from ui.downloads import downloads
from ui.errors import show_error, shown_errors
from ui.map.data import Mapped, norms_of, own_norms, rated_map_of, readings_of
from ui.plain import plain
from ui.services import app_settings
from ui.uploads import content
from ui.verdict import shows, verdict

_KEPT = "uploaded norms"


def people_part(mapped: Mapped) -> None:
    """Claims, each with its test; the supervised reading; the ceiling."""
    chosen, norms_id = _norms()
    try:
        found = rated_map_of(
            mapped.source.run_id, mapped.layer, mapped.clusters, norms_id, mapped.source.vectors, chosen
        )
    except EmotionCoreError as error:
        show_error(error)
        return
    if found.human.n < 3:
        st.info(
            f"{plain(chosen.name)} rates {found.human.n} of these emotions; three are needed.", icon=":material/info:"
        )
        return
    readings = readings_of(mapped.source.run_id, mapped.layer, norms_id, mapped.source.vectors, chosen)
    for number, claim in enumerate(claims(found, readings)):
        _claim(claim, number)
    human = found.human
    st.caption(
        f"{human.n} emotions rated in {plain(human.name)}. 95 % intervals: component 1 with valence "
        f"{human.valence.low:.2f} to {human.valence.high:.2f}, component 2 with arousal {human.arousal.low:.2f} to "
        f"{human.arousal.high:.2f}, component 3 with arousal {human.arousal_pc3.low:.2f} to "
        f"{human.arousal_pc3.high:.2f}. The sign of a component is turned by the ratings: only the size of r counts. "
        f"All p-values are corrected together (Holm); a claim stands at {LEVEL}."
    )
    if human.borrowed:
        pairs = ", ".join(f"{emotion} as {form}" for emotion, form in human.borrowed)
        st.caption(f"Rated under another form of the word: {plain(pairs)}.")
    _ceiling(chosen, mapped)
    columns = st.columns(2, gap="medium")
    for column, reading, rating in zip(columns, readings, (found.valence, found.arousal), strict=True):
        with column:
            if reading.n and reading.r == reading.r:
                chart = reading_chart(reading, rating, found.emotions, mapped.emotion)
                show_chart(chart, alt_text=str(chart.description), key=f"reading-{reading.target}")
                table = reading_table(reading, rating, found.emotions)
                downloads(f"ratings-{reading.target}", chart=chart, table=table, key=f"reading-{reading.target}")
            else:
                st.caption(f"Too few rated emotions ({reading.n}) to predict {reading.target} for left-out ones.")
    shows(
        "Whether the model's directions are ordered as people order the words, first by components found without the "
        "ratings, then by a direction fitted to them and tested on emotions it was not fitted to.",
        "That the model experiences valence. Words with nearly the same meaning lie on both sides of a fold, so the "
        "prediction may rest on synonyms.",
    )


def _claim(claim: Claim, number: int) -> None:
    if claim.value != claim.value:
        return
    size = abs(claim.value) if claim.what.startswith("Component") else claim.value
    verdict(
        "evidence" if claim.stands else "no evidence",
        f"{claim.what}: {'|r|' if claim.what.startswith('Component') else claim.measure} = {size:.2f}, "
        f"n = {claim.n}, corrected {p_words(claim.p_corrected)}",
        key=f"claim-{number}",
    )


def _ceiling(chosen: Norms, mapped: Mapped) -> None:
    text = f"Two good sets of human ratings agree at r = {CEILING_VALENCE} on valence and {CEILING_AROUSAL} on arousal."
    if chosen is not own_norms():
        valence, arousal = norms_agree(chosen, own_norms(), mapped.found.emotions)
        text += (
            f" This file and the built-in ratings agree at {valence.r:.2f} ({valence.low:.2f} to {valence.high:.2f}) "
            f"and {arousal.r:.2f} ({arousal.low:.2f} to {arousal.high:.2f}) on these emotions."
        )
    st.caption(text + " No map can be asked for more.")


def _norms() -> tuple[Norms, str]:
    """Asks for ratings to compare with; those in use and an id of their content."""
    with st.expander("Compare with your own ratings (CSV)", icon=":material/upload_file:"):
        st.caption(
            "The built-in ratings are this project's own, in five coarse steps. Warriner et al. 2013 and NRC-VAD are "
            "read in their own formats, any other table by its columns word, valence, arousal."
        )
        file = st.file_uploader(
            "Ratings",
            type=None,
            max_upload_size=app_settings().upload_mb,
            key="norms_file",
            label_visibility="collapsed",
            help="A table with a word, its valence and its arousal in every row.",
        )
        if file is not None:
            with shown_errors():
                st.session_state[_KEPT] = (file.name, content(file))
        elif _KEPT in st.session_state and st.button(
            f"Leave {plain(st.session_state[_KEPT][0])} out", key="norms-away", icon=":material/close:"
        ):
            del st.session_state[_KEPT]
            st.rerun()
        return norms_in_use()


def norms_in_use() -> tuple[Norms, str]:
    """The uploaded ratings, else the built-in ones, and an id of their content; what cannot be read is said here."""
    if _KEPT in st.session_state:
        name, data = st.session_state[_KEPT]
        digest = hashlib.sha256(data).hexdigest()
        try:
            return norms_of(digest, name, data), digest
        except EmotionCoreError as error:
            show_error(error)
            del st.session_state[_KEPT]
    return own_norms(), "built in"
