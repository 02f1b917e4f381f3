"""The map of emotions at one layer: components, clusters, neighbours, and agreement with the paper and with people."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from emotion_core.base.activations import FloatArray, ModelInfo
from emotion_core.base.errors import SettingsError
from emotion_core.base.numbers import finite
from emotion_core.geometry.clusters import (
    REFERENCE,
    Labels,
    RandAgreement,
    average_linkage,
    k_means,
    leaf_order,
    paper_clusters,
    paper_labels,
    rand_agreement,
    silhouette,
)
from emotion_core.geometry.norms import (
    CEILING_AROUSAL,
    CEILING_VALENCE,
    OWN_RATINGS,
    HumanAgreement,
    Norms,
    circumplex,
    human_agreement,
)
from emotion_core.geometry.similarity import Components, cosine_matrix, nearest, principal_components
from emotion_core.geometry.word_forms import known_form
from emotion_core.models.catalogue import DEMO_NAME
from emotion_core.stats.separation import Array
from emotion_core.vectors.emotion_vectors import EmotionVectors

# Which layer: what two components explain and how well the first follows valence, at every layer of a vector file.

SHUFFLES = 2000


@dataclass(frozen=True)
class LayerProfile:
    """The map at every layer in four numbers.

    Attributes:
        explained: float64 [layers, 2], share of the variance on the first and on the second component; nan at a layer
            with a value that is not finite.
        valence: float64 [layers], |r| of PC1 with valence; the sign of a component is arbitrary.
        arousal: float64 [layers], |r| of PC2 with arousal.
        valence_p: float64 [layers], permutation p-value against the best layer of shuffled ratings, so that the best of
            many layers may be pointed at.
        arousal_p: float64 [layers], the same for arousal.
        chance: float64 [2], what 95 % of shuffled ratings stay below at their best layer, for valence and arousal.
        n: Rated emotions.
    """

    explained: Array
    valence: Array
    arousal: Array
    valence_p: Array
    arousal_p: Array
    chance: Array
    n: int


def layer_profile(vectors: EmotionVectors, norms: Norms | None = None, seed: int = 0) -> LayerProfile:
    """Computes the profile; the p-values are corrected for the number of layers (Westfall & Young 1993, max-T).

    Args:
        vectors: At least three emotions.
        norms: Ratings; by default this project's own coarse ones.
        seed: Of the shuffles.
    """
    ratings = (norms if norms is not None else circumplex()).of(vectors.emotions)
    explained = np.full((vectors.n_layers, 2), np.nan)
    places = np.full((2, vectors.n_layers, len(vectors.emotions)), np.nan)
    for layer in range(vectors.n_layers):
        rows = vectors.values[:, layer].astype(np.float64)
        if not np.isfinite(rows).all():
            continue
        components = principal_components(rows, *ratings)
        found = min(2, components.coordinates.shape[1])
        explained[layer, :found] = components.explained[:found]
        places[:found, layer] = components.coordinates[:, :found].T
    known = np.isfinite(ratings[0])
    parts = [_against_best(places[i][:, known], ratings[i][known], seed) for i in range(2)]
    (valence, valence_p, one), (arousal, arousal_p, two) = parts
    return LayerProfile(explained, valence, arousal, valence_p, arousal_p, np.array([one, two]), int(known.sum()))


def _against_best(places: Array, rating: Array, seed: int) -> tuple[Array, Array, float]:
    """|r| by layer, its p-value against the largest |r| of shuffled ratings, and the 95 % point of that."""
    nothing = np.full(len(places), np.nan)
    if len(rating) < 4 or np.ptp(rating) == 0:
        return nothing, nothing, float("nan")
    rng = np.random.default_rng(seed)
    shuffled = rng.permuted(np.tile(rating, (SHUFFLES, 1)), axis=1)
    sizes = np.abs(_rows(places) @ _rows(np.concatenate([rating[None], shuffled])).T)  # (layers, 1 + shuffles)
    largest = np.nanmax(np.where(np.isfinite(sizes[:, 1:]), sizes[:, 1:], 0.0), axis=0)
    p_value = (1 + (largest >= sizes[:, :1] - 1e-12).sum(axis=1)) / (1 + SHUFFLES)
    usable = np.isfinite(sizes[:, 0])
    return sizes[:, 0], np.where(usable, p_value, np.nan), float(np.quantile(largest, 0.95))


def _rows(values: Array) -> Array:
    """Rows around their mean at length 1; nan where they do not vary or are not known."""
    centred = values - values.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(centred, axis=-1, keepdims=True)
    result: Array = np.divide(centred, length, out=np.full_like(centred, np.nan), where=length > 1e-12)
    return result


# The map in words: titles and sentences that follow from the numbers alone, and words no larger than a figure.

# From which size on a word may be said. Correlations after Cohen (1988); the adjusted Rand index after Steinley (2004),
# who calls less than .65 poor.
_SIZES = {
    "r": ((0.5, "closely"), (0.3, "moderately"), (0.1, "weakly")),
    "adjusted Rand index": ((0.65, "closely"), (0.3, "in part"), (0.1, "weakly")),
}


def closeness(size: float, measure: str = "r") -> str:
    """How much a size is, in a word.

    Example:
        >>> closeness(0.26), closeness(0.04, "adjusted Rand index")
        ('weakly', 'hardly at all')
    """
    return next((word for least, word in _SIZES[measure] if size >= least), "hardly at all")


def rated(target: str, norms: str, model: str) -> str:
    """Valence or arousal with whose they are, such as "human valence".

    Args:
        target: `valence` or `arousal`.
        norms: Name of the ratings.
        model: Name of the model. The bundled one's training text was generated from a table that these ratings agree
            with, so there it is what was planted.
    """
    if norms != OWN_RATINGS:
        return f"human {target}"
    return f"planted {target}" if model == DEMO_NAME else f"this project's rating of {target}"


def axis_name(found: EmotionMap, component: int) -> str:
    """Title of an axis: the component and how much it explains."""
    explained = found.components.explained
    if component > len(explained) or not np.isfinite(explained[component - 1]):
        return f"PC{component}"
    return f"PC{component} ({explained[component - 1]:.0%} of variance)"


def map_sentence(found: EmotionMap) -> str:
    """The map for somebody who does not see it: sizes, and no claim that they are more than chance."""
    human = found.human
    parts = [f"{len(found.emotions)} emotions of {found.model.name} at layer {found.layer}, as points on two axes"]
    for axis, target, r in (("first", "valence", human.valence.r), ("second", "arousal", human.arousal.r)):
        if np.isfinite(r):
            whose = rated(target, human.name, found.model.name)
            parts.append(f"the {axis} goes with {whose} at |r| = {abs(r):.2f} over {human.n} rated words")
    if np.isfinite(found.rand.value):
        parts.append(
            f"its {found.n_clusters} clusters match the paper's {closeness(found.rand.value, 'adjusted Rand index')} "
            f"(adjusted Rand index {found.rand.value:.2f})"
        )
    return "; ".join(parts) + "."


NEIGHBOURS = 5
FEWEST_EMOTIONS = 3


@dataclass(frozen=True)
class EmotionMap:
    """How emotions lie to each other at one layer.

    Attributes:
        model: The model.
        layer: The layer.
        emotions: The emotions, the first axis of everything.
        components: Principal components, signs fixed by the norms where these know the words.
        clusters: int64 [emotions], k-means, 0 the largest group.
        n_clusters: Number of groups, at most one less than there are emotions.
        silhouette: Of the groups on cosine distance.
        merges: float64 [emotions - 1, 4], average linkage on cosine distance, as in scipy.
        order: int64 [emotions], the emotions as a dendrogram shows them.
        cosines: float64 [emotions, emotions].
        neighbours: int64 [emotions, up to 5], nearest in the full space first.
        rand: Agreement of the groups with the paper's ten clusters.
        human: Agreement of the components with the ratings.
        valence: float64 [emotions], the ratings, nan where unknown.
        arousal: float64 [emotions].
        seed: Of k-means and the shuffles.
    """

    model: ModelInfo
    layer: int
    emotions: tuple[str, ...]
    components: Components
    clusters: Labels
    n_clusters: int
    silhouette: float
    merges: Array
    order: Labels
    cosines: Array
    neighbours: Labels
    rand: RandAgreement
    human: HumanAgreement
    valence: Array
    arousal: Array
    seed: int

    def to_json(self) -> dict[str, Any]:
        """The document of `geometry --json`; nothing in it is nan or infinite."""
        human = self.human
        valence, arousal = (rated(target, human.name, self.model.name) for target in ("valence", "arousal"))
        return {
            "model": {"name": self.model.name, "fingerprint": self.model.fingerprint},
            "layer": self.layer,
            "explained_variance": [finite(share) for share in self.components.explained],
            "clusters": self.n_clusters,
            "emotions": [self._emotion(e) for e in range(len(self.emotions))],
            "silhouette": finite(self.silhouette),
            "adjusted_rand": {
                "reference": self.rand.reference,
                "value": finite(self.rand.value),
                "p_value": finite(self.rand.p_value),
                "n": self.rand.n,
            },
            # The key is older than the ratings that no person gave; whose they are stands in it.
            "human_norms": {
                "norms": human.name,
                "rated": {"valence": valence, "arousal": arousal},
                "valence_r": finite(human.valence.r),
                "valence_p": finite(human.valence.p_value),
                "valence_interval": [finite(human.valence.low), finite(human.valence.high)],
                "arousal_r": finite(human.arousal.r),
                "arousal_p": finite(human.arousal.p_value),
                "arousal_interval": [finite(human.arousal.low), finite(human.arousal.high)],
                "arousal_r_pc3": finite(human.arousal_pc3.r),
                "n": human.n,
                "borrowed_forms": dict(human.borrowed),
                "ceiling": {"valence_r": CEILING_VALENCE, "arousal_r": CEILING_AROUSAL},
            },
            "seed": self.seed,
        }

    def _emotion(self, e: int) -> dict[str, Any]:
        coordinates = self.components.coordinates
        return {
            "emotion": self.emotions[e],
            "pc1": finite(coordinates[e, 0]),
            "pc2": finite(coordinates[e, 1]) if coordinates.shape[1] > 1 else None,
            "pc3": finite(coordinates[e, 2]) if coordinates.shape[1] > 2 else None,
            "cluster": int(self.clusters[e]),
            "nearest": [self.emotions[i] for i in self.neighbours[e]],
        }


def map_emotions(
    vectors: EmotionVectors, layer: int | None = None, clusters: int = 10, norms: Norms | None = None, seed: int = 0
) -> EmotionMap:
    """Maps the emotions of a vector file.

    Args:
        vectors: At least three emotions.
        layer: By default the one chosen for all emotions together.
        clusters: Groups of k-means; with fewer emotions than that, one less than there are emotions.
        norms: Ratings; by default this project's own coarse ones.
        seed: Of k-means and the shuffles.

    Raises:
        SettingsError: Fewer than three emotions, names that repeat, a layer that is not there, vectors of length 0
            or not a number, fewer than two clusters, or norms without three shared words.
    """
    layer = vectors.selected_layer if layer is None else layer
    if clusters < 2:
        raise SettingsError("A map needs at least two clusters", expected="2 or more", found=str(clusters))
    rows = usable_vectors(vectors, layer, FEWEST_EMOTIONS)  # (emotions, width)
    ratings = norms if norms is not None else circumplex()
    valence, arousal = ratings.of(vectors.emotions)
    components = principal_components(rows, valence, arousal)
    n_clusters = min(clusters, len(rows) - 1)
    labels = k_means(rows, n_clusters, seed)
    cosines = cosine_matrix(rows)
    merges = average_linkage(cosines)
    shared, reference = paper_labels(vectors.emotions)
    return EmotionMap(
        model=vectors.model,
        layer=layer,
        emotions=vectors.emotions,
        components=components,
        clusters=labels,
        n_clusters=n_clusters,
        silhouette=silhouette(rows, labels),
        merges=merges,
        order=leaf_order(merges),
        cosines=cosines,
        neighbours=nearest(cosines, NEIGHBOURS),
        rand=rand_agreement(labels[shared], reference, REFERENCE, seed),
        human=human_agreement(components.coordinates, vectors.emotions, ratings, required=norms is not None),
        valence=valence,
        arousal=arousal,
        seed=seed,
    )


def usable_vectors(vectors: EmotionVectors, layer: int, fewest: int) -> Array:
    """The vectors at a layer, float64 [emotions, width].

    Raises:
        SettingsError: There is no such layer, too few emotions, names that repeat, or vectors without a direction.
    """
    if not 0 <= layer < vectors.n_layers:
        raise SettingsError("There is no such layer", expected=f"0 to {vectors.n_layers - 1}", found=str(layer))
    require_emotions(vectors, fewest)
    rows = vectors.values[:, layer].astype(np.float64)
    broken = ~np.isfinite(rows).all(axis=1) | (np.abs(rows).max(axis=1) == 0)
    if broken.any():
        names = [vectors.emotions[i] for i in np.flatnonzero(broken)[:5]]
        raise SettingsError(
            "A vector at this layer is zero or not a number",
            where=f"layer {layer}: {', '.join(names)}",
            remedy="Choose another layer, or load the model in float32",
        )
    return rows


def require_emotions(vectors: EmotionVectors, fewest: int = FEWEST_EMOTIONS) -> None:
    """Refuses vectors that make no map at any layer.

    Raises:
        SettingsError: Too few emotions, or names that repeat.
    """
    if len(vectors.emotions) < fewest:
        raise SettingsError(
            "There are too few emotions for a map",
            expected=f"at least {fewest}",
            found=f"{len(vectors.emotions)} ({', '.join(vectors.emotions)})",
            remedy="Build vectors from a prompt set with more emotions, such as emotions-12",
        )
    twice = [name for name, count in Counter(e.strip().lower() for e in vectors.emotions).items() if count > 1]
    if twice:
        raise SettingsError("An emotion comes twice", found=", ".join(twice[:5]), remedy="Rename one of them")


def fewer_clusters(asked: int, emotions: int) -> str:
    """A sentence where there are too few emotions for the clusters that were asked for; else empty."""
    if asked < emotions:
        return ""
    return f"{emotions} emotions make at most {emotions - 1} clusters; {asked} were asked for."


# The clusters of a map in words.


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
