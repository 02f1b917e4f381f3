"""Charts of preferences and behaviours."""

from __future__ import annotations

from typing import Any, cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.base.numbers import counted
from emotion_core.behavior.behaviors import Behaviors
from emotion_core.behavior.effects import EffectMatrix, effect_matrix, emotion_rows, rate_rows
from emotion_core.behavior.preferences import Preferences
from emotion_core.behavior.rates import no_room
from emotion_core.behavior.scale import elo
from emotion_core.behavior.steered_preferences import SteeredPreferences
from emotion_core.behavior.warning import EarlyWarning
from emotion_core.charts.palette import CATEGORICAL, CHOSEN, COOL, INK, NULL, NULL_OPACITY, WARM, capital, diverging
from emotion_core.charts.parts import Q, between, by_name, layered, null_band, tips
from emotion_core.steering.finding import signed
from emotion_core.steering.settings import unit_words

# Charts of behaviours: rates against strength as small multiples, coherence beneath, effects as a matrix, ROC.

_NO_PREFERENCE = "Not testable here: the answers do not depend on the activities"
_VERDICTS = {"evidence": WARM, "no evidence": COOL, "incoherent": NULL, "unsteered": CHOSEN}


def rate_table(found: Behaviors) -> pd.DataFrame:
    """One row a scenario, direction and strength, the control directions among them: what the CSV holds."""
    return pd.DataFrame([vars(row) for row in rate_rows(found)])


def rates(found: Behaviors, emotion: str, scenario: str) -> alt.LayerChart:
    """Rate of one behaviour against the strength of one emotion, over the band of control directions."""
    scene = [one.name for one in found.settings.scenes].index(scenario)
    rows = emotion_rows(found, scene, found.settings.emotions.index(emotion))
    table = pd.DataFrame([vars(row) for row in rows if row.direction == "emotion"])
    table["shown"] = table["probability"].astype(float).fillna(table["rate"].astype(float))
    table["verdict"] = [
        "unsteered" if s == 0 else "incoherent" if not c else "evidence" if e else "no evidence"
        for s, c, e in zip(table["strength"], table["coherent"], table["evidence"], strict=True)
    ]
    zero = table["strength"] == 0
    # At strength 0 a control direction does nothing: the band closes there.
    for end in ("null_low", "null_high"):
        table[end] = table[end].astype(float).where(~zero, table["shown"])
    base = alt.Chart(table).encode(x=alt.X("strength:Q", title="Strength", axis=alt.Axis(tickCount=5)))
    y = alt.Y("shown:Q", title="Rate", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    band = null_band(base, "Rate", scale=alt.Scale(domain=[0, 1]))
    spans = base.mark_rule(strokeWidth=2).encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q"), color=_verdict_colour())
    line = base.mark_line(color=NULL, strokeWidth=1.5).encode(y=y)
    shapes = alt.Scale(domain=list(_VERDICTS), range=["circle", "diamond", "cross", "square"])
    dots = base.mark_point(filled=True, size=80, opacity=1).encode(
        y=y, color=_verdict_colour(), shape=alt.Shape("verdict:N", scale=shapes, legend=None), tooltip=_tooltip()
    )
    layers: list[alt.Chart] = [band, spans, line, dots]
    words = [row for row in rows if row.direction == "prompt"]
    if words:
        shown = words[0].probability if words[0].probability is not None else words[0].rate
        rule = alt.Chart(pd.DataFrame({"rate": [shown], "text": ["emotion in words, no steering"]}))
        layers.append(
            rule.mark_rule(color=CHOSEN, strokeDash=[6, 4]).encode(y=alt.Y("rate:Q"), tooltip=["text:N", "rate:Q"])
        )
    return cast(
        alt.LayerChart, alt.layer(*layers).properties(title=_title(found, table, emotion, scenario), height=250)
    )


def coherence(found: Behaviors, emotion: str) -> alt.LayerChart:
    """Surprise of the continuations under one emotion, over all scenarios, with the limit of what makes sense."""
    e, measured = found.settings.emotions.index(emotion), found.coherence
    table = pd.DataFrame({"strength": found.settings.strengths, "excess": measured.surprise[e]}).dropna()
    base = alt.Chart(table).encode(x=alt.X("strength:Q", title=f"Strength ({unit_words(found.settings.operation)})"))
    y = alt.Y("excess:Q", title="Excess (nats)")
    layers: list[alt.Chart] = [base.mark_line(color=COOL).encode(y=y)]
    tip = [alt.Tooltip("strength:Q", format="+.2f"), alt.Tooltip("excess:Q", title="Nats a token", format="+.2f")]
    layers.append(base.mark_point(filled=True, size=55, opacity=1, color=COOL).encode(y=y, tooltip=tip))
    if np.isfinite(measured.limits[0]):
        rule = alt.Chart(pd.DataFrame({"limit": [measured.limits[0]]}))
        layers.append(rule.mark_rule(color=WARM, strokeDash=[5, 4]).encode(y=alt.Y("limit:Q")))
    beyond = [signed(s) for s in table.loc[table["excess"] > measured.limits[0], "strength"]]
    text = (
        f"Continuations lose coherence at {', '.join(beyond)}"
        if beyond
        else "Continuations make sense at every strength"
    )
    subtitle = "Surprise for the unsteered model above that of unsteered texts, over all scenarios; dashed: the limit"
    return layered(layers, title=text, subtitle=subtitle, described=True, height=210)


def matrix_table(matrix: EffectMatrix) -> pd.DataFrame:
    """One row an emotion and scenario."""
    return pd.DataFrame(matrix.to_json()["cells"])


def effects(found: Behaviors, strength: float) -> alt.LayerChart:
    """Emotions by scenarios: change of the log-odds, warm where the behaviour rises; a dot marks evidence."""
    matrix = effect_matrix(found, strength)
    table = matrix_table(matrix)
    reach = float(np.nanmax(np.abs(table["effect"].astype(float)), initial=0.1))
    base = alt.Chart(table).encode(
        x=alt.X(
            "scenario:N",
            sort=list(matrix.scenarios),
            title=None,
            axis=alt.Axis(labelAngle=-40, labelLimit=160, labelOverlap=False),
        ),
        y=alt.Y("emotion:N", sort=list(matrix.emotions), title=None),
    )
    cells = base.mark_rect().encode(
        color=alt.Color("effect:Q", scale=diverging(reach), title="Log-odds", legend=alt.Legend(orient="bottom")),
        tooltip=tips(
            emotion="Emotion",
            scenario="Scenario",
            effect=("Change of the log-odds", "+.2f"),
            **between("null_low", "null_high", "+.2f", words="Control directions from"),
            p_value=("p", ".4f"),
            q_value=("corrected", ".4f"),
            note="Note",
        ),
    )
    marks = base.transform_filter("datum.evidence").mark_point(filled=True, size=45, color=INK, opacity=1)
    n, tested = int(table["evidence"].sum()), int(table["q_value"].notna().sum())
    left_out = f" that can be tested, of {len(table)}," if tested < len(table) else ""
    title = f"{n} of {counted(tested, 'effect')}{left_out} lie beyond control directions"
    height = 26 * len(matrix.emotions) + 190  # with room for names and legend beneath
    return layered(
        [cells, marks],
        title=title if tested else "No effect can be tested: no scenario can move both ways",
        subtitle=f"Strength {strength:+g}, layer {found.layer}; dot: p below .05, corrected for the whole run, and "
        f"coherent; {len(found.control_kinds)} control directions",
        height=height,
    )


def roc(warning: EarlyWarning, emotion: str) -> alt.LayerChart:
    """ROC of the reading before the decision."""
    e = warning.emotions.index(emotion)
    false, true = warning.curve(e)
    table = pd.DataFrame({"false": false, "true": true})
    x = alt.X("false:Q", title="False alarms", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    y = alt.Y("true:Q", title="Behaviours foreseen", scale=alt.Scale(domain=[0, 1]), axis=alt.Axis(format="%"))
    line = alt.Chart(table).mark_line(color=CHOSEN, strokeWidth=2.5).encode(x=x, y=y, order=alt.Order("false:Q"))
    chance = alt.Chart(pd.DataFrame({"false": [0, 1], "true": [0, 1]}))
    diagonal = chance.mark_line(color=NULL, strokeDash=[4, 4]).encode(x=x, y=y)
    says = "tells the decision" if warning.evidence(e) else "does not tell the decision beyond chance"
    subtitle = (
        f"AUROC {warning.auroc[e]:.2f} ({warning.low[e]:.2f} to {warning.high[e]:.2f}) inside scenarios, corrected "
        f"p = {warning.q_value[e]:.4f}; {warning.against.range_words(e) or 'no controls'}; "
        f"{warning.decided.size} cases, {int(warning.decided.sum())} with the behaviour"
    )
    return layered(
        [diagonal, line], title=f"The {emotion} reading before the decision {says}", subtitle=subtitle, height=320
    )


def _title(found: Behaviors, table: pd.DataFrame, emotion: str, scenario: str) -> alt.TitleParams:
    s = [scene.name for scene in found.settings.scenes].index(scenario)
    note = no_room(found.unsteered(s))
    out = table[table["evidence"]]
    zero = float(table.loc[table["strength"] == 0, "shown"].iloc[0])
    if len(out):
        ways = {"up" if value > zero else "down" for value in out["shown"]}
        way = " and ".join(sorted(ways, reverse=True))
        text = f"{scenario}: {emotion} moves it {way} beyond chance"
    elif note:
        text = f"{scenario}: not testable here"
    else:
        text = f"{scenario}: no effect of {emotion} beyond chance"
    left = f"{note}, so it is left out" if note else f"unsteered {zero:.0%}"
    kind = "probability among the options" if found.settings.scenes[s].options else "share of texts with the pattern"
    return alt.TitleParams(text, subtitle=f"{kind}; {left}", anchor="start")


def _verdict_colour() -> alt.Color:
    scale = alt.Scale(domain=list(_VERDICTS), range=list(_VERDICTS.values()))
    return alt.Color("verdict:N", scale=scale, legend=None)  # one line under all multiples says it


def _tooltip() -> list[Any]:
    return tips(
        strength=("Strength", "+.3~f"),
        shown=("Rate", ".1%"),
        rate=("Of answers or texts", ".1%"),
        **between("low", "high", ".1%"),
        n=("Answers or texts", Q),
        **between("null_low", "null_high", ".1%", words="Control directions from"),
        verdict="Verdict",
    )


# Charts of preferences: readings against scores, emotions by correlation, shifts of the steered half.

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
    line = line.encode(y=alt.Y("score:Q"))
    spans = base.mark_rule(opacity=0.35, color=NULL).encode(y=alt.Y("low:Q"), y2=alt.Y2("high:Q"))
    pick = alt.selection_point(name="activity", fields=["activity"])
    colour: Any = alt.value(CHOSEN)
    if 1 < len(kinds) <= len(CATEGORICAL):
        colour = by_name("kind", kinds, columns=2)
    dots = base.mark_point(filled=True, size=70, opacity=1).encode(
        y=alt.Y("score:Q", title="Preference (nats)"),
        color=colour,
        opacity=alt.condition(pick, alt.value(1.0), alt.value(0.35)),
        tooltip=tips(
            activity="Activity",
            kind="Kind",
            score=("Preference", "+.2f"),
            **between("low", "high", "+.2f"),
            elo=("Elo", ".0f"),
            reading=("Reading (SD)", "+.2f"),
        ),
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
        text = _NO_PREFERENCE
    return layered([line, spans, dots], title=text, subtitle=subtitle, height=380)


def correlations(found: Preferences, chosen: str) -> alt.LayerChart:
    """Emotions by their correlation with preference; the strongest ones and the chosen one."""
    table = emotion_table(found).dropna(subset=["r"])
    shown = table.head(MOST_BARS)
    if chosen not in set(shown["emotion"]):
        shown = pd.concat([shown, table[table["emotion"] == chosen]])
    shown = shown.sort_values("r", ascending=False)
    n = int((table["verdict"] == "beyond chance").sum())
    text = f"{n} of {len(found.emotions)} emotions go with or against preference beyond chance"
    words = {
        "title": text if found.orders.testable else _NO_PREFERENCE,
        "subtitle": "Correlation over activities (interval: as if independent); filled: beyond control directions",
    }
    return _ranking(shown, "r", "Correlation with preference", (-1.0, 1.0), None, **words)


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
    words = {
        "title": f"{n} of {len(table)} emotions move the steered half beyond control directions",
        "subtitle": f"Strength {moved.settings.strength:g} at layer {moved.layer} on the tokens of "
        f"{int(moved.steered.sum())} of {len(moved.steered)} activities; grey: 95 % of control directions",
    }
    band = None if moved.band_low is None or moved.band_high is None else (moved.band_low, moved.band_high)
    return _ranking(table, "shift", "Steered half against the other half (nats)", None, band, **words)


def follows(moved: SteeredPreferences) -> alt.LayerChart:
    """Shift under steering against correlation without it, a point an emotion."""
    table = shift_table(moved)
    base = alt.Chart(table).encode(
        x=alt.X("r:Q", title="Correlation with preference, unsteered"),
        y=alt.Y("shift:Q", title="Shift under steering (nats)"),
    )
    line = base.transform_regression("r", "shift").mark_line(color=NULL, strokeDash=[5, 4])
    dots = base.mark_point(filled=True, size=70, opacity=1, color=CHOSEN).encode(
        tooltip=tips(emotion="Emotion", r=("Correlation", "+.2f"), shift=("Shift", "+.2f"))
    )
    names = base.mark_text(align="left", dx=7, fontSize=11, color=INK).encode(text=alt.Text("emotion:N"))
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
    layers = [line, dots, names] if len(table) <= 40 else [line, dots]
    return layered(layers, title=text, subtitle=subtitle, height=330)


def _ranking(
    table: pd.DataFrame,
    field: str,
    axis: str,
    domain: tuple[float, float] | None,
    band: tuple[float, float] | None,
    **words: str,
) -> alt.LayerChart:
    order = list(table["emotion"])
    scale = alt.Scale(domain=list(domain)) if domain else alt.Undefined
    y = alt.Y("emotion:N", sort=order, title=None)
    base = alt.Chart(table).encode(y=y)
    layers: list[alt.Chart] = []
    if band is not None:
        ends = pd.DataFrame({"low": [band[0]], "high": [band[1]]})
        layers.append(
            alt.Chart(ends).mark_rect(color=NULL, opacity=NULL_OPACITY).encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"))
        )
    layers.append(alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=NULL, strokeDash=[3, 3]).encode(x=alt.X("x:Q")))
    layers.append(base.mark_rule(strokeWidth=2, color=NULL).encode(x=alt.X("low:Q"), x2=alt.X2("high:Q")))
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
    return layered(layers, **words, height=height)
