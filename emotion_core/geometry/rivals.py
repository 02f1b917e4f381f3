"""What a claim about the map is worth beside maps that hold no trained model.

A map of emotions can follow valence because the texts it was made from do, word by word. So everything that is claimed
of the model's map is measured on two others, made in the same steps from the same training texts: one of their tf-idf
weights, with no model at all, and one of an untrained twin of the model, whose weights are random. Only what is larger
than on both is evidence about the model.

The interval of a difference leaves out one emotion after the other (jackknife, Efron & Stein 1981) on both maps at
once. Predictions, components and clusters stay as they are; only the emotions that they are judged on change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import scipy
from scipy.sparse import csr_matrix

from emotion_core.base.activations import FloatArray
from emotion_core.base.numbers import finite
from emotion_core.stats.separation import Array
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import IntArray, PairRows, blocks_of, places

VOCABULARY, TWIN = "tf-idf", "untrained twin"
Outcome = Literal["beats", "cannot be told", "explains"]
# Sizes that differ by less are the same: arithmetic in float32 and float64 differs by as much.
_SAME = 1e-3
_NOUN = {VOCABULARY: "vocabulary", TWIN: "an untrained twin"}
TOO_FEW = "cannot be tested on so few"  # the mark of what no agreement whatever, of so few emotions, could show


@dataclass(frozen=True)
class RivalFigure:
    """A claim measured on a map without a trained model.

    Attributes:
        name: `tf-idf` or `untrained twin`.
        size: Of the same claim there.
        detail: What of the rival it was measured on, such as "on its component 2"; empty where that is plain.
        difference: The model's size minus this one.
        low: Lower end of the difference's interval.
        high: Its upper end.
        outcome: "beats" where the interval lies above 0, "explains" where the rival is at least as large, else "cannot
            be told".
    """

    name: str
    size: float
    detail: str
    difference: float
    low: float
    high: float
    outcome: Outcome

    def sentence(self) -> str:
        """Such as "tf-idf of the same texts: .36 (difference −.26, −.41 to −.11)"."""
        of = "tf-idf of the same texts" if self.name == VOCABULARY else "the untrained twin"
        detail = f" {self.detail}" if self.detail else ""
        known = np.isfinite([self.low, self.high]).all()
        interval = f"{self.low:.2f} to {self.high:.2f}" if known else "too few emotions for an interval"
        return f"{of}{detail}: {self.size:.2f} (difference {self.difference:.2f}, {interval})"

    def to_json(self) -> dict[str, Any]:
        """Part of the document of a claim."""
        return {
            "size": finite(self.size),
            "difference": finite(self.difference),
            "interval": [finite(self.low), finite(self.high)],
            "outcome": self.outcome,
        }


def mark_of(figures: tuple[RivalFigure, ...], *, beyond_chance: bool) -> str:
    """The mark of a claim.

    Args:
        figures: Of the rivals; none where the texts are not known.
        beyond_chance: Whether the claim is more than chance.

    Returns:
        "no evidence", "cannot be tested against words" (which is never evidence), "explained by vocabulary" or "... an
        untrained twin" where that does as well, "cannot be told from ..." where it does not but the difference may be
        chance, and "evidence".
    """
    if not beyond_chance:
        return "no evidence"
    if VOCABULARY not in {one.name for one in figures}:
        return "cannot be tested against words"
    for outcome, words in (("explains", "explained by"), ("cannot be told", "cannot be told from")):
        weighty = [one for one in figures if one.outcome == outcome]
        if weighty:
            return f"{words} {_NOUN[max(weighty, key=lambda one: one.size).name]}"
    return "evidence"


def against(
    name: str, statistics: Callable[[IntArray], tuple[float, float]], n: int, looks: int = 1, detail: str = ""
) -> RivalFigure:
    """Compares the size of a claim with a rival's.

    Args:
        name: Of the rival.
        statistics: The model's size and the rival's, on the emotions of an index.
        n: Emotions.
        looks: Comparisons whose intervals are to hold together at 95 % (Bonferroni).
        detail: What of the rival it was measured on.
    """
    everyone = np.arange(n)
    mine, other = statistics(everyone)
    without = np.array([np.subtract(*statistics(np.delete(everyone, i))) for i in range(n)])
    error = float(np.sqrt((n - 1) / n * ((without - without.mean()) ** 2).sum()))
    reach = float(scipy.stats.t.ppf(1 - 0.025 / looks, n - 1)) * error
    difference = mine - other
    # A nan anywhere (a rival without variation, one emotion too few) is no victory.
    outcome: Outcome = "cannot be told"
    if other >= mine - _SAME:
        outcome = "explains"
    elif difference - reach > 0:
        outcome = "beats"
    return RivalFigure(name, other, detail, difference, difference - reach, difference + reach, outcome)


def rival_rows(vectors: EmotionVectors, layer: int, twin: FloatArray | None = None) -> Mapping[str, Array]:
    """The rivals' vectors, float64 [emotions, width] by name; empty where the texts are not known.

    Args:
        vectors: The model's.
        layer: Of the map; the twin is read at the same one.
        twin: float32 [emotions, layers, width], the untrained twin's vectors; None where it was not read.
    """
    words = tfidf_vectors(vectors)
    if words is None:
        return {}
    found = {VOCABULARY: words}
    if twin is not None:
        found[TWIN] = twin[:, layer].astype(np.float64)
    return found


def tfidf_vectors(vectors: EmotionVectors) -> Array | None:
    """The same differences of means as in a build, of tf-idf weights of the training texts instead of activations.

    Returns:
        float64 [emotions, at most two dimensions an emotion], turned into as few dimensions as hold it, which changes
        no cosine, component, cluster or prediction. None where an emotion's training texts are not known, or hold not
        one word.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer  # slow to import, and pages do not need it

    rows = [t for one in vectors.prompt_sets for t in one.part("train")]
    if not set(vectors.emotions) <= {t.emotion for t in rows if t.side != "negative"}:
        return None
    texts = tuple(dict.fromkeys(t.text for t in rows))
    try:
        weights = TfidfVectorizer(token_pattern=r"(?u)\w+").fit_transform(texts)
    except ValueError:  # texts without a single word
        return None
    by_emotion: dict[str, Array] = {}
    for block in blocks_of(rows, places(texts)):
        if isinstance(block, PairRows):
            by_emotion[block.emotion] = _mean(weights, block.positive) - _mean(weights, block.negative)
            continue
        means = np.stack([_mean(weights, block.rows[block.labels == e]) for e in range(len(block.emotions))])
        by_emotion.update(zip(block.emotions, means - means.mean(axis=0), strict=True))
    found = np.stack([by_emotion[emotion] for emotion in vectors.emotions])  # (emotions, words)
    left, sizes, _ = np.linalg.svd(found, full_matrices=False)
    turned = left * sizes
    # Two sides with the same words, in another order, leave no direction: such an emotion has a word of its own.
    lengths = np.linalg.norm(turned, axis=1)
    empty = lengths <= 1e-12 * max(1.0, float(lengths.max()))
    own: Array = np.eye(len(turned))[:, empty] * (float(lengths[~empty].mean()) if (~empty).any() else 1.0)
    return np.concatenate([np.where(empty[:, None], 0.0, turned), own], axis=1)


def _mean(weights: csr_matrix, rows: IntArray) -> Array:
    """float64 [words]."""
    result: Array = np.asarray(weights[rows].mean(axis=0), dtype=np.float64).ravel()
    return result
