"""Does the map agree with ratings of the words? With the built-in ones, or with those of people in an uploaded file."""

from __future__ import annotations

import streamlit as st

from emotion_core.base.errors import EmotionCoreError
from emotion_core.charts.emotion_map import reading_chart, reading_table
from emotion_core.experiments.evaluation import OnOwnTexts
from emotion_core.experiments.experiment import find
from emotion_core.experiments.geometry import TWIN
from emotion_core.geometry.claims import LEVEL
from emotion_core.geometry.norms import CEILING_AROUSAL, CEILING_VALENCE, Norms, fit_axes, norms_agree
from emotion_core.models.catalogue import DEMO_NAME
from emotion_core.runs.limits import about, build_seconds
from emotion_core.vectors.build import training_texts
from ui.errors import show_error, shown_errors
from ui.experiments import joint_run, start_run
from ui.figure import downloads, marked, show_chart, shows
from ui.map.data import KEPT_NORMS, Mapped, claims_of, norms_in_use, own_norms
from ui.plain import plain
from ui.services import store
from ui.uploads import content, upload_field
from ui.vector_sets import choose_next, upload


def people_part(mapped: Mapped) -> None:
    """Claims, each with its test and its rivals; the supervised reading; whose the ratings are."""
    chosen, norms_id = _norms()
    try:
        found, readings, claimed = claims_of(mapped, norms_id, chosen)
    except EmotionCoreError as error:
        show_error(error)
        return
    if found.human.n < 3:
        st.info(
            f"{plain(chosen.name)} rates {found.human.n} of these emotions; three are needed.", icon=":material/info:"
        )
        return
    for number, claim in enumerate(claimed):
        if claim.value == claim.value:
            marked(claim.mark, claim.sentence, key=f"claim-{number}")
    _twin(mapped)
    human = found.human
    st.caption(
        f"{human.n} emotions rated in {plain(human.name)}. 95 % intervals: component 1 with valence "
        f"{human.valence.low:.2f} to {human.valence.high:.2f}, component 2 with arousal {human.arousal.low:.2f} to "
        f"{human.arousal.high:.2f}, component 3 with arousal {human.arousal_pc3.low:.2f} to "
        f"{human.arousal_pc3.high:.2f}. The sign of a component is turned by the ratings: only the size of r counts. "
        f"All p-values are corrected together (Holm); a claim is more than chance at {LEVEL}. Evidence: more than "
        "chance, and more than on every map without a trained model beside it. Intervals of the differences leave out "
        "one emotion after the other and hold together for all claims."
    )
    if human.borrowed:
        pairs = ", ".join(f"{emotion} as {form}" for emotion, form in human.borrowed)
        st.caption(f"Rated under another form of the word: {plain(pairs)}.")
    _whose(chosen, mapped)
    columns = st.columns(2, gap="medium")
    for column, reading, rating in zip(columns, readings, (found.valence, found.arousal), strict=True):
        with column:
            if reading.n and reading.r == reading.r:
                chart = reading_chart(reading, rating, found.emotions, mapped.emotion)
                show_chart(chart, key=f"reading-{reading.target}")
                table = reading_table(reading, rating, found.emotions)
                downloads(f"ratings-{reading.target}", chart=chart, table=table, key=f"reading-{reading.target}")
            else:
                st.caption(f"Too few rated emotions ({reading.n}) to predict {reading.target} for left-out ones.")
    if st.button(
        "Read and steer along valence and arousal",
        key="use-axes",
        icon=":material/open_with:",
        help="Fits both at every layer to the vectors and these ratings, each with the other held fast, and makes them "
        "the vector set that all pages work with.",
    ):
        with shown_errors():
            axes = fit_axes(mapped.source.vectors, chosen)
            choose_next(upload("valence and arousal", axes, axes.model))
            st.rerun()
    shows(
        "Whether the model's directions are ordered as the ratings order the words, first by components found without "
        "the ratings, then by a direction fitted to them and tested on emotions it was not fitted to.",
        "That the model experiences valence. Words with nearly the same meaning lie on both sides of a fold, so the "
        "prediction may rest on synonyms.",
    )


def _twin(mapped: Mapped) -> None:
    """Offers to read the same texts with an untrained twin, where that was not done."""
    vectors = mapped.source.vectors
    if not vectors.prompt_sets or find(store(), vectors, TWIN, OnOwnTexts()) is not None:
        return
    key = f"twin of {mapped.source.run_id}"
    if joint_run(key, key="map-twin"):
        return
    texts = training_texts(vectors.prompt_sets)
    cost = about(build_seconds(mapped.working.info, len(texts), sum(map(len, texts)), neutral=False))
    label = f"Read the same texts with an untrained twin, {cost}"
    help_text = "The same model with random weights: what it shows of the map no training is needed for."
    if st.button(label, key="start-twin", icon=":material/play_arrow:", help=help_text):
        with shown_errors():
            st.session_state[key] = start_run(mapped.working, TWIN, OnOwnTexts(), vectors=vectors, everybody=True)
            st.rerun()


def _whose(chosen: Norms, mapped: Mapped) -> None:
    """Whose the ratings are, and how well two sets of them agree."""
    if chosen is own_norms():
        text = (
            "These ratings are this project's own, judged word by word in five coarse steps. Ratings by people can be "
            "uploaded above."
        )
        if mapped.found.model.name == DEMO_NAME:
            text += (
                " The bundled model's training text was generated from a table of valence and arousal that agrees with "
                "them at r = 0.98 and 0.96: what is found here is what was planted."
            )
        st.caption(text)
        return
    valence, arousal = norms_agree(chosen, own_norms(), mapped.found.emotions)
    st.caption(
        f"Two good sets of human ratings agree at r = {CEILING_VALENCE} on valence and {CEILING_AROUSAL} on arousal. "
        f"This file and the built-in ratings agree at {valence.r:.2f} ({valence.low:.2f} to {valence.high:.2f}) and "
        f"{arousal.r:.2f} ({arousal.low:.2f} to {arousal.high:.2f}) on these emotions."
    )


def _norms() -> tuple[Norms, str]:
    """Asks for ratings to compare with; those in use and an id of their content."""
    with st.expander("Compare with your own ratings (CSV)", icon=":material/upload_file:"):
        st.caption(
            "The built-in ratings are this project's own, in five coarse steps. Warriner et al. 2013 and NRC-VAD are "
            "read in their own formats, any other table by its columns word, valence, arousal."
        )
        file = upload_field(
            "Ratings",
            key="norms_file",
            label_visibility="collapsed",
            help="A table with a word, its valence and its arousal in every row.",
        )
        if file is not None:
            with shown_errors():
                st.session_state[KEPT_NORMS] = (file.name, content(file))
        elif KEPT_NORMS in st.session_state and st.button(
            f"Leave {plain(st.session_state[KEPT_NORMS][0])} out", key="norms-away", icon=":material/close:"
        ):
            del st.session_state[KEPT_NORMS]
            st.rerun()
        return norms_in_use()
