"""Charts of a sweep: what each strength does to the emotion, and whether the texts still make sense."""

from __future__ import annotations

from typing import Any, cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.base.numbers import counted
from emotion_core.charts.palette import CHOSEN, COOL, INK, NEGATIVE, NULL, POSITIVE, USABLE, WARM
from emotion_core.charts.parts import Q, between, layered, null_band, tips, zero_line
from emotion_core.evaluation.report import PublishedStudy
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.stats.intervals import TAIL, p_words
from emotion_core.steering.finding import signed, strength_words
from emotion_core.steering.settings import unit_words
from emotion_core.steering.summary import ControlKind, StrengthSummary, interval_words, kind_words
from emotion_core.steering.sweep import Sweep

# Named controls on a dose-response chart: label-shuffled vectors, other emotions, and the prompt-only rival.

_COLOURS: dict[ControlKind, str] = {"shuffled": NULL, "emotion": CHOSEN, "words": POSITIVE}
_DASHES: dict[ControlKind, list[int]] = {"shuffled": [4, 3], "emotion": [8, 3], "words": [2, 3]}
COLUMNS = ("name", "kind", "strength", "effect", "effect_low", "effect_high", "surprise", "n")


def shown_name(name: str, words: str = "") -> str:
    """A direction of a sweep as a person reads it."""
    if name == "in words":
        return f"in words: “{words}”"
    for start, words in (("shuffled-", "shuffled labels "), ("control-", "control "), ("far-", "far control ")):
        name = name.replace(start, words) if name.startswith(start) else name
    return name


def comparison_table(sweep: Sweep) -> pd.DataFrame:
    """One row a named control and strength; the prompt-only rival has the one strength 0."""
    rows = [
        {"name": shown_name(one.name, sweep.settings.in_words), "kind": one.kind, **vars(point)}
        for one in sweep.comparisons
        for point in one.points
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def comparison_layers(sweep: Sweep, x: alt.X) -> list[alt.Chart]:
    """A dashed line a steered control, named at its end, and one across the chart for the words.

    Args:
        sweep: The sweep.
        x: Strength, as the chart beneath encodes it.
    """
    table = comparison_table(sweep)
    layers: list[alt.Chart] = []
    for kind in ("shuffled", "emotion", "words"):
        own = table[(table["kind"] == kind) & table["effect"].notna()]
        if own.empty:
            continue
        tooltip = tips(
            name="Control",
            strength=("Strength", "+.3~f"),
            effect=("Change (SD)", "+.2f"),
            **between("effect_low", "effect_high", "+.2f"),
            n=("Texts", Q),
        )
        if kind == "words":
            rule = alt.Chart(own).mark_rule(color=_COLOURS[kind], strokeDash=_DASHES[kind], strokeWidth=1.5)
            layers.append(rule.encode(y=alt.Y("effect:Q"), tooltip=tooltip))
            text = alt.Chart(own).mark_text(color=INK, align="left", x=4, dy=-7)
            layers.append(text.encode(y=alt.Y("effect:Q"), text=alt.Text("name:N")))
            continue
        line = alt.Chart(own).mark_line(color=_COLOURS[kind], strokeDash=_DASHES[kind], strokeWidth=1.5, point=False)
        layers.append(line.encode(x=x, y=alt.Y("effect:Q"), detail=alt.Detail("name:N"), tooltip=tooltip))
        ends = own.loc[own.groupby("name")["strength"].idxmax()]
        if kind == "emotion":
            text = alt.Chart(ends).mark_text(color=INK, align="right", dy=-8)
            layers.append(text.encode(x=x, y=alt.Y("effect:Q"), text=alt.Text("name:N")))
    return layers


# The y axes of the charts that stand beneath each other start at the same place.
_AXIS_EXTENT = 48


def summary_table(sweep: Sweep) -> pd.DataFrame:
    """One row a strength: what the charts draw and the CSV holds.

    No strength has a verdict of its own: `line_evidence` is that of the one line that is tested, the same in all rows.
    """
    table = pd.DataFrame([one.to_json() for one in sweep.strengths]).drop(columns="evidence")
    table["texts"] = [_state(one) for one in sweep.strengths]
    table["line_evidence"] = sweep.evidence
    for one in sweep.comparisons:
        found = {point.strength: point.effect for point in one.points}
        table[one.name] = [found.get(strength) for strength in table["strength"]]
    return table


def fan_table(sweep: Sweep) -> pd.DataFrame:
    """The tested line and the edges of the controls' lines at the ends of the usable window and at 0."""
    columns = ["strength", "null_low", "null_high", "line"]
    if sweep.test is None:
        return pd.DataFrame(columns=columns)
    test = sweep.test
    low, high, slope = (test.sign * one for one in (test.controls.low, test.controls.high, test.slope))
    ends = sorted({*sweep.test.strengths, 0.0})
    return pd.DataFrame([[s, *sorted((s * low, s * high)), s * slope] for s in ends], columns=columns)


def controls_table(sweep: Sweep) -> pd.DataFrame:
    """One row a kind of control: slopes (standard deviations a unit of strength), each read along itself."""
    columns = ["controls", "n", "mean slope", "SD", "one in 20 beyond", "p", "decides"]
    if sweep.test is None:
        return pd.DataFrame(columns=columns)
    kinds = [(kind, True) for kind in sweep.test.controls.kinds]
    kinds += [(one, False) for one in (sweep.test.far, sweep.test.gates) if one is not None]
    rows = [
        [
            kind_words(k.kind),
            k.n,
            sweep.test.sign * k.mean,
            k.sd,
            sweep.test.sign * k.high,
            p_words(k.p_value, smallest=TAIL).removeprefix("p ").removeprefix("= "),
            "yes" if decides else "no",
        ]
        for k, decides in kinds
    ]
    return pd.DataFrame(rows, columns=columns)


def text_table(sweep: Sweep) -> pd.DataFrame:
    """One row a generated text."""
    return pd.DataFrame([vars(row) for row in sweep.rows])


def dose_response(sweep: Sweep, *, clickable: bool = False) -> alt.LayerChart:
    """The effect at each strength with its interval, and the line that is tested over those of control directions.

    Args:
        sweep: The sweep.
        clickable: Whether a click on a strength is the selection `point`.
    """
    table = summary_table(sweep)
    base = alt.Chart(table).encode(x=_x(sweep))
    window = _window(sweep)
    scale = alt.Scale(domain=_reach(sweep), nice=True)
    tested = alt.Chart(fan_table(sweep)).encode(x=_x(sweep))
    band = null_band(tested, "Change of the reading (SD)", scale=scale)
    slope = tested.mark_line(color=WARM if sweep.evidence else COOL, strokeWidth=3, opacity=0.55).encode(
        y=alt.Y("line:Q")
    )
    valid = base.transform_filter("isValid(datum.effect)")
    broken = base.transform_filter("datum.texts == 'broken'").mark_text(
        text="broken", color=INK, angle=270, align="left"
    )
    broken = broken.encode(y=alt.value(360), tooltip=_tooltip())
    line = valid.mark_line(color=NULL, strokeWidth=1.5).encode(y=alt.Y("effect:Q"))
    interval = base.transform_filter("isValid(datum.effect_low)").mark_rule(strokeWidth=2)
    interval = interval.encode(y=alt.Y("effect_low:Q"), y2=alt.Y2("effect_high:Q"), color=_state_colour())
    dots = valid.mark_point(filled=True, size=90, opacity=1).encode(
        y=alt.Y("effect:Q"),
        color=_state_colour(),
        shape=alt.Shape(
            "texts:N", scale=alt.Scale(domain=list(_STATES), range=["circle", "cross", "triangle-down"]), title=None
        ),
        tooltip=_tooltip(),
    )
    if clickable:
        dots = dots.add_params(alt.selection_point(name="point", fields=["strength"]))
    layers = alt.layer(
        window, band, zero_line(), *comparison_layers(sweep, _x(sweep)), slope, line, interval, dots, broken
    )
    return cast(alt.LayerChart, layers.properties(title=_title(sweep), height=370))


def coherence(sweep: Sweep, measure: str) -> alt.LayerChart:
    """Surprise or repetition of the steered texts at each strength, with the limit of what counts as coherent.

    Its title says where the limit is passed.

    Args:
        sweep: The sweep.
        measure: `surprise` or `repetition`.
    """
    limit = sweep.limits[0] if measure == "surprise" else sweep.limits[1]
    least = sweep.least_surprise if measure == "surprise" else float("-inf")
    axis = "Nats a token" if measure == "surprise" else "Share of stretches"
    base = alt.Chart(summary_table(sweep)).encode(x=_x(sweep))
    y = alt.Y(f"{measure}:Q", title=axis, scale=alt.Scale(zero=measure != "surprise"))
    line = base.mark_line(color=COOL, strokeWidth=1.5).encode(y=y)
    dots = base.mark_point(filled=True, size=55, opacity=1, color=COOL).encode(y=y, tooltip=_tooltip())
    own = text_table(sweep)
    own = own.loc[own["direction"] == "emotion", ["strength", "text", measure]].dropna(subset=[measure])
    texts = alt.Chart(own).mark_point(filled=True, size=22, opacity=0.35, color=NULL)
    texts = texts.encode(x=_x(sweep), y=y, tooltip=[alt.Tooltip("text:N", title="Text"), f"{measure}:Q"])
    layers: list[alt.Chart] = [_window(sweep), texts]
    if limit < float("inf"):
        ends = [end for end in (limit, least) if abs(end) < float("inf")]
        rule = alt.Chart(pd.DataFrame({"limit": ends, "text": "limit"})).encode(y=alt.Y("limit:Q"))
        layers.append(rule.mark_rule(color=WARM, strokeDash=[5, 4]))
        layers.append(rule.mark_text(align="left", x=4, dy=-7, color=INK).encode(text=alt.Text("text:N")))
    return layered(
        [*layers, line, dots],
        title=_passes(sweep, measure, limit, least),
        subtitle=_MEASURES[measure],
        described=True,
        height=220,
    )


_MEASURES = {
    "surprise": "How unlikely the unsteered model finds the texts: high means a text falls apart, low that it says "
    "little; the mean of a strength may lie one standard deviation of unsteered texts off; grey: single texts",
    "repetition": "Share of four-token stretches that stood in the text before; the mean of a strength may lie one "
    "standard deviation and 0.05 above that of unsteered texts; grey: single texts",
}


def _passes(sweep: Sweep, measure: str, limit: float, least: float) -> str:
    """The finding of a coherence chart: at which strengths the texts pass the limit."""
    name = measure.capitalize()
    if limit == float("inf"):
        return f"{name} of the texts; too few unsteered texts for a limit"
    # The unsteered texts themselves are what is held to: few of them may lie off the mean of all.
    values = [(one.strength, getattr(one, measure)) for one in sweep.strengths if one.strength != 0]
    beyond = [strength for strength, value in values if value is not None and not least <= value <= limit]
    if not beyond:
        return f"{name} stays within its limit at every strength"
    below, above = [s for s in beyond if s < 0], [s for s in beyond if s > 0]
    parts = [f"{signed(max(below))} and below"] if _runs_out(below, values, -1) else [signed(s) for s in below]
    parts += [f"{signed(min(above))} and above"] if _runs_out(above, values, 1) else [signed(s) for s in above]
    return f"{name} passes its limit at {', '.join(parts)}"


def _runs_out(beyond: list[float], values: list[tuple[float, float | None]], side: int) -> bool:
    """Whether the limit is passed at several strengths, and at all that lie further out than the first of them."""
    if len(beyond) < 2:
        return False
    first = min(beyond, key=abs)
    return all(s in beyond for s, _ in values if s * side >= first * side)


# Of the texts of a strength. Whether steering does anything is said of the line and of no point.
_STATES: dict[str, Any] = {"coherent": INK, "incoherent": NULL, "broken": NULL}


def _state(one: StrengthSummary) -> str:
    return "broken" if one.broken else "coherent" if one.coherent else "incoherent"


def _state_colour() -> alt.Color:
    scale = alt.Scale(domain=list(_STATES), range=list(_STATES.values()))
    return alt.Color("texts:N", scale=scale, legend=alt.Legend(orient="bottom", title=None, columns=2))


def _reach(sweep: Sweep) -> list[float]:
    """From the lowest to the highest end of anything drawn: an interval's far end does not widen an axis by itself."""
    drawn = [(one.effect, one.effect_low, one.effect_high, one.null_low, one.null_high) for one in sweep.strengths]
    values = [value for row in drawn for value in row if value is not None]
    values += [point.effect for one in sweep.comparisons for point in one.points if point.effect is not None]
    values += fan_table(sweep)["line"].tolist()
    return [min(values, default=-1.0), max(values, default=1.0)]


def _x(sweep: Sweep) -> alt.X:
    unit = unit_words(sweep.settings.operation, sweep.settings.unit)
    low, high = sweep.strengths[0].strength, sweep.strengths[-1].strength
    room = (high - low) * 0.04 or 1.0
    scale = alt.Scale(domain=[low - room, high + room], nice=False)
    return alt.X("strength:Q", title=f"Strength ({unit})", scale=scale)


def _window(sweep: Sweep) -> alt.Chart:
    low, high = sweep.usable_window
    ends = pd.DataFrame({"low": [low], "high": [high], "text": ["usable window"]})
    rect = alt.Chart(ends).mark_rect(color=USABLE, opacity=0.1)
    return cast(alt.Chart, rect.encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"), tooltip=tips(text="Shaded")))


def _tooltip() -> list[Any]:
    return tips(
        strength=("Strength", "+.3~f"),
        effect=("Change (SD)", "+.2f"),
        **between("effect_low", "effect_high", "+.2f"),
        **between("null_low", "null_high", "+.2f", words="Lines of controls from"),
        surprise=("Surprise", ".2f"),
        repetition=("Repetition", ".0%"),
        n=("Texts", Q),
        broken=("of them broken", Q),
        texts="They are",
    )


def _title(sweep: Sweep) -> alt.TitleParams:
    low, high = sweep.usable_window
    emotion = sweep.settings.emotion
    text = f"Steering moves {emotion} beyond chance" if sweep.evidence else f"No effect on {emotion} beyond chance"
    if sweep.test is None:
        text = f"What steering does to {emotion}: not tested"
    subtitle = [
        f"{sweep.model.name}, layer {sweep.layer}; {sum(one.n for one in sweep.strengths)} texts, "
        f"{counted(sweep.n_controls, 'control')}; usable from {signed(low)} to {signed(high)}; "
        f"{interval_words(sweep.n_prompts)}"
    ]
    if sweep.test is not None:
        subtitle.append(
            f"Thick line: what is tested ({'evidence' if sweep.evidence else 'no evidence'}; single points are not); "
            "grey: lines of directions that mean nothing, one in twenty passes each edge"
        )
    known = strength_words(sweep)
    return alt.TitleParams(text, subtitle="; ".join([*subtitle, *([known] if known else [])]), anchor="start")


# One's own separation by depth beside a published one.

_EDGES = ("d_low", "d_high", "null_d_low", "null_d_high")  # not known of what was published


def beside_published(scores: HeldOutScores, emotion: str, study: PublishedStudy) -> pd.DataFrame:
    """A row a layer of both models, with the interval and the band of shuffled labels where they are known.

    Columns: `model`, `layer`, `depth` (0 first layer, 1 last), `cohens_d`, `d_low`, `d_high`, `null_d_low`,
    `null_d_high`.
    """
    at = scores.emotions.index(emotion)
    rows = [
        {
            "model": f"{scores.model.name} (computed here)",
            "layer": layer,
            "depth": _depth(layer, scores.n_layers),
            **{name: float(getattr(scores, name)[at, layer]) for name in ("cohens_d", *_EDGES)},
        }
        for layer in range(scores.n_layers)
    ]
    rows += [
        {
            "model": f"{study.model} (as published)",
            "layer": layer,
            "depth": _depth(layer, len(study.cohens_d)),
            "cohens_d": value,
            **dict.fromkeys(_EDGES, np.nan),
        }
        for layer, value in enumerate(study.cohens_d)
    ]
    return pd.DataFrame(rows)


def published_chart(scores: HeldOutScores, emotion: str, study: PublishedStudy) -> alt.LayerChart:
    """Both lines over relative depth; interval and band where they are known, which is only for ours."""
    table = beside_published(scores, emotion, study)
    names = list(dict.fromkeys(table["model"]))
    axis = alt.Axis(grid=False, values=[0, 0.25, 0.5, 0.75, 1], format=".2f")
    base = alt.Chart(table).encode(x=alt.X("depth:Q", title="Depth (0 first layer, 1 last)", axis=axis))
    ours = base.transform_filter(alt.datum.model == names[0])
    band = null_band(ours, "Cohen's d on held-out texts", "null_d_low", "null_d_high")
    interval = ours.transform_filter("isValid(datum.d_low)").mark_rule(color=POSITIVE, opacity=0.7)
    interval = interval.encode(y=alt.Y("d_low:Q"), y2=alt.Y2("d_high:Q"))
    colour = alt.Color(
        "model:N",
        title=None,
        scale=alt.Scale(domain=names, range=[POSITIVE, NEGATIVE]),
        legend=alt.Legend(orient="bottom", columns=1, labelLimit=300),
    )
    shape = alt.Shape("model:N", title=None, scale=alt.Scale(domain=names, range=["circle", "square"]), legend=None)
    line = base.mark_line(strokeWidth=2).encode(y=alt.Y("cohens_d:Q"), color=colour)
    tooltip = ["model:N", "layer:Q", alt.Tooltip("cohens_d:Q", title="Cohen's d", format=".2f")]
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(
        y=alt.Y("cohens_d:Q"), color=colour, shape=shape, tooltip=tooltip
    )
    best = max(study.cohens_d)
    own = float(np.nanmax(table.loc[table["model"] == names[0], "cohens_d"]))
    return layered(
        [band, interval, line, dots],
        title=f"Published: up to {best:.2f} standard deviations apart; {scores.model.name}: up to {own:.2f}",
        subtitle=f"Grey: 95 % of {scores.null_words}; bars: 95 % intervals. Neither was published.",
        height=360,
    )


def _depth(layer: int, layers: int) -> float:
    return layer / max(1, layers - 1)
