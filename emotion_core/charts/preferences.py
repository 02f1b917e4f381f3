"""Charts of preferences: readings against scores, emotions by correlation, shifts of the steered half."""

from __future__ import annotations

from typing import Any, cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.behavior.bradley_terry import elo
from emotion_core.behavior.preferences import Preferences
from emotion_core.behavior.steered_preferences import SteeredPreferences
from emotion_core.charts.palette import CATEGORICAL, CHOSEN, COOL, INK, NULL, NULL_OPACITY, WARM, capital

# Emotions drawn in a ranking; the table has all.
MOST_BARS = 24


def activity_table(found: Preferences) -> pd.DataFrame:
    """One row an activity: score, interval, Elo, and the reading of every emotion."""
    scores = found.scores
    table = pd.DataFrame(
        {
            "activity": list(found.settings.activities),
            "kind": list(found.settings.kinds or ("",) * len(found.settings.activities)),
            "score": scores.score,
            "low": scores.low,
            "high": scores.high,
            "elo": elo(scores.score),
        }
    )
    return pd.concat([table, pd.DataFrame(found.readings, columns=[f"reading {e}" for e in found.emotions])], axis=1)


def emotion_table(found: Preferences) -> pd.DataFrame:
    """One row an emotion, the strongest correlation first."""
    one = found.correlation
    table = pd.DataFrame(
        {"emotion": found.emotions, "r": one.r, "low": one.low, "high": one.high, "p": one.p_value, "q": one.q_value}
    )
    table["verdict"] = ["beyond chance" if found.evidence(k) else "within chance" for k in range(len(found.emotions))]
    return table.sort_values("r", key=np.abs, ascending=False, ignore_index=True)


def scatter(found: Preferences, emotion: str) -> alt.LayerChart:
    """Preference against the reading of one emotion, a point an activity; the point selection is `activity`."""
    k = found.emotions.index(emotion)
    table = activity_table(found)[["activity", "kind", "score", "low", "high", "elo"]].assign(
        reading=found.readings[:, k]
    )
    kinds = list(dict.fromkeys(table["kind"]))
    base = alt.Chart(table).encode(x=alt.X("reading:Q", title=f"Reading of {emotion} (SD over the activities)"))
    line = base.transform_regression("reading", "score").mark_line(color=NULL, strokeDash=[5, 4])
    line = line.encode(y="score:Q")
    spans = base.mark_rule(opacity=0.35, color=NULL).encode(y="low:Q", y2="high:Q")
    pick = alt.selection_point(name="activity", fields=["activity"])
    colour: Any = alt.value(CHOSEN)
    if 1 < len(kinds) <= len(CATEGORICAL):
        colour = alt.Color(
            "kind:N",
            scale=alt.Scale(domain=kinds, range=list(CATEGORICAL[: len(kinds)])),
            legend=alt.Legend(orient="bottom", title=None, columns=2),
        )
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        y=alt.Y("score:Q", title="Preference (nats)"),
        color=colour,
        opacity=alt.condition(pick, alt.value(1.0), alt.value(0.35)),
        tooltip=[
            alt.Tooltip("activity:N", title="Activity"),
            alt.Tooltip("kind:N", title="Kind"),
            alt.Tooltip("score:Q", title="Preference", format="+.2f"),
            alt.Tooltip("low:Q", title="95 % interval from", format="+.2f"),
            alt.Tooltip("high:Q", title="to", format="+.2f"),
            alt.Tooltip("elo:Q", title="Elo", format=".0f"),
            alt.Tooltip("reading:Q", title="Reading (SD)", format="+.2f"),
        ],
    )
    dots = dots.add_params(pick)
    one = found.correlation
    goes = "goes with" if one.r[k] > 0 else "goes against"
    text = f"No more of a link between {emotion} and preference than of control directions"
    if found.evidence(k):
        text = f"{capital(emotion)} {goes} preference, more than control directions do"
    n = len(found.emotions)
    corrected = f", corrected for {n} emotions {one.q_value[k]:.4f}" if n > 1 else ""
    subtitle = (
        f"r = {one.r[k]:+.2f}, p = {one.p_value[k]:.4f}{corrected}; {found.against.range_words(k) or 'no controls'}; "
        f"{len(table)} activities, layer {found.layer}"
    )
    if not found.orders.testable:
        text, subtitle = "Not testable here: the answers do not depend on the activities", subtitle
    title = alt.TitleParams(text, subtitle=subtitle, anchor="start")
    return cast(alt.LayerChart, alt.layer(line, spans, dots).properties(title=title, height=380))


def correlations(found: Preferences, chosen: str) -> alt.LayerChart:
    """Emotions by their correlation with preference; the strongest ones and the chosen one."""
    table = emotion_table(found).dropna(subset=["r"])
    shown = table.head(MOST_BARS)
    if chosen not in set(shown["emotion"]):
        shown = pd.concat([shown, table[table["emotion"] == chosen]])
    shown = shown.sort_values("r", ascending=False)
    n = int((table["verdict"] == "beyond chance").sum())
    title = alt.TitleParams(
        f"{n} of {len(found.emotions)} emotions go with or against preference beyond chance",
        subtitle="Correlation over activities (interval: as if independent); filled: beyond control directions",
        anchor="start",
    )
    return _ranking(shown, "r", "Correlation with preference", title, (-1.0, 1.0), None)


def shift_table(moved: SteeredPreferences) -> pd.DataFrame:
    """One row a steered emotion."""
    table = pd.DataFrame(
        {
            "emotion": moved.settings.emotions,
            "shift": moved.shift,
            "low": moved.low,
            "high": moved.high,
            "p": moved.p_value,
            "q": moved.q_value,
            "r": moved.r,
        }
    )
    table["verdict"] = [
        "beyond chance" if moved.evidence(k) else "within chance" for k in range(len(moved.settings.emotions))
    ]
    return table


def shifts(moved: SteeredPreferences) -> alt.LayerChart:
    """How far each emotion moves the steered half, over the band of control directions."""
    table = shift_table(moved).sort_values("shift", ascending=False)
    n = int((table["verdict"] == "beyond chance").sum())
    title = alt.TitleParams(
        f"{n} of {len(table)} emotions move the steered half beyond control directions",
        subtitle=f"Strength {moved.settings.strength:g} at layer {moved.layer} on the tokens of "
        f"{int(moved.steered.sum())} of {len(moved.steered)} activities; grey: 95 % of control directions",
        anchor="start",
    )
    band = None if moved.band_low is None or moved.band_high is None else (moved.band_low, moved.band_high)
    return _ranking(table, "shift", "Steered half against the other half (nats)", title, None, band)


def follows(moved: SteeredPreferences) -> alt.LayerChart:
    """Shift under steering against correlation without it, a point an emotion."""
    table = shift_table(moved)
    base = alt.Chart(table).encode(
        x=alt.X("r:Q", title="Correlation with preference, unsteered"),
        y=alt.Y("shift:Q", title="Shift under steering (nats)"),
    )
    line = base.transform_regression("r", "shift").mark_line(color=NULL, strokeDash=[5, 4])
    dots = base.mark_point(filled=True, size=70, opacity=1, color=CHOSEN).encode(
        tooltip=[
            alt.Tooltip("emotion:N", title="Emotion"),
            alt.Tooltip("r:Q", title="Correlation", format="+.2f"),
            alt.Tooltip("shift:Q", title="Shift", format="+.2f"),
        ]
    )
    names = base.mark_text(align="left", dx=7, fontSize=11, color=INK).encode(text="emotion:N")
    one = moved.follows
    text, subtitle = "Too few emotions to compare shift with correlation", "at least 4 are needed"
    if one is not None and np.isfinite(one.r):
        does = "more" if one.evidence else "no more clearly"
        text = f"The shift follows the correlation {does} than with control directions"
        p = f", p = {one.p_value:.4f}" if np.isfinite(one.p_value) else ""
        subtitle = (
            f"r = {one.r:+.2f} ({one.low:+.2f} to {one.high:+.2f}) over {len(table)} emotions; over "
            f"{one.beside or 'no controls'}{p}; published for a large model: +.85, without controls"
        )
    title = alt.TitleParams(text, subtitle=subtitle, anchor="start")
    layers = [line, dots, names] if len(table) <= 40 else [line, dots]
    return cast(alt.LayerChart, alt.layer(*layers).properties(title=title, height=330))


def _ranking(
    table: pd.DataFrame,
    field: str,
    axis: str,
    title: alt.TitleParams,
    domain: tuple[float, float] | None,
    band: tuple[float, float] | None,
) -> alt.LayerChart:
    order = list(table["emotion"])
    scale = alt.Scale(domain=list(domain)) if domain else alt.Undefined
    y = alt.Y("emotion:N", sort=order, title=None)
    base = alt.Chart(table).encode(y=y)
    layers: list[alt.Chart] = []
    if band is not None:
        ends = pd.DataFrame({"low": [band[0]], "high": [band[1]]})
        layers.append(alt.Chart(ends).mark_rect(color=NULL, opacity=NULL_OPACITY).encode(x="low:Q", x2="high:Q"))
    layers.append(alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=NULL, strokeDash=[3, 3]).encode(x="x:Q"))
    layers.append(base.mark_rule(strokeWidth=2, color=NULL).encode(x="low:Q", x2="high:Q"))
    verdicts = ["beyond chance", "within chance"]
    layers.append(
        base.mark_point(size=70, opacity=1, strokeWidth=2).encode(
            x=alt.X(f"{field}:Q", title=axis, scale=scale),
            color=alt.condition(f"datum.{field} > 0", alt.value(WARM), alt.value(COOL)),
            fillOpacity=alt.condition("datum.verdict == 'beyond chance'", alt.value(1), alt.value(0)),
            fill=alt.condition(f"datum.{field} > 0", alt.value(WARM), alt.value(COOL)),
            shape=alt.Shape("verdict:N", scale=alt.Scale(domain=verdicts, range=["circle", "diamond"]), legend=None),
            tooltip=[
                alt.Tooltip("emotion:N", title="Emotion"),
                alt.Tooltip(f"{field}:Q", title=axis, format="+.2f"),
                alt.Tooltip("low:Q", title="95 % interval from", format="+.2f"),
                alt.Tooltip("high:Q", title="to", format="+.2f"),
                alt.Tooltip("p:Q", title="p", format=".4f"),
                alt.Tooltip("q:Q", title="corrected", format=".4f"),
                alt.Tooltip("verdict:N", title="Verdict"),
            ],
        )
    )
    height = 22 * len(order) + 75  # the axis takes a part of it
    return cast(alt.LayerChart, alt.layer(*layers).properties(title=title, height=height))
