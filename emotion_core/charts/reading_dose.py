"""Charts of a reading against the number in a text."""

from __future__ import annotations

from typing import Any, cast

import altair as alt
import pandas as pd

from emotion_core.charts.labels import capital
from emotion_core.charts.palette import CATEGORICAL
from emotion_core.reading.dose import DoseReading


def dose_table(found: DoseReading) -> pd.DataFrame:
    """One row an emotion: its change with the number, p and q against control directions, and what was expected."""
    return pd.DataFrame(
        {
            "emotion": list(found.emotions),
            "spearman": found.trend.spearman,
            "change": found.trend.change,
            "range": found.ranges,
            "p": found.trend.chance.p_value,
            "q": found.trend.chance.q_value,
            "against": [found.trend.chance.against(e) for e in range(len(found.emotions))],
            "evidence": [found.evidence(name) for name in found.emotions],
            "expected": [found.expected.get(name, "") for name in found.emotions],
            "outcome": [found.outcome(name) if name in found.expected else "" for name in found.emotions],
        }
    ).sort_values(["expected", "q", "range"], ascending=[False, True, False])


def dose_sentence(found: DoseReading) -> str:
    """Which expected emotions follow the number, from its numbers alone; no full stop."""
    if not found.expected:
        moving = sum(found.trend.evidence)
        return f"{moving} of {len(found.emotions)} emotions go with the number beyond directions without a meaning"
    outcomes = {name: found.outcome(name) for name in found.expected}
    parts = []
    for way, verb in (("rise", "rises"), ("fall", "falls")):
        names = [name for name, outcome in outcomes.items() if outcome == "met" and found.expected[name] == way]
        if names:
            parts.append(f"{_listed(names)} {verb if len(names) == 1 else way} with the number as expected")
    for outcome, words in (("not met", "the opposite way"), ("no evidence", "no evidence")):
        names = [name for name, one in outcomes.items() if one == outcome]
        if names:
            parts.append(f"{words} for {_listed(names)}")
    return capital("; ".join(parts))


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def dose(found: DoseReading, emotions: list[str], *, logarithmic: bool) -> alt.LayerChart:
    """Readings of some emotions against the number."""
    rows: list[dict[str, Any]] = []
    for emotion in emotions:
        e = found.emotions.index(emotion)
        rows += [
            {"x": x, "reading": float(value), "emotion": emotion}
            for x, value in zip(found.x, found.values[:, e], strict=True)
        ]
    # Rounded to powers of ten, a logarithmic axis would be half empty.
    low, high = min(found.x), max(found.x)
    scale = alt.Scale(type="log", domain=[low / 1.15, high * 1.15], nice=False) if logarithmic else alt.Scale(nice=True)
    axis = alt.Axis(values=sorted(set(found.x)), format="~s", labelOverlap=True) if logarithmic else alt.Axis()
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("x:Q", title="Number in the text", scale=scale, axis=axis),
        y=alt.Y("reading:Q", title="Reading (SD)", scale=alt.Scale(zero=False, nice=True)),
        color=alt.Color(
            "emotion:N",
            scale=alt.Scale(domain=emotions, range=list(CATEGORICAL[: len(emotions)])),
            legend=alt.Legend(orient="bottom", title=None),
        ),
    )
    dots = base.mark_point(filled=True, size=60, opacity=1).encode(
        shape=alt.Shape("emotion:N", legend=None),
        tooltip=[
            alt.Tooltip("emotion:N", title="Emotion"),
            alt.Tooltip("x:Q", title="Number"),
            alt.Tooltip("reading:Q", title="Reading", format="+.2f"),
        ],
    )
    title = alt.TitleParams(
        dose_sentence(found),
        subtitle=f"Layer {found.layer}; {len(found.x)} values; in standard deviations of neutral texts",
        anchor="start",
    )
    return cast(alt.LayerChart, alt.layer(base.mark_line(strokeWidth=1.5), dots).properties(title=title, height=320))
