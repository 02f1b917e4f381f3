"""The map of emotions at one layer: components, clusters, neighbours, and agreement with the paper and with people."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from emotion_core.base.activations import ModelInfo
from emotion_core.base.errors import SettingsError
from emotion_core.base.numbers import finite
from emotion_core.geometry.agreement import CEILING_AROUSAL, CEILING_VALENCE, HumanAgreement, human_agreement
from emotion_core.geometry.clusters import (
    Labels,
    RandAgreement,
    average_linkage,
    k_means,
    leaf_order,
    rand_agreement,
    silhouette,
)
from emotion_core.geometry.norms import Norms, circumplex
from emotion_core.geometry.pca import Components, principal_components
from emotion_core.geometry.reference import REFERENCE, paper_labels
from emotion_core.geometry.similarity import cosine_matrix, nearest
from emotion_core.geometry.words import rated
from emotion_core.stats.auroc import Array
from emotion_core.vectors.emotion_vectors import EmotionVectors

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
