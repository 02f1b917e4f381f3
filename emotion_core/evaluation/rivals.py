"""What explains a separation without any emotion in it: vocabulary, length, and the embedding layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion_core.evaluation.auroc import Array, auroc
from emotion_core.tracing.activations import Activations
from emotion_core.vectors.emotion_vectors import Estimator
from emotion_core.vectors.estimate import estimate
from emotion_core.vectors.rows import Block, IntArray
from emotion_core.vectors.select import project

Sides = tuple[IntArray, IntArray]
RIVALS = ("vocabulary", "length", "embedding")


@dataclass(frozen=True)
class Rivals:
    """AUROC of each rival on the scored texts, fitted on the training texts; nan where it cannot be had.

    Attributes:
        vocabulary: Logistic regression on word counts.
        length: Number of tokens, in the direction that it had in training.
        embedding: The same estimator on the input of block 0, before the model has computed anything.
    """

    vocabulary: float
    length: float
    embedding: float

    @property
    def best(self) -> tuple[str, float]:
        """Name and AUROC of the strongest rival; an empty name where there is none."""
        found = [(name, getattr(self, name)) for name in RIVALS if np.isfinite(getattr(self, name))]
        return max(found, key=lambda pair: pair[1]) if found else ("", float("nan"))


def bag_of_words(
    positive: Sequence[str], negative: Sequence[str], test_positive: Sequence[str], test_negative: Sequence[str]
) -> float:
    """AUROC of a logistic regression on word counts that never saw the scored texts.

    Args:
        positive: Positive training texts.
        negative: Negative training texts.
        test_positive: Positive scored texts.
        test_negative: Negative scored texts.
    """
    train, test = [*positive, *negative], [*test_positive, *test_negative]
    sides = _ranges(len(positive), len(negative)), _ranges(len(test_positive), len(test_negative))
    return float(vocabulary_aurocs(train, [sides[0]], test, [sides[1]])[0])


def vocabulary_aurocs(
    train: Sequence[str], train_sides: Sequence[Sides], test: Sequence[str], test_sides: Sequence[Sides]
) -> Array:
    """The same for many emotions of one set: the words of its texts are counted once.

    Args:
        train: All training texts.
        train_sides: Rows of the positive and of the negative training texts of each emotion.
        test: All scored texts.
        test_sides: Rows of the positive and of the negative scored texts of each emotion.

    Returns:
        float64 [emotions]; nan for an emotion without rows on a side, and without a single word in training.
    """
    from sklearn.feature_extraction.text import CountVectorizer  # slow to import, and pages do not need it
    from sklearn.linear_model import LogisticRegression

    counter = CountVectorizer(token_pattern=r"(?u)\w+")
    found = np.full(len(train_sides), np.nan)
    try:
        counted = counter.fit_transform(train)
    except ValueError:  # texts without a single word
        return found
    scored = counter.transform(test)
    for e, (seen, rows) in enumerate(zip(train_sides, test_sides, strict=True)):
        if not all(len(side) for side in (*seen, *rows)):
            continue
        labels = np.repeat([1, 0], [len(side) for side in seen])
        model = LogisticRegression(solver="liblinear", class_weight="balanced")
        model.fit(counted[np.concatenate(seen)], labels)
        found[e] = auroc(*(model.decision_function(scored[side]) for side in rows))
    return found


def length(train: IntArray, train_sides: Sides, test: IntArray, test_sides: Sides) -> float:
    """AUROC of the number of tokens, turned by the training texts.

    Args:
        train: int64 [training texts], tokens of each.
        train_sides: Rows of the positive and of the negative training texts.
        test: int64 [scored texts].
        test_sides: Rows of the positive and of the negative scored texts.
    """
    seen = float(auroc(*(train[rows].astype(np.float64) for rows in train_sides)))
    sign = -1.0 if seen < 0.5 else 1.0
    return float(auroc(*(sign * test[rows].astype(np.float64) for rows in test_sides)))


def embedding_aurocs(
    train: Activations, train_block: Block, test: Activations, sides: Sequence[tuple[str, Sides]], estimator: Estimator
) -> Array:
    """AUROC of vectors built on the embedding layer alone.

    Args:
        train: Training texts.
        train_block: Their rows.
        test: Scored texts.
        sides: Emotions of the block with rows of their scored texts.
        estimator: As in the build.

    Returns:
        float64 [emotions].
    """
    vectors = estimate(train.embeddings[:, None], train_block, estimator)
    found = []
    for emotion, rows in sides:
        vector = vectors[train_block.emotions.index(emotion)]
        found.append(auroc(*project(test.embeddings[:, None], rows, vector))[0])
    return np.array(found, dtype=np.float64)


def _ranges(positives: int, negatives: int) -> Sides:
    return np.arange(positives), np.arange(positives, positives + negatives)
