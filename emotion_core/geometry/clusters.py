"""Groups of emotions: k-means and average linkage, how clear they are, and whether they match a reference."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from emotion_core.geometry.similarity import unit_rows
from emotion_core.geometry.word_forms import known_form
from emotion_core.stats.separation import Array

Labels = npt.NDArray[np.int64]

SHUFFLES = 2000
_STARTS = 20


@dataclass(frozen=True)
class RandAgreement:
    """Adjusted Rand index between clusters and a reference.

    Attributes:
        reference: What the clusters are compared with.
        value: 1 for the same groups, 0 for chance; nan with fewer than three shared words.
        p_value: Share of shuffled references that agree as well, the real one counted among them.
        n: Shared words.
    """

    reference: str
    value: float
    p_value: float
    n: int


def k_means(vectors: Array, clusters: int, seed: int, starts: int = _STARTS) -> Labels:
    """Groups the unit vectors, so that groups follow the cosine and not the length.

    Args:
        vectors: float [emotions, width].
        clusters: Number of groups.
        seed: Of the starts.
        starts: How many; the best one counts.

    Returns:
        int64 [emotions], numbered by size: 0 is the largest group, equal ones in order of their first emotion.
    """
    from sklearn.cluster import KMeans  # slow to import, and pages do not need it

    found = KMeans(clusters, n_init=starts, random_state=seed % 2**32).fit_predict(unit_rows(vectors))
    labels = np.asarray(found, np.int64)
    sizes = np.bincount(labels, minlength=clusters)
    first = [int(np.argmax(labels == c)) if sizes[c] else len(labels) for c in range(clusters)]
    order = sorted(range(clusters), key=lambda c: (-sizes[c], first[c]))
    rank = np.empty(clusters, dtype=np.int64)
    rank[order] = np.arange(clusters)
    result: Labels = rank[labels]
    return result


def silhouette(vectors: Array, labels: Labels) -> float:
    """Mean silhouette on cosine distance; nan unless there are 2 to n - 1 groups."""
    if not 2 <= len(np.unique(labels)) <= len(labels) - 1:
        return float("nan")
    from sklearn.metrics import silhouette_score

    return float(silhouette_score(unit_rows(vectors), labels, metric="cosine"))


def average_linkage(cosines: Array) -> Array:
    """Merges of average linkage on cosine distance, float64 [emotions - 1, 4] as in scipy; leaves in optimal order."""
    from scipy.cluster.hierarchy import linkage  # slow to import, and most pages do without
    from scipy.spatial.distance import squareform

    distances = np.clip(1 - cosines, 0.0, 2.0)
    np.fill_diagonal(distances, 0.0)
    merges = linkage(squareform(distances, checks=False), method="average", optimal_ordering=True)
    return np.asarray(merges, np.float64)


def leaf_order(merges: Array) -> Labels:
    """Order in which a dendrogram shows the emotions, int64 [emotions]."""
    from scipy.cluster.hierarchy import dendrogram

    return np.array(dendrogram(merges, no_plot=True)["leaves"], dtype=np.int64)


def rand_agreement(labels: Labels, reference: Labels, name: str, seed: int, shuffles: int = SHUFFLES) -> RandAgreement:
    """Adjusted Rand index (Hubert & Arabie 1985), tested against shuffled labels.

    Args:
        labels: int64 [words].
        reference: int64 [words], of the same words.
        name: Of the reference.
        seed: Of the shuffles.
        shuffles: How many.
    """
    if len(labels) < 3:
        return RandAgreement(name, float("nan"), float("nan"), len(labels))
    rng = np.random.default_rng(seed)
    drawn = rng.permuted(np.tile(reference, (shuffles, 1)), axis=1)
    values = adjusted_rand(labels, np.concatenate([reference[None], drawn]))
    if not np.isfinite(values[0]):
        return RandAgreement(name, float("nan"), float("nan"), len(labels))
    p = (1 + (values[1:] >= values[0] - 1e-12).sum()) / (1 + shuffles)
    return RandAgreement(name, float(values[0]), float(p), len(labels))


def adjusted_rand(labels: Labels, references: Labels) -> Array:
    """Adjusted Rand index of one grouping with many.

    Args:
        labels: int64 [words].
        references: int64 [groupings, words].

    Returns:
        float64 [groupings]; nan where both are a single group or all single words.
    """
    rows, columns = int(labels.max()) + 1, int(references.max()) + 1
    cell = labels * columns + references + np.arange(len(references))[:, None] * rows * columns
    table = np.bincount(cell.ravel(), minlength=len(references) * rows * columns)
    table = table.reshape(len(references), rows, columns)
    same = _pairs(table).sum(axis=(1, 2))
    first, second = _pairs(table.sum(axis=2)).sum(axis=1), _pairs(table.sum(axis=1)).sum(axis=1)
    expected = first * second / _pairs(np.array(len(labels)))
    most = (first + second) / 2
    result: Array = np.full(len(references), np.nan)
    np.divide(same - expected, most - expected, out=result, where=most != expected)
    return result


def _pairs(count: npt.NDArray[np.int64]) -> Array:
    result: Array = count * (count - 1) / 2.0
    return result


# The ten clusters that Sofroniew et al. (2026) found among 171 emotion words in a large model.

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
