"""The cross-talk matrix as a heat map, and its rows as a table: steer one emotion, read all of them."""

from __future__ import annotations

from typing import cast

import altair as alt
import numpy as np
import pandas as pd

from emotion_core.charts.palette import INK, NULL, diverging
from emotion_core.steering.crosstalk import CrossTalk

# Beyond this many emotions the figures inside the cells would overlap.
_MOST_NUMBERED = 14
_NUMBER_WIDTH = 30  # pixels that a number needs


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
    base = alt.Chart(table).encode(
        x=alt.X("read:N", sort=order, title="Read", axis=alt.Axis(labelAngle=-60, orient="top", labelOverlap=False)),
        y=alt.Y("steered:N", sort=order, title="Steered", axis=alt.Axis(labelOverlap=False)),
        tooltip=[
            alt.Tooltip("steered:N", title="Steered"),
            alt.Tooltip("read:N", title="Read"),
            alt.Tooltip("change:Q", title="Change (SD)", format="+.2f"),
            alt.Tooltip("null_low:Q", title="Controls from", format="+.2f"),
            alt.Tooltip("null_high:Q", title="to", format="+.2f"),
            alt.Tooltip("outside:N", title="Outside of their range"),
            alt.Tooltip("coherent:N", title="Texts coherent"),
        ],
    )
    cells = base.mark_rect(cursor="pointer").encode(
        color=alt.Color("change:Q", scale=diverging(largest), legend=alt.Legend(title="Change (SD)", orient="bottom")),
        opacity=alt.Opacity("outside:N", scale=alt.Scale(domain=[False, True], range=[0.45, 1.0]), legend=None),
    )
    layers = [cells.add_params(alt.selection_point(name="cell", fields=["steered", "read"]))]
    if len(order) <= _MOST_NUMBERED:
        # A cell that is too narrow for its number, as on a phone, leaves it to the tooltip.
        roomy = f"isValid(datum.change) && width > {_NUMBER_WIDTH * len(order)}"
        numbers = base.transform_filter(roomy).mark_text(fontSize=11)
        layers.append(numbers.encode(text=alt.Text("change:Q", format="+.1f"), color=alt.value(INK)))
    if chosen is not None:
        one = table[(table["steered"] == chosen[0]) & (table["read"] == chosen[1])]
        frame = alt.Chart(one).mark_rect(filled=False, stroke=NULL, strokeWidth=3)
        layers.append(frame.encode(x=alt.X("read:N", sort=order), y=alt.Y("steered:N", sort=order)))
    height = 130 + (34 if len(order) <= 20 else 18) * len(order)  # with room for names and legend
    chart = alt.layer(*layers).properties(title=_title(found), height=height)
    return cast(alt.LayerChart, chart)


def crosstalk_sentence(found: CrossTalk) -> str:
    """What the matrix shows, from its numbers alone."""
    table = matrix_table(found)
    own, other = table[table["steered"] == table["read"]], table[table["steered"] != table["read"]]
    n = len(found.emotions)
    if not np.isfinite(found.band).any() or found.own_p is None:
        return f"{n} emotions steered and read; there are too few controls to compare with: 8 at least."
    highest = sum(
        bool(np.isfinite(row).any()) and int(np.nanargmax(row if found.settings.strength > 0 else -row)) == i
        for i, row in enumerate(found.matrix)
    )
    way = "up" if found.settings.strength > 0 else "down"
    moved, chance = int(other["outside"].sum()), 0.05 * len(other)
    return (
        f"{int(own['outside'].sum())} of {n} emotions move their own reading {way} more than directions that mean "
        f"nothing move theirs, corrected for all {n}. {moved} of {len(other)} readings of other emotions leave the "
        f"range of these directions, where chance alone puts about {chance:.0f}. In {highest} of {n} rows the steered "
        "emotion moves most."
    )


def _title(found: CrossTalk) -> alt.TitleParams:
    subtitle = (
        f"{found.model.name}, layer {found.layer}, strength {found.settings.strength:+g}; change of the reading in SD "
        f"of unsteered texts; pale: no more than {found.settings.controls} control directions do"
    )
    return alt.TitleParams(crosstalk_sentence(found), subtitle=subtitle, anchor="start")
