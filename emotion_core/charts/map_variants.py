"""The same emotions, mapped in several ways: a small plane each, and how alike the maps are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import altair as alt
import pandas as pd

from emotion_core.charts.palette import CHOSEN, POSITIVE
from emotion_core.geometry.variants import Variant


def variant_table(variants: tuple[Variant, ...], layer: int) -> pd.DataFrame:
    """One row a way of making the map, at one layer."""
    return pd.DataFrame(
        [
            {
                "map": one.name,
                "same_map_r": one.agreement[layer],
                "same_map_p": one.p_value[layer],
                "explained_pc1": one.explained[layer, 0],
                "explained_pc2": one.explained[layer, 1],
                "valence_r": one.valence[layer],
                "arousal_r": one.arousal[layer],
                "largest_dimension": one.largest[layer],
            }
            for one in variants
        ]
    )


def variant_plane(one: Variant, emotions: tuple[str, ...], layer: int, chosen: str) -> alt.LayerChart:
    """The plane of one way of making the map, small, the chosen emotion marked."""
    x, y = one.places[layer, :, 0], one.places[layer, :, 1]
    table = pd.DataFrame({"emotion": emotions, "x": x, "y": y})
    base = alt.Chart(table).encode(
        x=alt.X("x:Q", title="PC1", axis=alt.Axis(labels=False, ticks=False)),
        y=alt.Y("y:Q", title="PC2", axis=alt.Axis(labels=False, ticks=False)),
        tooltip=[alt.Tooltip("emotion:N", title="Emotion")],
    )
    dots = base.mark_circle(size=26, color=POSITIVE, opacity=0.6)
    ring = base.transform_filter(alt.datum.emotion == chosen).mark_point(size=180, strokeWidth=2.5, color=CHOSEN)
    title = alt.TitleParams(one.name[:1].upper() + one.name[1:], anchor="start")
    chart = alt.layer(dots, ring).properties(height=230, title=title)
    return cast(alt.LayerChart, chart.properties(description=f"The map {one.name}: {len(emotions)} emotions."))


def variant_planes(planes: Sequence[alt.LayerChart], sentence: str) -> alt.HConcatChart:
    """The planes side by side under one title, as a figure to take along."""
    title = alt.TitleParams(sentence, subtitle="The same emotions, mapped in several ways", anchor="start")
    return alt.hconcat(*[one.properties(width=210, height=190) for one in planes]).properties(title=title)


def variant_sentence(variants: Sequence[Variant], layer: int) -> str:
    """How alike the maps are, and how much of the vectors one dimension holds; no full stop."""
    most = float(variants[0].largest[layer])
    length = f"one dimension holds {most:.0%} of the vectors' length"
    found = [float(one.agreement[layer]) for one in variants if one.agreement[layer] == one.agreement[layer]]
    if not found:
        return f"The maps cannot be compared at this layer; {length}"
    least = min(found)
    alike = "the same" if least > 0.9 else "nearly the same" if least > 0.7 else "another"
    return f"The other ways give {alike} map (r = {least:.2f} or more); {length}"
