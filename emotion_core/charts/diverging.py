"""Colours of heat maps that diverge around 0: nothing is drawn at 0, so that the middle is the ground of any theme."""

from __future__ import annotations

import altair as alt

from emotion_core.charts.palette import COOL, WARM


def diverging(reach: float) -> alt.Scale:
    """Cool below 0, warm above it, and more transparent the nearer to 0.

    A middle colour would be a bright patch on a dark page, or a dark one on a bright page.

    Args:
        reach: Value with the full colour, either way; larger ones keep it.
    """
    near = reach * 1e-6
    return alt.Scale(
        domain=[-reach, -near, near, reach],
        range=[COOL, _clear(COOL), _clear(WARM), WARM],
        clamp=True,
        interpolate="rgb",
    )


def _clear(colour: str) -> str:
    """The same colour, fully transparent."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0)"
