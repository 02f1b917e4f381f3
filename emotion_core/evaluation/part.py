"""Scores the emotions that share their training rows and their scored rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from emotion_core.evaluation.auroc import Array, auroc, balanced_accuracy, overlap
from emotion_core.evaluation.bootstrap import FEWEST, TOO_FEW
from emotion_core.evaluation.d_interval import d_interval
from emotion_core.evaluation.effect_size import cohens_d
from emotion_core.evaluation.nulls import Null, random_directions, shuffled_labels
from emotion_core.evaluation.rivals import Rivals, Sides, embedding_aurocs, length, vocabulary_aurocs
from emotion_core.evaluation.shuffled_scores import fixed, reextracted
from emotion_core.runs.progress import Job
from emotion_core.tracing.activations import Activations
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.neutral import neutral_components, project_out
from emotion_core.vectors.orthogonal import without_removed
from emotion_core.vectors.rows import Block, IntArray
from emotion_core.vectors.select import project


@dataclass(frozen=True)
class Part:
    """Emotions that share their training rows and their scored rows."""

    vectors: EmotionVectors
    train: Activations | None
    train_block: Block | None
    test: Activations
    block: Block
    emotions: tuple[str, ...]
    neutral: Activations | None

    @property
    def places(self) -> list[int]:
        """Positions of the emotions in the vectors."""
        return [self.vectors.index(emotion) for emotion in self.emotions]


@dataclass(frozen=True)
class Scored:
    """Tables [emotions of the part, layers] by their names in `HeldOutScores`, and the rivals."""

    tables: dict[str, Array]
    rivals: tuple[Rivals, ...]


def score_part(part: Part, draws: int, rng: np.random.Generator) -> Job[Scored]:
    """All tables of a part: measures, both nulls, rivals."""
    shuffled, random = yield from _nulls(part, draws, rng)
    rows = [_measure(part, emotion, rng) for emotion in part.emotions]
    tables = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    tables["p_value"] = shuffled.p_value(tables["auroc"])
    tables["null_auroc_95"], tables["null_d_95"] = shuffled.quantile(0.95)
    _, tables["null_d_low"] = shuffled.quantile(0.025)
    _, tables["null_d_high"] = shuffled.quantile(0.975)
    tables["random_auroc_95"], tables["random_d_95"] = random.quantile(0.95)
    return Scored(tables, _rivals(part))


def _measure(part: Part, emotion: str, rng: np.random.Generator) -> dict[str, Array]:
    """Measures of one emotion, float64 [layers] each."""
    e = part.vectors.index(emotion)
    positive, negative = project(part.test.values, part.block.sides(emotion), part.vectors.values[e])
    interval = d_interval(positive, negative, rng)
    return {
        "mean_positive": positive.mean(axis=-1),
        "mean_negative": negative.mean(axis=-1),
        "cohens_d": cohens_d(positive, negative),
        "d_low": interval.low,
        "d_high": interval.high,
        "d_bound": interval.bound,
        "auroc": auroc(positive, negative),
        "overlap": overlap(positive, negative),
        "accuracy": balanced_accuracy(positive, negative, part.vectors.train_midpoints[e].astype(np.float64)),
    }


def _nulls(part: Part, draws: int, rng: np.random.Generator) -> Job[tuple[Null, Null]]:
    test = part.test.values
    if part.train is not None and part.train_block is not None and part.vectors.estimator == "difference":
        held = without_removed(test, part.vectors)
        if part.vectors.neutral_projection and part.neutral is not None:
            # A projected vector's product with a text is the vector's product with the projected text.
            held = project_out(held, neutral_components(part.neutral.values))
        scores_of = reextracted(part.train.values, part.train_block, part.emotions, held, draws, rng)
    else:
        scores_of = fixed(part.vectors.values[part.places], test, draws)
    shuffled = yield from shuffled_labels(part.block, part.emotions, scores_of, test.shape[1], draws, rng)
    return shuffled, random_directions(test, part.block, part.emotions, draws, rng)


def _rivals(part: Part) -> tuple[Rivals, ...]:
    train, block = part.train, part.train_block
    if train is None or block is None:
        return tuple(Rivals(np.nan, np.nan, np.nan) for _ in part.emotions)
    seen = [block.sides(emotion) for emotion in part.emotions]
    rows = [part.block.sides(emotion) for emotion in part.emotions]
    used, scored = np.unique(_joined(seen)), np.unique(_joined(rows))
    words = vocabulary_aurocs(
        [train.texts[i] for i in used],
        [_within(used, sides) for sides in seen],
        [part.test.texts[i] for i in scored],
        [_within(scored, sides) for sides in rows],
    )
    embedding = embedding_aurocs(
        train, block, part.test, list(zip(part.emotions, rows, strict=True)), part.vectors.estimator
    )
    lengths = [length(train.n_tokens, a, part.test.n_tokens, b) for a, b in zip(seen, rows, strict=True)]
    return tuple(Rivals(float(w), one, float(e)) for w, one, e in zip(words, lengths, embedding, strict=True))


def _joined(sides: list[Sides]) -> IntArray:
    return np.concatenate([side for pair in sides for side in pair])


def _within(rows: IntArray, sides: Sides) -> Sides:
    """Positions of the sides' rows in the sorted `rows`."""
    return np.searchsorted(rows, sides[0]), np.searchsorted(rows, sides[1])


def count(part: Part, emotion: str) -> tuple[int | None, int, str]:
    """Training and scored pairs or texts of an emotion, and why it has no interval."""
    positive, negative = part.block.sides(emotion)
    n_train = None if part.train_block is None else len(part.train_block.sides(emotion)[0])
    return n_train, len(positive), TOO_FEW if min(len(positive), len(negative)) < FEWEST else ""
