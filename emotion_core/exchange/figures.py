"""The charts of a bundle, each as SVG and PNG: the same ones as on the pages."""

from __future__ import annotations

import altair as alt
import numpy as np

from emotion_core.charts.emotion_map import component_plane
from emotion_core.charts.export import chart_bytes
from emotion_core.charts.separation import points_at_layer, separation_by_layer
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.exchange.names import slugs
from emotion_core.geometry.emotion_map import FEWEST_EMOTIONS, map_emotions
from emotion_core.vectors.emotion_vectors import EmotionVectors

# Two charts an emotion; of more emotions the clearest ones, and the tables have all.
MOST_EMOTIONS = 12


def charts(vectors: EmotionVectors, scores: HeldOutScores | None) -> dict[str, alt.LayerChart]:
    """Charts by name: separation and texts of each emotion, and the map where there are enough emotions."""
    found: dict[str, alt.LayerChart] = {}
    shown = clearest(scores) if scores is not None else ()
    for emotion, name in zip(shown, slugs(shown), strict=True):
        assert scores is not None
        layer = scores.selected_layers[scores.emotions.index(emotion)]
        found[f"separation-{name}"] = separation_by_layer(scores, emotion)
        found[f"texts-{name}"] = points_at_layer(scores, emotion, layer)
    at = vectors.values[:, vectors.selected_layer]
    if len(vectors.emotions) >= FEWEST_EMOTIONS and np.isfinite(at).all() and at.any(axis=1).all():
        found["map"] = component_plane(map_emotions(vectors), vectors.emotions[0])
    return found


def chart_files(vectors: EmotionVectors, scores: HeldOutScores | None) -> dict[str, bytes]:
    """The charts by their path in a bundle."""
    files = {}
    for name, chart in charts(vectors, scores).items():
        files[f"charts/{name}.svg"] = chart_bytes(chart, "svg")
        files[f"charts/{name}.png"] = chart_bytes(chart, "png")
    return files


def clearest(scores: HeldOutScores) -> tuple[str, ...]:
    """All emotions, or of many the ones with the highest AUROC at their layer, in their own order."""
    if len(scores.emotions) <= MOST_EMOTIONS:
        return scores.emotions
    at = scores.auroc[np.arange(len(scores.emotions)), list(scores.selected_layers)]
    best = np.argsort(-np.nan_to_num(at, nan=-1.0), kind="stable")[:MOST_EMOTIONS]
    return tuple(scores.emotions[i] for i in sorted(best))
