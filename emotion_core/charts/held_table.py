"""Emotions side by side: where they lie, and how near they are to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from emotion_core.geometry.emotion_map import EmotionMap


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
