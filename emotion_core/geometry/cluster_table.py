"""The clusters of a map in words."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd

from emotion_core.base.activations import FloatArray
from emotion_core.geometry.emotion_map import EmotionMap
from emotion_core.geometry.reference import paper_clusters
from emotion_core.geometry.word_forms import known_form


def cluster_table(found: EmotionMap, mates: FloatArray | None = None) -> pd.DataFrame:
    """One row a cluster, the largest first.

    Args:
        found: The map.
        mates: float32 [emotions], share of rebuilds in which each emotion is with its mates; None where not known.

    Returns:
        Columns `cluster`, `n`, `words` (the one with the highest mean cosine to its mates first), `paper` (the paper's
        cluster that most of the words are in, and how many), and `stability` where it is known.
    """
    return pd.DataFrame([_row(found, cluster, mates) for cluster in range(found.n_clusters)])


def _row(found: EmotionMap, cluster: int, mates: FloatArray | None) -> dict[str, object]:
    members = np.flatnonzero(found.clusters == cluster)
    typical = members[np.argsort(-found.cosines[np.ix_(members, members)].mean(axis=1), kind="stable")]
    words = [found.emotions[i] for i in typical]
    row: dict[str, object] = {
        "cluster": cluster + 1,
        "n": len(words),
        "words": ", ".join(words),
        "paper": _paper(words),
    }
    if mates is not None:
        known = mates[members][np.isfinite(mates[members])]
        row["stability"] = float(known.mean()) if len(known) else None
    return row


def _paper(words: list[str]) -> str:
    paper = paper_clusters()
    forms = [known_form(word, paper.cluster_of) for word in words]
    counted = Counter(paper.cluster_of[form] for form in forms if form is not None)
    if not counted:
        return ""
    number, count = counted.most_common(1)[0]
    return f"{paper.names[number]} ({count} of {counted.total()})"
