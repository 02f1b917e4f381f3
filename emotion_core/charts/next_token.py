"""The dose-response at the next token: what steering does before any text is sampled."""

from __future__ import annotations

from typing import Any, cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.base.numbers import finite
from emotion_core.charts.palette import COOL, INK, NULL, NULL_OPACITY, diverging
from emotion_core.stats.p_words import p_words
from emotion_core.steering.band import kind_words
from emotion_core.steering.finding import signed
from emotion_core.steering.next_token import NextTokenDose

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
    if not np.isfinite(dose.p_value) or dose.control_slopes is None:
        return f"There are no control directions to compare {emotion} with.{tail}"
    own = dose.control_slopes[np.array(dose.kinds) == dose.hardest]
    more = int((own >= dose.slope).sum())
    kind, p = kind_words(dose.hardest), p_words(dose.p_value)
    test = f"{more} of {len(own)} {kind} raise theirs as much ({p}, one test for all strengths).{tail}"
    if dose.evidence:
        return f"Steering raises {emotion}'s own tokens more than directions that mean nothing raise theirs: {test}"
    return f"Any direction raises its own tokens, and {emotion} no more than others: {test}"


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
    highest = sum(int(np.nanargmax(row)) == i for i, row in enumerate(dose.word_changes) if np.isfinite(row).any())
    return (
        f"{len(beyond)} of {len(dose.words)} emotions make their own word likelier than directions that mean nothing "
        f"do, corrected for all; in {highest} of {len(dose.words)} rows the own word gains most"
    )


def words_chart(dose: NextTokenDose) -> alt.LayerChart:
    """Steered emotion by emotion word: how much likelier the word becomes as the next one."""
    table = words_table(dose)
    order = list(dose.words)
    largest = float(table["change"].abs().max()) if len(table) and table["change"].notna().any() else 1.0
    base = alt.Chart(table).encode(
        x=alt.X("word:N", sort=order, title="Word", axis=alt.Axis(labelAngle=-60, orient="top", labelOverlap=False)),
        y=alt.Y("steered:N", sort=order, title="Steered", axis=alt.Axis(labelOverlap=False)),
        tooltip=[
            alt.Tooltip("steered:N", title="Steered"),
            alt.Tooltip("word:N", title="Word"),
            alt.Tooltip("change:Q", title="Change (nats)", format="+.2f"),
            alt.Tooltip("null_low:Q", title="95 % of controls from", format="+.2f"),
            alt.Tooltip("null_high:Q", title="to", format="+.2f"),
            alt.Tooltip("own_p_value:Q", title="p of the own word, corrected", format=".3f"),
        ],
    )
    legend = alt.Legend(title="Change (nats)", orient="bottom")
    cells = base.mark_rect().encode(color=alt.Color("change:Q", scale=diverging(largest), legend=legend))
    roomy = f"isValid(datum.change) && width > {30 * len(order)}"
    numbers = base.transform_filter(roomy).mark_text(fontSize=11)
    numbers = numbers.encode(text=alt.Text("change:Q", format="+.1f"), color=alt.value(INK))
    title = alt.TitleParams(
        words_sentence(dose),
        subtitle=f"Change of the log-probability of a word's first token at strength {signed(dose.word_strength)}",
        anchor="start",
    )
    return cast(alt.LayerChart, alt.layer(cells, numbers).properties(title=title, height=130 + 34 * len(order)))


def next_token_chart(dose: NextTokenDose) -> alt.LayerChart:
    """Change of the direction's own tokens at each strength, over what controls do to theirs."""
    base = alt.Chart(next_token_table(dose)).encode(x=_x(dose))
    band = base.transform_filter("isValid(datum.null_low)").mark_area(color=NULL, opacity=NULL_OPACITY)
    y = alt.Y("null_low:Q", title="Change of log-probability (nats)", axis=alt.Axis(minExtent=_AXIS_EXTENT))
    band = band.encode(y=y, y2="null_high:Q")
    valid = base.transform_filter("isValid(datum.change)")
    line = valid.mark_line(color=NULL, strokeWidth=1.5).encode(y="change:Q")
    # No point has the colour of a verdict: one slope is tested.
    dots = valid.mark_point(filled=True, size=45, opacity=1, color=INK).encode(y="change:Q", tooltip=_tooltip())
    title = alt.TitleParams(
        next_token_sentence(dose),
        subtitle=(
            f"Layer {dose.layer}, {len(dose.settings.prompts)} prompts; grey: 95 % of {kind_words(dose.hardest)}, "
            f"each on its own tokens; tested is the slope through {', '.join(signed(s) for s in dose.tested)} "
            f"({'evidence' if dose.evidence else 'no evidence'}), and no single point"
        ),
        anchor="start",
    )
    return cast(alt.LayerChart, alt.layer(band, line, dots).properties(title=title, height=320))


def divergence_chart(dose: NextTokenDose) -> alt.Chart:
    """How far the whole next-token distribution has moved at each strength."""
    table = next_token_table(dose)
    known = table[["strength", "divergence"]].dropna().itertuples(index=False, name=None)
    most, at = max(((float(nats), float(strength)) for strength, nats in known), default=(0.0, 0.0))
    title = alt.TitleParams(
        f"The whole distribution moves most at {signed(at)}: {most:.2f} nats" if most else "No divergence is known",
        subtitle="Divergence of the next-token distribution from the unsteered one, mean over the prompts",
        anchor="start",
    )
    base = alt.Chart(table).transform_filter("isValid(datum.divergence)")
    y = alt.Y("divergence:Q", title="Divergence (nats)", axis=alt.Axis(minExtent=_AXIS_EXTENT))
    chart = base.mark_line(color=COOL, point=alt.OverlayMarkDef(color=COOL, size=30))
    return cast(alt.Chart, chart.encode(x=_x(dose), y=y, tooltip=_tooltip()).properties(height=170, title=title))


def _x(dose: NextTokenDose) -> alt.X:
    low, high = dose.strengths[0], dose.strengths[-1]
    unit = "fraction of the residual norm" if dose.settings.unit == "fraction" else "multiples of the unit direction"
    scale = alt.Scale(domain=[low, high] if high > low else [low - 1, high + 1], nice=False)
    return alt.X("strength:Q", title=f"Strength ({unit})", scale=scale)


def _tooltip() -> list[Any]:
    return [
        alt.Tooltip("strength:Q", title="Strength", format="+.3~f"),
        alt.Tooltip("change:Q", title="Change (nats)", format="+.2f"),
        alt.Tooltip("null_low:Q", title="95 % of controls from", format="+.2f"),
        alt.Tooltip("null_high:Q", title="to", format="+.2f"),
        alt.Tooltip("divergence:Q", title="Divergence (nats)", format=".2f"),
    ]
