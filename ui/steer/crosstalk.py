"""The cross-talk view of the Steer page: steer with each emotion, read all of them."""

from __future__ import annotations

from functools import partial

import streamlit as st

from emotion_core.base.errors import SettingsError
from emotion_core.base.numbers import finite
from emotion_core.charts.crosstalk import crosstalk_chart, crosstalk_sentence, matrix_table, specificity_table
from emotion_core.experiments.steering import CROSSTALK
from emotion_core.runs.limits import about, require_sweep, sweep_seconds
from emotion_core.steering.crosstalk import CrossTalk, n_matrix_texts
from emotion_core.steering.finding import signed
from emotion_core.steering.settings import CrossTalkSettings
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import shown_errors
from ui.experiments import show_run, start_run
from ui.fields import field
from ui.figure import downloads, json_download, new_click, picked, show_chart, shows
from ui.linked import keep_in_link, settings_of_link, taken
from ui.plain import plain
from ui.run_button import limit_note, run_button
from ui.services import app_settings
from ui.steer.form import place_form, prompts_form, writing_form
from ui.steer.text_ladder import Rung, edge_colour, split_at_difference, text_ladder
from ui.vector_sets import NAMED_SETS, choose_next, run_of
from ui.working import Working

# A finished cross-talk matrix: the matrix, specificity, and the texts behind a cell.


def crosstalk_result(found: CrossTalk, *, key: str) -> None:
    """Shows everything a matrix gave."""
    if found.partial:
        st.warning(
            f"A part of the matrix: {found.partial}. Everything below is made of these.", icon=":material/pause:"
        )
    chosen = _chosen(found, key)
    chart = crosstalk_chart(found, chosen)
    selection = show_chart(chart, alt_text=crosstalk_sentence(found), key=f"matrix-{key}", select="cell")
    _follow_click(picked(selection, "steered"), picked(selection, "read"), chosen, key)
    shows(
        "What steering with the emotion of a row does to the reading of the emotion of a column, on texts the model "
        "writes. Pale cells lie inside the range of directions of the same length that mean nothing; on the diagonal "
        "these are read along themselves, and the test is corrected for all emotions.",
        "That emotions which move together are one: the vectors may point the same way because their texts are alike.",
    )
    downloads("cross-talk", chart=crosstalk_chart(found), table=matrix_table(found), key=key)
    json_download("JSON", found.to_json, "cross-talk.json", key=f"json-{key}")
    with st.expander("Specificity: how much more the own reading moves than the others", icon=":material/target:"):
        st.dataframe(specificity_table(found), hide_index=True, key=f"specific-{key}")
    _cell(found, key)


def _chosen(found: CrossTalk, key: str) -> tuple[str, str]:
    """The cell of the pickers; the first one at first."""
    names = found.emotions
    steered, read = st.session_state.get(f"steered-{key}"), st.session_state.get(f"read-{key}")
    steered, read = steered or taken(f"steered-{key}"), read or taken(f"read-{key}")
    steered = steered if steered in names else names[0]
    return str(steered), str(read if read in names else steered)


def _follow_click(steered: str | None, read: str | None, chosen: tuple[str, str], key: str) -> None:
    """Only a new click moves the pickers."""
    clicked = new_click((steered, read) if steered is not None and read is not None else None, f"matrix-{key}")
    if clicked is not None and clicked != chosen:
        st.session_state[f"steered-{key}"], st.session_state[f"read-{key}"] = clicked
        st.rerun()


def _cell(found: CrossTalk, key: str) -> None:
    """The texts behind a cell, each beside the unsteered one of the same noise."""
    st.header("The texts behind a cell", anchor=False)
    chosen = _chosen(found, key)
    st.session_state[f"steered-{key}"], st.session_state[f"read-{key}"] = chosen
    one, two, three = st.columns([1, 1, 3])
    one.selectbox("Steered", found.emotions, key=f"steered-{key}", help="The same as a click on the matrix.")
    two.selectbox("Read", found.emotions, key=f"read-{key}")
    prompt = three.selectbox(
        "Prompt", list(dict.fromkeys(t.prompt for t in found.texts)), key=f"cell-prompt-{key}", bind="query-params"
    )
    steered, read = chosen
    keep_in_link(f"steered-{key}", steered, found.emotions[0])
    keep_in_link(f"read-{key}", read, steered)
    row, column = found.emotions.index(steered), found.emotions.index(read)
    value, (low, high) = (
        finite(found.matrix[row, column]),
        (found.own_band if row == column and found.own_band is not None else found.band[column]),
    )
    if value is not None:
        band = f"; control directions reach {signed(low, 1)} to {signed(high, 1)}" if finite(low) is not None else ""
        st.caption(f"Steering with {plain(steered)} moves the reading of {plain(read)} by {signed(value, 1)} SD{band}.")
    text_ladder(_rungs(found, steered, column, str(prompt)), label="Texts behind the cell", key=f"cell-{key}")


def _rungs(found: CrossTalk, steered: str, column: int, prompt: str) -> list[Rung]:
    own = {(t.steered, t.sample): (t, i) for i, t in enumerate(found.texts) if t.prompt == prompt}
    rungs: list[Rung] = []
    for sample in sorted({sample for _, sample in own}):
        if ("unsteered", sample) not in own or (steered, sample) not in own:
            continue
        (plain_text, zero), (text, index) = own["unsteered", sample], own[steered, sample]
        moved = finite(found.readings[index, column] - found.readings[zero, column])
        same, rest = split_at_difference(text.text.strip(), plain_text.text.strip())
        colour = edge_colour(moved)
        notes = () if moved is None else (f"{found.emotions[column]} {signed(moved, 1)} SD",)
        written = plain_text.text.strip() or "(nothing written)"
        rungs.append(Rung(f"sample {sample + 1}", ("unsteered",), written, "", "", True, True))
        rungs.append(Rung(steered, notes, same or ("" if rest else "(nothing written)"), rest, colour, False, True))
    return rungs


PAGE = "crosstalk"
_MOST_AT_FIRST = 12


def crosstalk_view(working: Working) -> None:
    """Form and result."""
    if working.vectors is not None:
        _settings_and_button(working, working.vectors)
    several = working.vectors is not None and len(working.vectors.emotions) > 1  # else what to do first stands above
    hint = "Choose emotions and press the button: the matrix appears here." if several else ""
    show_run(PAGE, working, CROSSTALK, hint, lambda found, run: crosstalk_result(found, key=PAGE))


def _settings_and_button(working: Working, vectors: EmotionVectors) -> None:
    if len(vectors.emotions) < 2:
        st.info(
            "This vector set has a single emotion. Choose one with several, or build one, to see what steering with "
            "one does to the others.",
            icon=":material/info:",
        )
        sets_with_several(working)
        return
    label, start = "Run cross-talk", None
    with shown_errors():
        settings = _form(vectors)
        texts = n_matrix_texts(settings, len(settings.emotions))
        require_sweep(app_settings(), texts, settings.max_new_tokens)
        label = f"Run cross-talk: {texts:,} texts, {about(sweep_seconds(working.info, texts, settings.max_new_tokens))}"
        start = partial(start_run, working, CROSSTALK, settings, vectors=vectors)
    limit_note("sweep")
    run_button(label, PAGE, start, key="run_matrix")


def sets_with_several(working: Working) -> None:
    """A click to each built-in set with several emotions that is there for this model."""
    with st.container(horizontal=True):
        for set_id, label in NAMED_SETS.items():
            if run_of(set_id, working.info) is not None:
                st.button(f"Work with {label}", key=f"take-{set_id}", on_click=choose_next, args=(set_id,))


def _form(vectors: EmotionVectors) -> CrossTalkSettings:
    asked: CrossTalkSettings | None = settings_of_link("crosstalk")
    left, right = st.columns([3, 2])
    with left:
        prompts = prompts_form(asked)
    with right:
        one, two, three = st.columns(3)
        strength = field(CrossTalkSettings, "strength", one, key="matrix_strength", default=0.2, like=asked)
        samples = field(CrossTalkSettings, "samples", two, key="matrix_samples", like=asked)
        controls = field(CrossTalkSettings, "controls", three, key="matrix_controls", like=asked)
        named = [] if asked is None else [one for one in asked.emotions if one in vectors.emotions]
        emotions = st.multiselect(
            "Emotions",
            vectors.emotions,
            default=named or list(vectors.emotions[:_MOST_AT_FIRST]),
            key=f"matrix-emotions-{len(vectors.emotions)}-{vectors.emotions[0]}",
            persist_state="session",
            help="Each is steered, and each is read.",
        )
    if len(emotions) < 2:
        raise SettingsError("A matrix needs emotions", expected="2 or more", found=str(len(emotions)))
    place = place_form(vectors, vectors.selected_layer, key="matrix_", asked=asked)
    writing = writing_form(asked)
    return CrossTalkSettings(
        prompts=prompts,
        strength=strength,
        emotions=tuple(emotions),
        controls=controls,
        samples=1 if writing["decoding"] == "greedy" else samples,
        **place,
        **writing,
    )
