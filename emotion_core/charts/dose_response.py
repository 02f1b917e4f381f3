"""Charts of a sweep: what each strength does to the emotion, and whether the texts still make sense."""

from __future__ import annotations

from typing import Any, cast

import altair as alt
import pandas as pd

from emotion_core.charts.comparisons import comparison_layers
from emotion_core.charts.palette import COOL, INK, NULL, NULL_OPACITY, USABLE, WARM
from emotion_core.steering.band import kind_words
from emotion_core.steering.comparison import interval_words
from emotion_core.steering.finding import signed, strength_words
from emotion_core.steering.summary import StrengthSummary
from emotion_core.steering.sweep import Sweep

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
    columns = ["controls", "n", "mean slope", "SD", "one in 20 above", "p", "decides"]
    if sweep.test is None:
        return pd.DataFrame(columns=columns)
    kinds = [(kind, True) for kind in sweep.test.controls.kinds]
    kinds += [(one, False) for one in (sweep.test.far, sweep.test.gates) if one is not None]
    rows = [
        [kind_words(k.kind), k.n, k.mean, k.sd, k.high, k.p_value, "yes" if decides else "no"] for k, decides in kinds
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
    band = tested.mark_area(color=NULL, opacity=NULL_OPACITY)
    band = band.encode(y=alt.Y("null_low:Q", title="Change of the reading (SD)", scale=scale), y2="null_high:Q")
    slope = tested.mark_line(color=WARM if sweep.evidence else COOL, strokeWidth=3, opacity=0.55).encode(y="line:Q")
    zero = alt.Chart(pd.DataFrame({"y": [0]})).mark_rule(color=NULL, strokeDash=[3, 3]).encode(y="y:Q")
    valid = base.transform_filter("isValid(datum.effect)")
    broken = base.transform_filter("datum.texts == 'broken'").mark_text(
        text="broken", color=INK, angle=270, align="left"
    )
    broken = broken.encode(y=alt.value(360), tooltip=_tooltip())
    line = valid.mark_line(color=NULL, strokeWidth=1.5).encode(y="effect:Q")
    interval = base.transform_filter("isValid(datum.effect_low)").mark_rule(strokeWidth=2)
    interval = interval.encode(y="effect_low:Q", y2="effect_high:Q", color=_state_colour())
    dots = valid.mark_point(filled=True, size=90, opacity=1).encode(
        y="effect:Q",
        color=_state_colour(),
        shape=alt.Shape(
            "texts:N", scale=alt.Scale(domain=list(_STATES), range=["circle", "cross", "triangle-down"]), title=None
        ),
        tooltip=_tooltip(),
    )
    if clickable:
        dots = dots.add_params(alt.selection_point(name="point", fields=["strength"]))
    layers = alt.layer(window, band, zero, *comparison_layers(sweep, _x(sweep)), slope, line, interval, dots, broken)
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
        rule = alt.Chart(pd.DataFrame({"limit": ends, "text": "limit"})).encode(y="limit:Q")
        layers.append(rule.mark_rule(color=WARM, strokeDash=[5, 4]))
        layers.append(rule.mark_text(align="left", x=4, dy=-7, color=INK).encode(text="text:N"))
    title = alt.TitleParams(_passes(sweep, measure, limit, least), subtitle=_MEASURES[measure], anchor="start")
    chart = alt.layer(*layers, line, dots).properties(height=220, title=title, description=f"{title.text}.")
    return cast(alt.LayerChart, chart)


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
    values = [(one.strength, getattr(one, measure)) for one in sweep.strengths]
    beyond = [strength for strength, value in values if value is not None and not least <= value <= limit]
    if not beyond:
        return f"{name} stays within its limit at every strength"
    below, above = [s for s in beyond if s < 0], [s for s in beyond if s > 0]
    parts = [f"{signed(max(below))} and below"] if _runs_out(below, values, -1) else [signed(s) for s in below]
    parts += [f"{signed(min(above))} and above"] if _runs_out(above, values, 1) else [signed(s) for s in above]
    parts += ["0"] if 0 in beyond else []
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
    unit = "fraction of the residual norm" if sweep.settings.unit == "fraction" else "multiples of the unit direction"
    low, high = sweep.strengths[0].strength, sweep.strengths[-1].strength
    room = (high - low) * 0.04 or 1.0
    scale = alt.Scale(domain=[low - room, high + room], nice=False)
    return alt.X("strength:Q", title=f"Strength ({unit})", scale=scale)


def _window(sweep: Sweep) -> alt.Chart:
    low, high = sweep.usable_window
    ends = pd.DataFrame({"low": [low], "high": [high], "text": ["usable window"]})
    rect = alt.Chart(ends).mark_rect(color=USABLE, opacity=0.1)
    return cast(alt.Chart, rect.encode(x=alt.X("low:Q"), x2="high:Q", tooltip=[alt.Tooltip("text:N", title="Shaded")]))


def _tooltip() -> list[Any]:
    return [
        alt.Tooltip("strength:Q", title="Strength", format="+.3~f"),
        alt.Tooltip("effect:Q", title="Change (SD)", format="+.2f"),
        alt.Tooltip("effect_low:Q", title="95 % interval from", format="+.2f"),
        alt.Tooltip("effect_high:Q", title="to", format="+.2f"),
        alt.Tooltip("null_low:Q", title="Lines of controls from", format="+.2f"),
        alt.Tooltip("null_high:Q", title="to", format="+.2f"),
        alt.Tooltip("surprise:Q", title="Surprise", format=".2f"),
        alt.Tooltip("repetition:Q", title="Repetition", format=".0%"),
        alt.Tooltip("n:Q", title="Texts"),
        alt.Tooltip("broken:Q", title="of them broken"),
        alt.Tooltip("texts:N", title="They are"),
    ]


def _title(sweep: Sweep) -> alt.TitleParams:
    low, high = sweep.usable_window
    emotion = sweep.settings.emotion
    text = f"Steering moves {emotion} beyond chance" if sweep.evidence else f"No effect on {emotion} beyond chance"
    subtitle = [
        f"{sweep.model.name}, layer {sweep.layer}; {sum(one.n for one in sweep.strengths)} texts, "
        f"{sweep.settings.controls} controls; usable from {signed(low)} to {signed(high)}; "
        f"{interval_words(len(sweep.settings.prompts))}"
    ]
    if sweep.test is not None:
        subtitle.append(
            f"Thick line: what is tested ({'evidence' if sweep.evidence else 'no evidence'}; single points are not); "
            "grey: lines of directions that mean nothing, one in twenty passes each edge"
        )
    known = strength_words(sweep)
    return alt.TitleParams(text, subtitle="; ".join([*subtitle, *([known] if known else [])]), anchor="start")
