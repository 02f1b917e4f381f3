"""Named controls on a dose-response chart: label-shuffled vectors, other emotions, and the prompt-only rival."""

from __future__ import annotations

import altair as alt
import pandas as pd

from emotion_core.charts.palette import CHOSEN, INK, NULL, POSITIVE
from emotion_core.steering.comparison import Kind
from emotion_core.steering.sweep import Sweep

_COLOURS: dict[Kind, str] = {"shuffled": NULL, "emotion": CHOSEN, "words": POSITIVE}
_DASHES: dict[Kind, list[int]] = {"shuffled": [4, 3], "emotion": [8, 3], "words": [2, 3]}
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
        tooltip = [
            alt.Tooltip("name:N", title="Control"),
            alt.Tooltip("strength:Q", title="Strength", format="+.3~f"),
            alt.Tooltip("effect:Q", title="Change (SD)", format="+.2f"),
            alt.Tooltip("effect_low:Q", title="95 % interval from", format="+.2f"),
            alt.Tooltip("effect_high:Q", title="to", format="+.2f"),
            alt.Tooltip("n:Q", title="Texts"),
        ]
        if kind == "words":
            rule = alt.Chart(own).mark_rule(color=_COLOURS[kind], strokeDash=_DASHES[kind], strokeWidth=1.5)
            layers.append(rule.encode(y="effect:Q", tooltip=tooltip))
            text = alt.Chart(own).mark_text(color=INK, align="left", x=4, dy=-7)
            layers.append(text.encode(y="effect:Q", text="name:N"))
            continue
        line = alt.Chart(own).mark_line(color=_COLOURS[kind], strokeDash=_DASHES[kind], strokeWidth=1.5, point=False)
        layers.append(line.encode(x=x, y="effect:Q", detail="name:N", tooltip=tooltip))
        ends = own.loc[own.groupby("name")["strength"].idxmax()]
        if kind == "emotion":
            text = alt.Chart(ends).mark_text(color=INK, align="right", dy=-8)
            layers.append(text.encode(x=x, y="effect:Q", text="name:N"))
    return layers
