"""The texts behind a rate, where a person can read them and correct what the pattern decided."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from emotion_core.base.errors import RunError
from emotion_core.behavior.behaviors import Behaviors, BehaviorText
from emotion_core.behavior.rates import agreement
from emotion_core.charts.palette import table_bytes
from emotion_core.runs.corrections import load_corrections, save_corrections
from emotion_core.runs.store import Run
from ui.errors import show_error
from ui.figure import download
from ui.services import registry

_JUDGEMENTS = {"": None, "counts": True, "does not": False}
_WORDS = {decision: word for word, decision in _JUDGEMENTS.items()}
_Numbered = list[tuple[int, BehaviorText]]  # with their number in the result


def behavior_texts(found: Behaviors, run: Run) -> None:
    """Texts of one scenario, direction and strength in a table with a column for the person's own decision."""
    if not found.texts:
        return
    st.header("The texts", anchor=False)
    saved = _saved(run)
    scenes = sorted({one.scene for one in found.texts})
    one, two, three = st.columns([2, 2, 1])
    scene = one.selectbox(
        "Scenario", scenes, format_func=lambda s: found.settings.scenes[s].name, key="texts-scene", bind="query-params"
    )
    own = [(i, text) for i, text in enumerate(found.texts) if text.scene == scene]
    names = list(dict.fromkeys(_direction(found, text) for _, text in own))
    name = two.selectbox("Direction", names, key=f"texts-direction-{scene}", bind="query-params")
    strengths = sorted({text.strength for _, text in own if _direction(found, text) == name})
    strength = three.selectbox(
        "Strength",
        strengths,
        format_func=lambda s: f"{s:+g}" if s else "0",
        key=f"texts-strength-{scene}-{name}",
        bind="query-params",
    )
    shown = [(i, text) for i, text in own if _direction(found, text) == name and text.strength == strength]
    has_pattern = found.settings.scenes[scene].pattern != ""
    saved = _judged(shown, saved, run, f"judged {run.id} {scene} {name} {strength}", has_pattern)
    _overall(found, saved)


def _saved(run: Run) -> dict[int, bool]:
    try:
        return load_corrections(registry(), run)
    except RunError as error:
        show_error(error)
        return {}


def _direction(found: Behaviors, text: BehaviorText) -> str:
    emotions = found.settings.emotions
    if text.in_words >= 0:
        return f"{emotions[text.in_words]} in words"
    if text.direction < 0:
        return "unsteered"
    if text.direction < len(emotions):
        return emotions[text.direction]
    return f"control {text.direction - len(emotions) + 1}"


def _judged(shown: _Numbered, saved: dict[int, bool], run: Run, key: str, has_pattern: bool) -> dict[int, bool]:
    """The table; keeps what was changed in it and returns all decisions."""
    table = pd.DataFrame(
        {
            "text": [text.text.strip() for _, text in shown],
            "pattern": ["counts" if text.counted else "does not" for _, text in shown] if has_pattern else "",
            "yours": [_WORDS[saved.get(i)] for i, _ in shown],
            "surprise": [text.surprise for _, text in shown],
            "sample": [text.sample + 1 for _, text in shown],
        }
    )
    columns = ["text", *(["pattern"] if has_pattern else []), "yours", "surprise", "sample"]
    edited = st.data_editor(
        table[columns],
        hide_index=True,
        width="stretch",
        disabled=[one for one in columns if one != "yours"],
        placeholder="not judged",
        key=f"editor {key}",
        column_config={
            "text": st.column_config.TextColumn("Text", width="large"),
            "pattern": st.column_config.TextColumn("Pattern", help="Whether the pattern is in the text."),
            "yours": st.column_config.SelectboxColumn(
                "Yours",
                options=list(_JUDGEMENTS),
                help="Your own decision, where you have read the text. It is kept with the run; the rates in the "
                "charts stay those of the pattern.",
            ),
            "surprise": st.column_config.NumberColumn("Surprise", format="%.2f", help="Nats a token, unsteered."),
            "sample": st.column_config.NumberColumn("Sample"),
        },
    )
    person = [_JUDGEMENTS[str(one or "")] for one in edited["yours"]]
    changed = {i: one for (i, _), one in zip(shown, person, strict=True) if one is not saved.get(i)}
    if changed:
        try:
            saved = save_corrections(registry(), run, changed)
        except RunError as error:
            show_error(error)
    if has_pattern:
        _agreement([bool(text.counted) for _, text in shown], person)
    elif any(one is not None for one in person):
        judged = [bool(one) for one in person if one is not None]
        st.caption(f"You counted {sum(judged)} of {len(judged)} texts you have judged.")
    download("These texts as CSV", lambda: table_bytes(edited), "texts.csv", "text/csv", key=f"download {key}")
    return saved


def _agreement(pattern: list[bool], person: list[bool | None]) -> None:
    found = agreement(pattern, person)
    rate = f"{found.rate:.0%} ({found.rate_low:.0%} to {found.rate_high:.0%})"
    if not found.n:
        st.caption(f"By the pattern {rate} count. Fill in the column “Yours” to check it.")
        return
    kappa = "" if math.isnan(found.kappa) else f", beyond chance (kappa) {found.kappa:.2f}"
    st.caption(
        f"You and the pattern agree on {found.share:.0%} ({found.low:.0%} to {found.high:.0%}) of {found.n} "
        f"texts{kappa}. With your corrections, {found.changed} of them turned around, {rate} count."
    )


def _overall(found: Behaviors, saved: dict[int, bool]) -> None:
    """How often pattern and person agree over all texts of the run that were judged, with a way to take them along."""
    judged = [(i, one) for i, one in enumerate(found.texts) if i in saved and one.counted is not None]
    if not judged:
        return
    all_of_them = agreement([bool(one.counted) for _, one in judged], [saved[i] for i, _ in judged])
    st.caption(
        f"**Over the whole run** pattern and person agree on {all_of_them.share:.0%} ({all_of_them.low:.0%} to "
        f"{all_of_them.high:.0%}) of {all_of_them.n} judged texts. Decisions are kept with the run."
    )
    table = pd.DataFrame(
        {
            "scenario": [found.settings.scenes[one.scene].name for _, one in judged],
            "direction": [_direction(found, one) for _, one in judged],
            "strength": [one.strength for _, one in judged],
            "sample": [one.sample + 1 for _, one in judged],
            "text": [one.text.strip() for _, one in judged],
            "pattern": [bool(one.counted) for _, one in judged],
            "person": [saved[i] for i, _ in judged],
        }
    )
    download("All decisions as CSV", lambda: table_bytes(table), "decisions.csv", "text/csv", key="all-decisions")
