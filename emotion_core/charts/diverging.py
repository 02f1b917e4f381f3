"""Colours that diverge around a middle: nothing is drawn there, so that the middle is the ground of any theme."""

from __future__ import annotations

import altair as alt

from emotion_core.charts.palette import COOL, WARM

# What is written on the cells of a heat map: dark on a bright page, bright on a dark one.
INK = alt.ExprRef("luminance(background) < 0.35 ? '#f3f3f1' : '#1c1d20'")


def diverging(reach: float, middle: float = 0.0) -> alt.Scale:
    """Cool below the middle, warm above it, and more transparent the nearer to it.

    A middle colour would be a bright patch on a dark page, or a dark one on a bright page.

    Args:
        reach: Distance from the middle with the full colour, either way; larger ones keep it.
        middle: Value that has no colour.
    """
    near = reach * 1e-6
    steps = (-reach, -near, near, reach)
    return alt.Scale(
        domain=[middle + step for step in steps],
        range=[COOL, _clear(COOL), _clear(WARM), WARM],
        clamp=True,
        interpolate="rgb",
    )


def _clear(colour: str) -> str:
    """The same colour, fully transparent."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0)"
