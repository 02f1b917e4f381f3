"""The ten clusters that Sofroniew et al. (2026) found among 171 emotion words in a large model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from emotion_core.geometry.word_forms import known_form

REFERENCE = "Sofroniew et al. 2026, ten clusters"


@dataclass(frozen=True)
class PaperClusters:
    """The published grouping.

    Attributes:
        source: Where it comes from.
        names: Names of the clusters.
        cluster_of: Number of each word's cluster, counting into `names`.
    """

    source: str
    names: tuple[str, ...]
    cluster_of: dict[str, int]


@cache
def paper_clusters() -> PaperClusters:
    """Reads the grouping that ships with this package."""
    text = files("emotion_core.geometry").joinpath("data", "paper_clusters.json").read_text(encoding="utf-8")
    document = json.loads(text)
    clusters: dict[str, list[str]] = document["clusters"]
    return PaperClusters(
        str(document["source"]),
        tuple(clusters),
        {word: number for number, words in enumerate(clusters.values()) for word in words},
    )


def paper_labels(emotions: tuple[str, ...]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Which emotions the paper has, int64 [shared] counting into them, and their clusters there, int64 [shared]."""
    cluster_of = paper_clusters().cluster_of
    forms = [known_form(emotion, cluster_of) for emotion in emotions]
    shared = [e for e, form in enumerate(forms) if form is not None]
    return np.array(shared, dtype=np.int64), np.array([cluster_of[f] for f in forms if f is not None], dtype=np.int64)
