"""The view of two emotions at once on the Steer page: alone, together, and whether they add up."""

from __future__ import annotations

from functools import partial

import streamlit as st

from emotion_core.charts.crosstalk import factorial_chart, factorial_table
from emotion_core.experiments.steering import FACTORIAL
from emotion_core.runs.limits import about, require_sweep, sweep_seconds
from emotion_core.steering.factorial import Factorial, FactorialSettings, n_factorial_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.errors import shown_errors
from ui.experiments import show_run, start_run
from ui.fields import field
from ui.figure import Mark, downloads, json_download, show_chart, shows, verdict
from ui.linked import settings_of_link
from ui.run_button import limit_note, run_button
from ui.services import app_settings
from ui.steer.crosstalk import sets_with_several
from ui.steer.form import place_form, prompts_form, writing_form
from ui.working import Working

PAGE = "factorial"


def factorial_view(working: Working) -> None:
    """Form and result."""
    if working.vectors is not None:
        _settings_and_button(working, working.vectors)
    hint = "Choose two emotions and press the button: the figure appears here."
    show_run(PAGE, working, FACTORIAL, hint, lambda found, run: _result(found))


def _settings_and_button(working: Working, vectors: EmotionVectors) -> None:
    if len(vectors.emotions) < 2:
        st.info("This vector set has a single emotion. Choose one with several, or build one.", icon=":material/info:")
        sets_with_several(working)
        return
    label, start = "Write the texts", None
    with shown_errors():
        settings = _form(working, vectors)
        texts = n_factorial_texts(settings)
        require_sweep(app_settings(), texts, settings.max_new_tokens)
        label = f"Write {texts:,} texts, {about(sweep_seconds(working.info, texts, settings.max_new_tokens))}"
        start = partial(start_run, working, FACTORIAL, settings, vectors=vectors)
    limit_note("sweep")
    run_button(label, PAGE, start, key="run_factorial")


def _form(working: Working, vectors: EmotionVectors) -> FactorialSettings:
    asked: FactorialSettings | None = settings_of_link("factorial")
    names = list(vectors.emotions)
    first = names.index(working.emotion_among(names))
    second = int(not first)
    if asked is not None and {asked.first, asked.second} <= set(names):
        first, second = names.index(asked.first), names.index(asked.second)
    left, right = st.columns([3, 2])
    with left:
        prompts = prompts_form(asked)
    with right:
        (one, two), (three, four), (five, six) = (st.columns(2) for _ in range(3))
        width = f"{len(names)}-{first}"
        emotions = (
            one.selectbox("First emotion", names, first, key=f"factorial-first-{width}", help="Chosen at the side."),
            two.selectbox(
                "Second emotion",
                names,
                second,
                key=f"factorial-second-{width}",
                help="Added by itself, and together with the first.",
            ),
        )
        strength = field(FactorialSettings, "strength", three, key="factorial-strength", like=asked)
        second_strength = field(FactorialSettings, "second_strength", four, key="factorial-second-strength", like=asked)
        samples = field(FactorialSettings, "samples", five, key="factorial-samples", like=asked)
        controls = field(FactorialSettings, "controls", six, key="factorial-controls", like=asked)
    place = place_form(vectors, vectors.selected_layer, key="factorial-", operations=("add",), asked=asked)
    writing = writing_form(asked)
    return FactorialSettings(
        prompts=prompts,
        first=emotions[0],
        second=emotions[1],
        strength=strength,
        second_strength=second_strength,
        controls=controls,
        samples=1 if writing["decoding"] == "greedy" else samples,
        **place,
        **writing,
    )


def _result(found: Factorial) -> None:
    if found.partial:
        st.warning(f"A part: {found.partial}. Everything below is made of these.", icon=":material/pause:")
    said = []
    for i, emotion in enumerate(found.emotions):
        mark: Mark = "evidence" if found.evidence(i) else "no evidence"
        sentence = f"{found.sentence(i)}."
        verdict(mark, sentence, word=f"{mark} of more or less than the sum", key=f"factorial-{i}")
        said.append(f"{emotion}: {mark}. {sentence}")
    if not all(found.coherent):
        st.caption("Texts of at least one condition no longer make sense as unsteered ones do: see below.")
    chart = factorial_chart(found)
    show_chart(chart, alt_text=str(chart.description), key="factorial-chart")
    shows(
        "What each emotion does to both readings alone, and what both do together, on texts from the same noise. Two "
        "pushes add up where the model takes them as they come; large pushes fall short of their sum whatever they "
        "mean, which pairs of control directions show.",
        "That two emotions mix as in a person. Without a difference from the sum, one may still raise the other. The "
        "readings are the model's own: emotions whose training texts share their words read alike.",
    )
    downloads("two-at-once", chart=chart, table=factorial_table(found), key=PAGE, notes=said)
    json_download("JSON", found.to_json, "two-at-once.json", key=f"json-{PAGE}")
    with st.expander("The texts", icon=":material/article:"):
        named = dict(zip(("first", "second"), found.emotions, strict=True))
        rows = [
            {
                "Steered with": named.get(one.steered, one.steered),
                "Prompt": one.prompt,
                "Sample": one.sample + 1,
                "Text": one.text,
            }
            for one in found.texts
        ]
        st.dataframe(rows, hide_index=True, key="factorial-texts")
