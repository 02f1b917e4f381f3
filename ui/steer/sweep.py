"""The sweep view of the Steer page: its form, its button, its result."""

from __future__ import annotations

from functools import partial

import streamlit as st

from emotion_core.base.numbers import counted
from emotion_core.charts.dose_response import (
    coherence,
    controls_table,
    dose_response,
    shown_name,
    summary_table,
    text_table,
)
from emotion_core.charts.palette import table_bytes
from emotion_core.experiments.steering import SWEEP
from emotion_core.runs.limits import about, require_sweep, sweep_seconds
from emotion_core.steering.finding import change, signed, strength_words, sweep_finding
from emotion_core.steering.generate import n_texts
from emotion_core.steering.settings import SCOPE_NAMES, how_words
from emotion_core.steering.sweep import Sweep, SweepRow
from ui.errors import shown_errors
from ui.experiments import show_run, start_run
from ui.figure import download, downloads, json_download, picked, show_chart, shows, verdict
from ui.page import contents
from ui.plain import plain
from ui.run_button import limit_note, run_button
from ui.services import app_settings
from ui.steer.form import steer_form
from ui.steer.text_ladder import Rung, edge_colour, split_at_difference, strength_texts, text_ladder
from ui.working import Working

# A finished sweep: verdict, dose-response, coherence, texts, downloads.

_SCOPES = {"generated": "generated text", "prompt": "the prompt", "both": "prompt and generated text"}


def sweep_result(sweep: Sweep, *, key: str) -> None:
    """Shows everything a sweep gave."""
    if sweep.partial:
        st.warning(f"A part of the sweep: {sweep.partial}. Everything below is made of these.", icon=":material/pause:")
    finding = sweep_finding(sweep)
    verdict(finding.mark, finding.sentence, key=key)
    clicked = show_chart(
        dose_response(sweep, clickable=True), alt_text=finding.sentence, key=f"dose-{key}", select="point"
    )
    contents(one_strength="the texts at one strength (click a point)", all_strengths="the texts, strength by strength")
    one, two = st.columns(2)
    with one:
        coherence_figure(sweep, "surprise", key=key)
    with two:
        coherence_figure(sweep, "repetition", key=key)
    shows(
        "How far texts written under steering move along the direction, in standard deviations of unsteered texts, "
        "beside directions of the same length that mean nothing, each read along itself. The verdict goes by the thick "
        "line through the two ends of the usable window, not by single points. Shaded green: strengths at which the "
        "mean surprise of the texts lies within one standard deviation of unsteered texts, and their repetition no "
        "further than that above.",
        "That the model has an experience, or that a reader would notice the emotion: read the texts below.",
    )
    measures = strength_words(sweep)
    if measures:
        st.caption(f"{measures}.")
    st.caption(f"**Settings of this sweep.** {_settings_line(sweep)}")
    if sweep.test is not None:
        with st.expander("What each kind of control does", icon=":material/target:"):
            st.dataframe(controls_table(sweep), hide_index=True, key=f"kinds-{key}")
    name = f"sweep-{sweep.settings.emotion}"
    notes = (finding.sentence, _settings_line(sweep))
    downloads(name, chart=lambda: dose_response(sweep), table=lambda: summary_table(sweep), key=key, notes=notes)
    strength_texts(sweep, picked(clicked, "strength"), key=key)
    sweep_texts(sweep, key=key)
    with st.container(horizontal=True):
        table = text_table(sweep)
        download(
            "All texts as CSV",
            lambda: table_bytes(table),
            f"{name}-texts.csv",
            "text/csv",
            key=f"texts-{key}",
        )
        json_download("JSON", sweep.to_json, f"{name}.json", key=f"json-{key}")


def coherence_figure(sweep: Sweep, measure: str, *, key: str) -> None:
    """Surprise or repetition against strength, and the figure to take along; its numbers are in the sweep's CSV."""
    chart = coherence(sweep, measure)
    show_chart(chart, key=f"{measure}-{key}")
    downloads(f"{measure}-{sweep.settings.emotion}", chart=chart, key=f"{measure}-{key}")


def _settings_line(sweep: Sweep) -> str:
    """What was asked for, in a line: a link may open a run whose settings are not those of the form."""
    asked = sweep.settings
    decoding = "greedy" if asked.decoding == "greedy" else f"temperature {asked.temperature:g}, top-p {asked.top_p:g}"
    layers = f"layer {sweep.layer}" if len(sweep.layers) < 2 else f"layers {sweep.layers[0]} to {sweep.layers[-1]}"
    mixed = "".join(f" with {weight:+g} × {plain(emotion)}" for emotion, weight in asked.mix)
    how = plain(how_words(asked.operation, asked.bound, asked.gate, asked.schedule))
    beside = [
        *([counted(asked.shuffles, "vector") + " from shuffled labels"] if asked.shuffles else []),
        *([counted(asked.far, "control") + " as far off the data"] if asked.far else []),
        *([counted(asked.gates, "random gate")] if asked.gates else []),
        *([", ".join(map(plain, asked.others))] if asked.others else []),
        *([f"“{plain(asked.in_words)}” in words"] if asked.in_words else []),
    ]
    template = "as a message, in the chat template" if asked.chat else "as plain text"
    return (
        f"{how[:1].upper()}{how[1:]}{mixed} at {layers} on "
        f"{_SCOPES.get(asked.scope) or SCOPE_NAMES[asked.scope].lower()}; "
        f"{counted(len(asked.prompts), 'prompt')}, {counted(len(asked.strengths), 'strength')}, "
        f"{counted(asked.samples, 'sample')}, {counted(asked.controls, 'control direction')}, "
        f"{counted(asked.max_new_tokens, 'new token')}, {decoding}, seed {asked.seed}; the prompt {template}."
        + (f" Beside it: {'; '.join(beside)}." if beside else "")
    )


def sweep_texts(sweep: Sweep, *, key: str) -> None:
    """The texts strength by strength beside the unsteered one, for one prompt, noise and direction."""
    st.header("The texts, strength by strength", anchor="all-strengths")
    prompts = list(dict.fromkeys(row.prompt for row in sweep.rows))
    one, two, three = st.columns([3, 1, 1])
    prompt = one.selectbox("Prompt", prompts, key=f"prompt-{key}", bind="query-params")
    samples = sorted({row.sample for row in sweep.rows})
    sample = two.selectbox(
        "Sample", samples, format_func=lambda n: f"{n + 1}", key=f"sample-{key}", bind="query-params"
    )
    directions = list(dict.fromkeys(row.direction for row in sweep.rows))
    directions += ["in words"] if sweep.in_words else []
    names = {"emotion": sweep.settings.emotion, "in words": f"words: “{sweep.settings.in_words}”"}
    direction = three.selectbox(
        "Direction",
        directions,
        format_func=lambda one: names.get(one, shown_name(one)),
        key=f"direction-{key}",
        bind="query-params",
        help="Control directions mean nothing: what they write is what chance does. They are written at the two ends "
        "of the usable window.",
    )
    rows = [r for r in (*sweep.rows, *sweep.in_words) if r.prompt == prompt and r.sample == sample]
    unsteered = next(r for r in rows if r.strength == 0 and r.direction == "emotion")
    shown = sorted((r for r in rows if r.direction == direction or r is unsteered), key=lambda r: r.strength)
    st.caption(
        f"“{plain(str(prompt))} …” continued with the same noise at every strength. Underlined: from where a text "
        "leaves the unsteered one. SD: how far its reading moved. Edge: warm where it rose, cool where it fell. "
        "Dashed: outside the usable window."
    )
    text_ladder([rung(row, unsteered, sweep) for row in shown], label="Texts by strength", key=f"ladder-{key}")


def rung(row: SweepRow, unsteered: SweepRow, sweep: Sweep) -> Rung:
    """One text as the ladder shows it, marked from where it leaves the unsteered one."""
    text = row.text.strip()
    compared = row.strength != 0 or row.direction == "in words"
    same, rest = split_at_difference(text, unsteered.text.strip()) if compared else (text, "")
    low, high = sweep.usable_window
    moved = change(row, unsteered)
    notes = [] if moved is None or not compared else [f"{sweep.settings.emotion} {signed(moved, 1)} SD"]
    if row.surprise is not None:
        notes.append(f"surprise {row.surprise:.1f}")
    if row.broken:
        notes.append("numbers not finite")
    return Rung(
        strength=signed(row.strength) if row.strength else "in words" if compared else "unsteered",
        notes=tuple(notes),
        same=same or ("" if rest else "(nothing written)"),
        rest=rest,
        colour=edge_colour(moved),
        unsteered=not compared,
        usable=low <= row.strength <= high,
    )


PAGE = "steer"


def sweep_view(working: Working) -> None:
    """Form and result."""
    _settings_and_button(working)
    st.divider()
    hint = "Choose strengths and press the button: the texts and the dose-response curve appear here."
    show_run(PAGE, working, SWEEP, hint, lambda sweep, run: sweep_result(sweep, key=PAGE))


def _settings_and_button(working: Working) -> None:
    """The form; starts a sweep at a click on its button."""
    vectors, emotion = working.vectors, working.emotion
    if vectors is None or emotion is None:
        return
    label, start = "Run sweep", None
    with shown_errors():
        settings = steer_form(vectors, emotion)
        texts = n_texts(settings)
        require_sweep(app_settings(), texts, settings.max_new_tokens)
        label = f"Run sweep: {texts:,} texts, {about(sweep_seconds(working.info, texts, settings.max_new_tokens))}"
        start = partial(start_run, working, SWEEP, settings)
    limit_note("sweep")
    run_button(label, PAGE, start, key="run_sweep")
