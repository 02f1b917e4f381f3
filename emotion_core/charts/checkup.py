"""Charts of a check-up: what else a vector lights up for, and how many rows it needs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import altair as alt
import pandas as pd

from emotion_core.charts.palette import COOL, NULL, POSITIVE, WARM
from emotion_core.charts.parts import Q, between, by_name, chance_line, layered, tips
from emotion_core.evaluation.confounds import ConfoundScore
from emotion_core.evaluation.sample_size import SizePoint, enough
from emotion_core.geometry.emotion_map import EmotionMap


def confound_table(confounds: Sequence[ConfoundScore]) -> pd.DataFrame:
    """One row a vector and contrast."""
    table = pd.DataFrame([asdict(one) for one in confounds])
    table["verdict"] = [_word(one) for one in confounds]
    return table


def confound_chart(confounds: Sequence[ConfoundScore], emotion: str) -> alt.LayerChart:
    """AUROC of one vector on each contrast that is not its emotion, with its interval.

    Args:
        confounds: Of all vectors.
        emotion: The one that is drawn.
    """
    own = [one for one in confounds if one.emotion == emotion]
    verdicts = ["lights up", "turns away", "does not see it"]
    table = confound_table(own)
    base = alt.Chart(table).encode(
        y=alt.Y("contrast:N", title=None, sort=None, axis=alt.Axis(labelLimit=180, labelOverlap=False)),
        color=by_name("verdict", verdicts, [WARM, COOL, NULL]),
        tooltip=tips(
            contrast="Contrast",
            auroc=("AUROC", ".2f"),
            **between("low", "high"),
            n=("Pairs", Q),
            cosine=("Cosine to its vector", ".2f"),
            cosine_chance=("Shuffled sides reach", ".2f"),
        ),
    )
    scale = alt.Scale(domain=[0, 1])
    bars = base.mark_rule(strokeWidth=2).encode(
        x=alt.X("low:Q", title="AUROC (0.5 is chance)", scale=scale), x2=alt.X2("high:Q")
    )
    shapes = alt.Scale(domain=verdicts, range=["circle", "triangle-down", "diamond"])
    dots = base.mark_point(filled=True, size=90, opacity=1)
    dots = dots.encode(x=alt.X("auroc:Q"), shape=alt.Shape("verdict:N", scale=shapes, title=None))
    lit = [one.contrast for one in own if one.lights_up]
    away = [one.contrast for one in own if one.turns_away]
    found = [f"also sees {_listed(lit)}"] * bool(lit) + [f"turns away from {_listed(away)}"] * bool(away)
    text = f"The {emotion} direction " + (" and ".join(found) or "sees none of these")
    return layered(
        [chance_line(), bars, dots],
        title=text,
        subtitle=f"Pairs that differ in something that is not {emotion}; 95 % intervals",
        described=True,
        height=240,
    )


def cosine_table(confounds: Sequence[ConfoundScore], emotion: str) -> pd.DataFrame:
    """Cosine of one vector to the vector of each confound set, beside what shuffled sides reach.

    Args:
        confounds: Of all vectors.
        emotion: The one that is compared.
    """
    rows = [one for one in confounds if one.emotion == emotion]
    columns = ("contrast", "auroc", "low", "high", "cosine", "cosine_chance", "points_along", "n", "own")
    table = pd.DataFrame({name: [getattr(one, name) for one in rows] for name in columns})
    return table.rename(columns={"n": "pairs"})


def along_sentence(table: pd.DataFrame) -> str:
    """Which contrasts a vector lies along, and how many of them it would by chance.

    Args:
        table: Of `cosine_table`.
    """
    others = table[~table["own"]]
    near = others[others["points_along"]]["contrast"].tolist()
    if not near:
        return "The vector lies along none of theirs by more than chance"
    return (
        f"The vector lies along that of {', '.join(near)}, each looked at alone: of {len(others)} that have nothing to "
        f"do with it, {0.05 * len(others):.1f} would by chance"
    )


def size_table(points: Sequence[SizePoint]) -> pd.DataFrame:
    """One row a size."""
    return pd.DataFrame([asdict(one) for one in points])


def size_chart(points: Sequence[SizePoint], unit: str) -> alt.LayerChart:
    """How near two vectors from as many rows each, with none in common, come to each other, over what noise reaches.

    Args:
        points: The curve.
        unit: What is counted, `pairs` or `texts of each emotion`.
    """
    found = enough(points)
    known = [point for point in points if math.isfinite(point.split_half)]
    if not known:
        text = "Too few rows to hold two parts against each other"
    elif found is not None:
        text = f"Two vectors from {found} {unit} each agree"
    elif known[-1].split_half > known[-1].noise_95:
        text = f"Two vectors from {known[-1].n} {unit} each still differ: more would turn the direction"
    else:
        text = f"Two vectors from {known[-1].n} {unit} each agree no better than those of shuffled labels"
    subtitle = (
        "Cosine of two vectors from random parts with nothing in common; band: 5th to 95th percentile; dashes: 95 % of "
        "shuffled labels. 0.81 and more: each at about 0.9 to the vector from unlimited texts of this kind"
    )
    columns = ("split_half_low", "split_half", "split_half_high")
    layers = _curve(points, unit, columns, "Cosine of two halves", noise="noise_95")
    return layered(layers, title=text, subtitle=subtitle, described=True, height=240)


def size_auroc_chart(points: Sequence[SizePoint], unit: str) -> alt.LayerChart:
    """How well the vector from fewer rows separates the held-out texts; arguments as for `size_chart`."""
    known = [p for p in points if math.isfinite(p.auroc)]
    text = "Nothing is held out, so the separation is unknown"
    if known:
        first, last = known[0], known[-1]
        text = f"Held-out AUROC is {first.auroc:.2f} from {first.n} {unit} and {last.auroc:.2f} from all {last.n}"
    layers = _curve(points, unit, ("auroc_low", "auroc", "auroc_high"), "Held-out AUROC")
    subtitle = "The same random parts of the training rows"
    return layered(layers, title=text, subtitle=subtitle, described=True, height=240)


def _curve(
    points: Sequence[SizePoint], unit: str, columns: tuple[str, str, str], title: str, noise: str = ""
) -> list[alt.Chart]:
    low, middle, high = columns
    table = size_table(points).dropna(subset=list(columns))
    base = alt.Chart(table).encode(x=alt.X("n:Q", title=f"Training {unit}", scale=alt.Scale(zero=True)))
    scale = alt.Scale(domain=[0, 1], clamp=True)
    band = base.mark_area(color=POSITIVE, opacity=0.18).encode(y=alt.Y(f"{low}:Q", title=title, scale=scale), y2=high)
    line = base.mark_line(color=POSITIVE, point=alt.OverlayMarkDef(color=POSITIVE, size=50))
    line = line.encode(
        y=alt.Y(f"{middle}:Q"),
        tooltip=tips(
            n=(unit.capitalize(), Q),
            split_half=("Cosine of two halves", ".2f"),
            noise_95=("Shuffled labels reach", ".2f"),
            auroc=("Held-out AUROC", ".2f"),
        ),
    )
    layers = [band, line]
    if noise:
        layers.append(base.mark_line(color=NULL, strokeDash=[4, 3]).encode(y=alt.Y(f"{noise}:Q", scale=scale)))
    return layers


def _word(one: ConfoundScore) -> str:
    if one.turns_away:
        return "turns away"
    return "lights up" if one.lights_up else "does not see it"


def _listed(names: list[str]) -> str:
    return "".join(names) if len(names) < 2 else f"{', '.join(names[:-1])} and {names[-1]}"


def held_table(found: EmotionMap, names: Sequence[str], tokens: Mapping[str, str] | None = None) -> pd.DataFrame:
    """One row an emotion: cluster, nearest emotion, cosine to each of the others, and tokens where they are known.

    Args:
        found: The map.
        names: Emotions of the map.
        tokens: Of each of them, as one text.
    """
    at = [found.emotions.index(name) for name in names]
    table = pd.DataFrame({"emotion": list(names), "cluster": [int(found.clusters[i]) + 1 for i in at]})
    table["nearest"] = [found.emotions[found.neighbours[i][0]] for i in at]
    for name, i in zip(names, at, strict=True):
        table[f"with {name}"] = [round(float(found.cosines[i, j]), 3) for j in at]
    if tokens is not None:
        table["promotes"] = [tokens[name] for name in names]
    return table
