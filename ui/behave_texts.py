"""The texts behind a rate, where a person can read them and correct what the pattern decided."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from emotion_core.behavior.behaviors import Behaviors
from emotion_core.behavior.rates import agreement
from emotion_core.behavior.texts import BehaviorText
from emotion_core.charts.export import table_bytes
from ui.downloads import download

_JUDGEMENTS = {"": None, "counts": True, "does not": False}


def behavior_texts(found: Behaviors, run_id: str) -> None:
    """Texts of one scenario, direction and strength in a table with a column for the person's own decision."""
    if not found.texts:
        return
    st.subheader("The texts", anchor=False)
    scenes = sorted({one.scene for one in found.texts})
    one, two, three = st.columns([2, 2, 1])
    scene = one.selectbox("Scenario", scenes, format_func=lambda s: found.settings.scenes[s].name, key="texts-scene")
    own = [text for text in found.texts if text.scene == scene]
    names = list(dict.fromkeys(_direction(found, text) for text in own))
    name = two.selectbox("Direction", names, key=f"texts-direction-{scene}")
    strengths = sorted({text.strength for text in own if _direction(found, text) == name})
    strength = three.selectbox(
        "Strength", strengths, format_func=lambda s: f"{s:+g}" if s else "0", key=f"texts-strength-{scene}-{name}"
    )
    shown = [text for text in own if _direction(found, text) == name and text.strength == strength]
    _judged(shown, f"judged {run_id} {scene} {name} {strength}", found.settings.scenes[scene].pattern != "")


def _direction(found: Behaviors, text: BehaviorText) -> str:
    emotions = found.settings.emotions
    if text.in_words >= 0:
        return f"{emotions[text.in_words]} in words"
    if text.direction < 0:
        return "unsteered"
    if text.direction < len(emotions):
        return emotions[text.direction]
    return f"control {text.direction - len(emotions) + 1}"


def _judged(shown: list[BehaviorText], key: str, has_pattern: bool) -> None:
    saved: dict[int, str] = st.session_state.setdefault(key, {})
    table = pd.DataFrame(
        {
            "text": [text.text.strip() for text in shown],
            "pattern": ["counts" if text.counted else "does not" for text in shown] if has_pattern else "",
            "yours": [saved.get(text.sample, "") for text in shown],
            "surprise": [text.surprise for text in shown],
            "sample": [text.sample + 1 for text in shown],
        }
    )
    columns = ["text", *(["pattern"] if has_pattern else []), "yours", "surprise", "sample"]
    edited = st.data_editor(
        table[columns],
        hide_index=True,
        width="stretch",
        disabled=[one for one in columns if one != "yours"],
        key=f"editor {key}",
        column_config={
            "text": st.column_config.TextColumn("Text", width="large"),
            "pattern": st.column_config.TextColumn("Pattern", help="Whether the pattern is in the text."),
            "yours": st.column_config.SelectboxColumn(
                "Yours", options=list(_JUDGEMENTS), help="Your own decision, where you have read the text."
            ),
            "surprise": st.column_config.NumberColumn("Surprise", format="%.2f", help="Nats a token, unsteered."),
            "sample": st.column_config.NumberColumn("Sample"),
        },
    )
    chosen = [str(one or "") for one in edited["yours"]]
    saved.update({text.sample: one for text, one in zip(shown, chosen, strict=True)})
    person = [_JUDGEMENTS[one] for one in chosen]
    if has_pattern:
        _agreement([bool(text.counted) for text in shown], person)
    elif any(one is not None for one in person):
        judged = [bool(one) for one in person if one is not None]
        st.caption(f"You counted {sum(judged)} of {len(judged)} texts you have judged.")
    download("These texts as CSV", lambda: table_bytes(edited), "texts.csv", "text/csv", key=f"download {key}")


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
