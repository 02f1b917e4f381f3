"""Runs over each other: dose-responses of several sweeps, separations of several builds."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import pandas as pd

from emotion_core.charts.palette import CATEGORICAL
from emotion_core.charts.parts import layered, zero_line
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.steering.sweep import Sweep

MOST_PINNED = len(CATEGORICAL)
_OPEN = "transparent"
_MEASURES = ("cohens_d", "d_low", "d_high", "null_d_95")
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-left", "triangle-right")


def sweeps_table(sweeps: Mapping[str, Sweep]) -> pd.DataFrame:
    """One row a run and strength: `run`, `emotion`, `model`, `unit`, the summary of the strength, and `line_evidence`.

    The last is the verdict on the run's line, the same in all its rows: no strength has one of its own.
    """
    table = pd.DataFrame(
        [
            {
                "run": label,
                "emotion": sweep.settings.emotion,
                "model": sweep.model.name,
                "unit": sweep.settings.unit,
                **one.to_json(),
                "line_evidence": sweep.evidence,
            }
            for label, sweep in sweeps.items()
            for one in sweep.strengths
        ]
    )
    return table.drop(columns="evidence")


def overlaid_sweeps(sweeps: Mapping[str, Sweep]) -> alt.LayerChart:
    """Effects with their intervals; the legend says which runs are evidence, and points are filled where coherent.

    The bands themselves are not drawn: several over each other could not be told apart.

    Args:
        sweeps: Results by the label of their run; at most `MOST_PINNED`.
    """
    words = {True: "evidence", False: "no evidence"}
    table = sweeps_table({f"{label} · {words[sweep.evidence]}": sweep for label, sweep in sweeps.items()})
    leaving = sum(sweep.evidence for sweep in sweeps.values())
    text = f"{leaving} of {len(sweeps)} sweeps move the reading beyond their controls"
    subtitle = (
        "Change of the reading; bars: 95 % intervals; filled: coherent texts. The verdict is on the line of a run, not "
        "on a point"
    )
    return _lines(table, "strength", "effect", ("effect_low", "effect_high"), "coherent", text, subtitle)


def builds_table(scores: Mapping[str, tuple[HeldOutScores, str]]) -> pd.DataFrame:
    """One row a run and layer: `run`, `emotion`, `model`, `layer`, `depth`, and d with its interval and null."""
    rows = [
        {
            "run": label,
            "emotion": emotion,
            "model": one.model.name,
            "layer": layer,
            "depth": layer / max(1, one.n_layers - 1),
            **{name: float(getattr(one, name)[one.emotions.index(emotion), layer]) for name in _MEASURES},
        }
        for label, (one, emotion) in scores.items()
        for layer in range(one.n_layers)
    ]
    table = pd.DataFrame(rows)
    table["beyond"] = table["cohens_d"] > table["null_d_95"]
    return table


def overlaid_builds(scores: Mapping[str, tuple[HeldOutScores, str]]) -> alt.LayerChart:
    """Held-out separations by depth; a filled point is beyond 95 % of shuffled labels at its layer alone.

    Args:
        scores: Scores and the emotion to show, by the label of the run.
    """
    table = builds_table(scores)
    text = f"Held-out separation of {len(scores)} vectors by depth"
    subtitle = (
        "Bars: 95 % intervals; filled: beyond 95 % of shuffled labels at its layer alone, as 1 point in 20 is by chance"
    )
    return _lines(table, "depth", "cohens_d", ("d_low", "d_high"), "beyond", text, subtitle)


def _lines(
    table: pd.DataFrame, x: str, y: str, interval: tuple[str, str], filled: str, text: str, subtitle: str
) -> alt.LayerChart:
    names = {"strength": "Strength", "effect": "Effect (SD of unsteered texts)"}
    names |= {"depth": "Depth (0 first layer, 1 last)", "cohens_d": "Cohen's d on held-out texts"}
    runs = list(dict.fromkeys(table["run"]))
    colour = alt.Color(
        "run:N",
        title=None,
        scale=alt.Scale(domain=runs, range=list(CATEGORICAL[: len(runs)])),
        legend=alt.Legend(orient="bottom", columns=1, labelLimit=270),
    )
    # By shape too, since colour alone does not reach everybody; both share one legend.
    shape = alt.Shape("run:N", title=None, scale=alt.Scale(domain=runs, range=list(_SHAPES[: len(runs)])))
    base = alt.Chart(table).encode(x=alt.X(f"{x}:Q", title=names[x]), color=colour)
    line = base.mark_line(strokeWidth=2).encode(y=alt.Y(f"{y}:Q", title=names[y]))
    known = f"isValid(datum.{interval[0]})"
    bars = base.transform_filter(known).mark_rule(opacity=0.6).encode(y=f"{interval[0]}:Q", y2=f"{interval[1]}:Q")
    dots = base.mark_point(size=60, opacity=1, strokeWidth=2).encode(
        y=alt.Y(f"{y}:Q"),
        shape=shape,
        fill=alt.condition(f"datum.{filled}", colour, alt.value(_OPEN)),
        tooltip=["run:N", "emotion:N", "model:N", f"{x}:Q", alt.Tooltip(f"{y}:Q", format=".2f"), f"{filled}:N"],
    )
    return layered([zero_line(), bars, line, dots], title=text, subtitle=subtitle, height=340 + 24 * len(runs))
