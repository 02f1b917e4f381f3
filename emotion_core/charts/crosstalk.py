"""The cross-talk matrix as a heat map, and its rows as a table: steer one emotion, read all of them."""

from __future__ import annotations

from typing import Any, cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.base.numbers import counted, finite
from emotion_core.charts.palette import COOL, INK, NULL, NULL_OPACITY, POSITIVE, diverging
from emotion_core.charts.parts import between, figures, layered, null_band, tips, titled
from emotion_core.stats.intervals import p_words
from emotion_core.steering.crosstalk import CrossTalk
from emotion_core.steering.factorial import Factorial
from emotion_core.steering.finding import signed
from emotion_core.steering.next_token import NextTokenDose
from emotion_core.steering.settings import how_words, unit_words
from emotion_core.steering.summary import kind_words

# Beyond this many emotions the figures inside the cells would overlap.
_MOST_NUMBERED = 14


def matrix_table(found: CrossTalk) -> pd.DataFrame:
    """One row a cell: steered, read, change, what controls do there, and whether the change is beyond it.

    In a cell of an emotion with itself controls are read along themselves, and `outside` is the corrected test.
    """
    rows = []
    for i, steered in enumerate(found.emotions):
        for j, read in enumerate(found.emotions):
            band = found.own_band if i == j and found.own_band is not None else found.band[j]
            change, (low, high) = float(found.matrix[i, j]), (float(v) for v in band)
            known = np.isfinite([change, low, high]).all()
            rows.append(
                {
                    "steered": steered,
                    "read": read,
                    "change": change if np.isfinite(change) else None,
                    "null_low": low if np.isfinite(low) else None,
                    "null_high": high if np.isfinite(high) else None,
                    "outside": found.own_evidence(i) if i == j else bool(known and not low <= change <= high),
                    "coherent": found.coherent[i],
                }
            )
    return pd.DataFrame(rows)


def specificity_table(found: CrossTalk) -> pd.DataFrame:
    """One row a steered emotion, the most specific first."""
    table = pd.DataFrame(
        {
            "emotion": list(found.emotions),
            "own change (SD)": np.diagonal(found.matrix),
            "specificity (SD)": found.specificity,
            "p (corrected)": np.full(len(found.emotions), np.nan) if found.own_p is None else found.own_p,
            "coherent": list(found.coherent),
        }
    )
    return table.sort_values("specificity (SD)", ascending=False, na_position="last", ignore_index=True)


def crosstalk_chart(found: CrossTalk, chosen: tuple[str, str] | None = None) -> alt.LayerChart:
    """Heat map with a click selection named `cell`; cells inside the controls' band are pale, the chosen one is framed.

    Args:
        found: The matrix.
        chosen: Steered and read emotion to frame.
    """
    table = matrix_table(found)
    order = list(found.emotions)
    largest = float(np.nanmax(np.abs(found.matrix))) if np.isfinite(found.matrix).any() else 1.0
    base = _matrix(table, order, "read").encode(
        tooltip=tips(
            steered="Steered",
            read="Read",
            change=("Change (SD)", "+.2f"),
            **between("null_low", "null_high", "+.2f", words="Controls from"),
            outside="Outside of their range",
            coherent="Texts coherent",
        ),
    )
    cells = base.mark_rect(cursor="pointer").encode(
        color=alt.Color("change:Q", scale=diverging(largest), legend=alt.Legend(title="Change (SD)", orient="bottom")),
        opacity=alt.Opacity("outside:N", scale=alt.Scale(domain=[False, True], range=[0.45, 1.0]), legend=None),
    )
    layers = [cells.add_params(alt.selection_point(name="cell", fields=["steered", "read"]))]
    if len(order) <= _MOST_NUMBERED:
        layers.append(figures(base, "change", len(order)))
    if chosen is not None:
        one = table[(table["steered"] == chosen[0]) & (table["read"] == chosen[1])]
        frame = alt.Chart(one).mark_rect(filled=False, stroke=NULL, strokeWidth=3)
        layers.append(frame.encode(x=alt.X("read:N", sort=order), y=alt.Y("steered:N", sort=order)))
    height = 130 + (34 if len(order) <= 20 else 18) * len(order)  # with room for names and legend
    chart = alt.layer(*layers).properties(title=_title(found), height=height)
    return cast(alt.LayerChart, chart)


def _matrix(table: pd.DataFrame, order: list[str], across: str) -> alt.Chart:
    """What is steered from top to bottom, what is read of it across, both in one order."""
    above = alt.Axis(labelAngle=-60, orient="top", labelOverlap=False)
    x = alt.X(f"{across}:N", sort=order, title=across.capitalize(), axis=above)
    y = alt.Y("steered:N", sort=order, title="Steered", axis=alt.Axis(labelOverlap=False))
    return alt.Chart(table).encode(x=x, y=y)


def crosstalk_sentence(found: CrossTalk) -> str:
    """What the matrix shows, from its numbers alone."""
    table = matrix_table(found)
    own, other = table[table["steered"] == table["read"]], table[table["steered"] != table["read"]]
    n = len(found.emotions)
    if not np.isfinite(found.band).any() or found.own_p is None:
        return f"{n} emotions steered and read; there are too few controls to compare with: 8 at least."
    rises = found.settings.sign * found.settings.strength > 0
    highest = sum(
        bool(np.isfinite(row).any()) and int(np.nanargmax(row if rises else -row)) == i
        for i, row in enumerate(found.matrix)
    )
    way = "up" if rises else "down"
    moved, chance = int(other["outside"].sum()), 0.05 * len(other)
    return (
        f"{int(own['outside'].sum())} of {n} emotions move their own reading {way} more than directions that mean "
        f"nothing move theirs, corrected for all {n}. {moved} of {len(other)} readings of other emotions leave the "
        f"range of these directions, where chance alone puts about {chance:.0f}. In {highest} of {n} rows the steered "
        f"emotion moves most {way}."
    )


def _title(found: CrossTalk) -> alt.TitleParams:
    asked = found.settings
    how = how_words(asked.operation, asked.bound, asked.gate, asked.schedule)
    subtitle = (
        f"{found.model.name}, layer {found.layer}, {how}, strength {asked.strength:+g} "
        f"({unit_words(asked.operation, asked.unit)}); change of the reading in SD "
        f"of unsteered texts; pale: no more than {asked.controls} control directions do"
    )
    return alt.TitleParams(crosstalk_sentence(found), subtitle=subtitle, anchor="start")


# Two emotions at once: each alone, both, and the sum of each alone with what pairs of controls leave of theirs.

_CONDITIONS = ("{0} alone", "{1} alone", "both", "sum of each alone")


def factorial_table(found: Factorial) -> pd.DataFrame:
    """One row a reading and condition: change, and for the sum the ends between which control pairs put `both`."""
    rows = []
    for i, read in enumerate(found.emotions):
        values = [*found.changes[:, i], found.changes[0, i] + found.changes[1, i]]
        for number, (name, value) in enumerate(zip(_CONDITIONS, values, strict=True)):
            ends = value + found.band[i] if number == 3 else (np.nan, np.nan)
            rows.append(
                {
                    "read": read,
                    "condition": name.format(*found.emotions),
                    "change": finite(value),
                    "null_low": finite(ends[0]),
                    "null_high": finite(ends[1]),
                }
            )
    return pd.DataFrame(rows)


def factorial_chart(found: Factorial) -> alt.LayerChart:
    """A row for each reading and condition; grey beside the sum: where pairs of control directions would put both."""
    table = factorial_table(found)
    table["row"] = "reading of " + table["read"] + ": " + table["condition"]
    y = alt.Y("row:N", sort=list(table["row"]), title=None, axis=alt.Axis(labelLimit=320))
    base = alt.Chart(table).encode(y=y)
    tooltip = [alt.Tooltip("row:N", title="What"), alt.Tooltip("change:Q", title="Change (SD)", format="+.2f")]
    band = base.transform_filter("isValid(datum.null_low)").mark_bar(color=NULL, opacity=NULL_OPACITY)
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(color=NULL, strokeDash=[3, 3]).encode(x=alt.X("x:Q"))
    colours = alt.Scale(domain=list(found.emotions), range=[POSITIVE, COOL])
    dots = base.mark_point(filled=True, size=110).encode(
        x=alt.X("change:Q", title="Change of the reading (SD of unsteered texts)"),
        color=alt.Color("read:N", scale=colours, legend=None),
        tooltip=tooltip,
    )
    layers = alt.layer(band.encode(x=alt.X("null_low:Q"), x2=alt.X2("null_high:Q")), zero, dots)
    asked = found.settings
    how = how_words(asked.operation, asked.bound, asked.gate, asked.schedule)
    first, second = (f"{one:+g}" for one in (asked.strength, asked.second_strength))
    subtitle = (
        f"{found.model.name}, layer {found.layer}, {how}, strengths {first} and {second} "
        f"({unit_words(asked.operation, asked.unit)}); grey: where 95 % of pairs of "
        "control directions would put both, beside the sum of each alone"
    )
    title = alt.TitleParams(f"{found.emotions[0]} and {found.emotions[1]}, alone and together", subtitle=subtitle)
    chart = layers.properties(title=title, height=36 * len(table))
    return cast(alt.LayerChart, chart.properties(description=". ".join(found.sentence(i) for i in range(2))))


# The dose-response at the next token: what steering does before any text is sampled.

_AXIS_EXTENT = 48


def next_token_table(dose: NextTokenDose) -> pd.DataFrame:
    """One row a strength: change in nats, what controls do to their own tokens, and the divergence.

    `curve_evidence` is the verdict of the one test of the whole curve, the same in all rows.
    """
    return pd.DataFrame(
        [
            {
                "strength": strength,
                "change": finite(change),
                "null_low": finite(low),
                "null_high": finite(high),
                "divergence": finite(nats),
                "broken": not np.isfinite(change),
                "curve_evidence": dose.evidence,
            }
            for strength, change, (low, high), nats in zip(
                dose.strengths, dose.change, dose.band, dose.divergence, strict=True
            )
        ]
    )


def next_token_sentence(dose: NextTokenDose) -> str:
    """What the curve shows, from its numbers alone."""
    emotion, table = dose.settings.emotion, next_token_table(dose)
    broken = [signed(s) for s in table.loc[table["broken"], "strength"]]
    tail = f" At {', '.join(broken)} the model's numbers are not finite." if broken else ""
    if dose.kinds and not np.isfinite(dose.p_value):
        return f"Most control directions changed nothing, so there is nothing to compare {emotion} with.{tail}"
    if not np.isfinite(dose.p_value) or dose.control_slopes is None:
        return f"There are no control directions to compare {emotion} with.{tail}"
    own = dose.control_slopes[np.array(dose.kinds) == dose.hardest]
    sign = dose.settings.sign
    more, verb = int((sign * own >= sign * dose.slope).sum()), "raise" if sign > 0 else "lower"
    kind, p = kind_words(dose.hardest), p_words(dose.p_value)
    test = f"{more} of {len(own)} {kind} {verb} theirs as much ({p}, one test for all strengths).{tail}"
    if dose.evidence:
        return f"Steering {verb}s {emotion}'s own tokens more than directions that mean nothing {verb} theirs: {test}"
    return f"Any direction {verb}s its own tokens, and {emotion} no more than others: {test}"


def words_table(dose: NextTokenDose) -> pd.DataFrame:
    """One row a steered emotion and word: change in nats, what controls do to the word, and p of an own word."""
    if dose.word_changes is None or dose.word_band is None or dose.word_p is None:
        return pd.DataFrame(columns=["steered", "word", "change", "null_low", "null_high", "own_p_value"])
    return pd.DataFrame(
        [
            {
                "steered": steered,
                "word": word,
                "change": finite(dose.word_changes[i, j]),
                "null_low": finite(dose.word_band[j, 0]),
                "null_high": finite(dose.word_band[j, 1]),
                "own_p_value": finite(dose.word_p[j]) if i == j else None,
            }
            for i, steered in enumerate(dose.words)
            for j, word in enumerate(dose.words)
        ]
    )


def words_sentence(dose: NextTokenDose) -> str:
    """Whether steering with an emotion makes its own word likelier, from the numbers alone."""
    if dose.word_changes is None or dose.word_p is None or not np.isfinite(dose.word_p).any():
        return "There are no control directions to compare the emotions' words with"
    beyond = [word for word, p in zip(dose.words, dose.word_p, strict=True) if p <= 0.05]
    sign = dose.settings.sign
    way, gains = ("likelier", "gains") if sign > 0 else ("less likely", "loses")
    if len(dose.words) == 1:
        more = "than directions that mean nothing do" if beyond else "no more than other directions do"
        return f"Steering with {dose.words[0]} makes its own word {way} {more}"
    moved = sign * dose.word_changes
    highest = sum(int(np.nanargmax(row)) == i for i, row in enumerate(moved) if np.isfinite(row).any())
    return (
        f"{len(beyond)} of {len(dose.words)} emotions make their own word {way} than directions that mean nothing "
        f"do, corrected for all; in {highest} of {len(dose.words)} rows the own word {gains} most, where chance gives 1"
    )


def words_chart(dose: NextTokenDose) -> alt.LayerChart:
    """Steered emotion by emotion word: how much likelier the word becomes as the next one."""
    table = words_table(dose)
    order = list(dose.words)
    largest = float(table["change"].abs().max()) if len(table) and table["change"].notna().any() else 1.0
    base = _matrix(table, order, "word").encode(
        tooltip=tips(
            steered="Steered",
            word="Word",
            change=("Change (nats)", "+.2f"),
            **between("null_low", "null_high", "+.2f", words="95 % of controls from"),
            own_p_value=("p of the own word, corrected", ".3f"),
        ),
    )
    legend = alt.Legend(title="Change (nats)", orient="bottom")
    cells = base.mark_rect().encode(color=alt.Color("change:Q", scale=diverging(largest), legend=legend))
    return layered(
        [cells, figures(base, "change", len(order))],
        title=words_sentence(dose),
        subtitle=f"Change of the log-probability of a word's first token at strength {signed(dose.word_strength)}",
        height=max(240, 130 + 34 * len(order)),  # legend and names leave nothing of a low one
    )


def next_token_chart(dose: NextTokenDose) -> alt.LayerChart:
    """Change of the direction's own tokens at each strength, over what controls do to theirs."""
    base = alt.Chart(next_token_table(dose)).encode(x=_x(dose))
    axis = alt.Axis(minExtent=_AXIS_EXTENT)
    band = null_band(base, "Change of log-probability (nats)", known="null_low", axis=axis)
    valid = base.transform_filter("isValid(datum.change)")
    line = valid.mark_line(color=NULL, strokeWidth=1.5).encode(y=alt.Y("change:Q"))
    # No point has the colour of a verdict: one slope is tested.
    dots = valid.mark_point(filled=True, size=45, opacity=1, color=INK).encode(y=alt.Y("change:Q"), tooltip=_tooltip())
    return layered(
        [band, line, dots],
        title=next_token_sentence(dose),
        subtitle=f"Layer {dose.layer}, {counted(len(dose.settings.prompts), 'prompt')}; grey: 95 % of "
        f"{kind_words(dose.hardest)}, each on its own tokens; tested is the slope through "
        f"{', '.join(map(signed, dose.tested))} ({'evidence' if dose.evidence else 'no evidence'}), no single point",
        height=320,
    )


def divergence_chart(dose: NextTokenDose) -> alt.Chart:
    """How far the whole next-token distribution has moved at each strength."""
    table = next_token_table(dose)
    known = table[["strength", "divergence"]].dropna().itertuples(index=False, name=None)
    most, at = max(((float(nats), float(strength)) for strength, nats in known), default=(0.0, 0.0))
    base = alt.Chart(table).transform_filter("isValid(datum.divergence)")
    y = alt.Y("divergence:Q", title="Divergence (nats)", axis=alt.Axis(minExtent=_AXIS_EXTENT))
    chart = base.mark_line(color=COOL, point=alt.OverlayMarkDef(color=COOL, size=30))
    return titled(
        chart.encode(x=_x(dose), y=y, tooltip=_tooltip()),
        title=f"The whole distribution moves most at {signed(at)}: {most:.2f} nats"
        if most
        else "No divergence is known",
        subtitle="Divergence of the next-token distribution from the unsteered one, mean over the prompts",
        height=170,
    )


def _x(dose: NextTokenDose) -> alt.X:
    low, high = dose.strengths[0], dose.strengths[-1]
    unit = unit_words(dose.settings.operation, dose.settings.unit)
    scale = alt.Scale(domain=[low, high] if high > low else [low - 1, high + 1], nice=False)
    return alt.X("strength:Q", title=f"Strength ({unit})", scale=scale)


def _tooltip() -> list[Any]:
    return tips(
        strength=("Strength", "+.3~f"),
        change=("Change (nats)", "+.2f"),
        **between("null_low", "null_high", "+.2f", words="95 % of controls from"),
        divergence=("Divergence (nats)", ".2f"),
    )
