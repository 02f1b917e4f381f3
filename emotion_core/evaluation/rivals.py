"""What explains a separation without any emotion in it: words, parts of words, length, and the embedding layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from emotion_core.base.activations import Activations
from emotion_core.stats.separation import Array, auroc
from emotion_core.vectors.emotion_vectors import Estimator
from emotion_core.vectors.estimate import Block, IntArray, estimate, project

Sides = tuple[IntArray, IntArray]
# Scores of the positive and of the negative texts, float64 [texts] each; None where a rival cannot be had.
SideScores = tuple[Array, Array] | None
RIVALS = ("vocabulary", "characters", "length", "embedding")


@dataclass(frozen=True)
class Rivals:
    """AUROC of each rival on the scored texts, fitted on the training texts; nan where it cannot be had.

    Attributes:
        vocabulary: Logistic regression on word counts.
        length: Number of tokens, in the direction that it had in training.
        embedding: The same estimator on the input of block 0, before the model has computed anything.
        characters: Logistic regression on character n-grams, weighted by tf-idf.
    """

    vocabulary: float
    length: float
    embedding: float
    characters: float = float("nan")


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
    """AUROC of `word_scores` for many emotions of one set, float64 [emotions]; nan where there are no scores."""
    return np.array([area_of(scores) for scores in word_scores(train, train_sides, test, test_sides)])


def word_scores(
    train: Sequence[str], train_sides: Sequence[Sides], test: Sequence[str], test_sides: Sequence[Sides]
) -> list[SideScores]:
    """Scores of a logistic regression on word counts; the words of a set's texts are counted once.

    Args:
        train: All training texts.
        train_sides: Rows of the positive and of the negative training texts of each emotion.
        test: All scored texts.
        test_sides: Rows of the positive and of the negative scored texts of each emotion.

    Returns:
        Scores of both sides, one pair an emotion; None for an emotion without rows on a side, and without a single
        word in training.
    """
    from sklearn.feature_extraction.text import CountVectorizer  # slow to import, and pages do not need it

    return _regressions(CountVectorizer(token_pattern=r"(?u)\w+"), train, train_sides, test, test_sides)


def character_scores(
    train: Sequence[str], train_sides: Sequence[Sides], test: Sequence[str], test_sides: Sequence[Sides]
) -> list[SideScores]:
    """The same on character n-grams (2 to 5 within words, tf-idf): endings, word parts and punctuation as well.

    Arguments and result are those of `word_scores`.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    # With a hundred features a text the dual problem, with a variable a text, takes two thirds of the time.
    return _regressions(grams, train, train_sides, test, test_sides, dual=True)


def _regressions(
    counter: Any,
    train: Sequence[str],
    train_sides: Sequence[Sides],
    test: Sequence[str],
    test_sides: Sequence[Sides],
    *,
    dual: bool = False,
) -> list[SideScores]:
    """A logistic regression an emotion on what a vectoriser of scikit-learn counts; one optimum, in either problem."""
    from sklearn import config_context
    from sklearn.linear_model import LogisticRegression

    none: list[SideScores] = [None] * len(train_sides)
    # What is handed over here is of the right kind, and finite: with few texts the checks would take longest.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        try:
            counted = counter.fit_transform(train)
        except ValueError:  # texts without a single word
            return none
        scored = counter.transform(test)
        # Once: rows taken out of it would be sorted anew for every emotion. (Several threads take longer than one.)
        counted.sort_indices()
        for e, (seen, rows) in enumerate(zip(train_sides, test_sides, strict=True)):
            if not all(len(side) for side in (*seen, *rows)):
                continue
            labels = np.repeat([1, 0], [len(side) for side in seen])
            model = LogisticRegression(
                solver="liblinear", class_weight="balanced", dual=dual, max_iter=1000, random_state=0
            )
            model.fit(counted[np.concatenate(seen)], labels)
            none[e] = model.decision_function(scored[rows[0]]), model.decision_function(scored[rows[1]])
    return none


def length(train: IntArray, train_sides: Sides, test: IntArray, test_sides: Sides) -> float:
    """AUROC of `length_scores`."""
    return area_of(length_scores(train, train_sides, test, test_sides))


def length_scores(train: IntArray, train_sides: Sides, test: IntArray, test_sides: Sides) -> SideScores:
    """The number of tokens, turned by the training texts.

    Args:
        train: int64 [training texts], tokens of each.
        train_sides: Rows of the positive and of the negative training texts.
        test: int64 [scored texts].
        test_sides: Rows of the positive and of the negative scored texts.
    """
    seen = float(auroc(*(train[rows].astype(np.float64) for rows in train_sides)))
    sign = -1.0 if seen < 0.5 else 1.0
    return sign * test[test_sides[0]].astype(np.float64), sign * test[test_sides[1]].astype(np.float64)


def embedding_aurocs(
    train: Activations, train_block: Block, test: Activations, sides: Sequence[tuple[str, Sides]], estimator: Estimator
) -> Array:
    """AUROC of `embedding_scores`, float64 [emotions]."""
    return np.array([area_of(scores) for scores in embedding_scores(train, train_block, test, sides, estimator)])


def embedding_scores(
    train: Activations, train_block: Block, test: Activations, sides: Sequence[tuple[str, Sides]], estimator: Estimator
) -> list[SideScores]:
    """Projections on vectors built on the embedding layer alone.

    Args:
        train: Training texts.
        train_block: Their rows.
        test: Scored texts.
        sides: Emotions of the block with rows of their scored texts.
        estimator: As in the build.

    Returns:
        Scores of both sides, one pair an emotion.
    """
    vectors = estimate(train.embeddings[:, None], train_block, estimator)
    scores: list[SideScores] = []
    for emotion, rows in sides:
        positive, negative = project(test.embeddings[:, None], rows, vectors[train_block.emotions.index(emotion)])
        scores.append((positive[0], negative[0]))
    return scores


def area_of(scores: SideScores) -> float:
    """AUROC of a rival's scores; nan where it has none."""
    return float("nan") if scores is None else float(auroc(*scores))


def _ranges(positives: int, negatives: int) -> Sides:
    return np.arange(positives), np.arange(positives, positives + negatives)
