"""What chance gives: held-out separation of random directions and of vectors from shuffled labels.

Under the null hypothesis the labels of a set have nothing to do with the activations. So all of them are shuffled, in
training and in held-out texts alike (pairs: sides swapped within pairs; labelled texts: emotions exchanged within
topics), the vector is extracted again and scored again, as Ojala & Garriga (2010) do for classifiers. Shuffling the
training labels alone would not do: in a set with one strong direction every shuffled vector points along it, forwards
or backwards, and half of them would separate the true sides perfectly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import FloatArray
from emotion_core.base.jobs import Job, Progress
from emotion_core.evaluation.gaps import FEWEST_TOPICS
from emotion_core.stats.separation import Array, auroc, auroc_against_rest, cohens_d, cohens_d_against_rest
from emotion_core.vectors.estimate import Block, BoolArray, IntArray, LabelledRows, PairRows


def swaps(block: PairRows, draws: int, rng: np.random.Generator) -> BoolArray:
    """Whether the two sides of a pair change places, bool [draws, pairs].

    Pairs of one topic change places together where there are at least `FEWEST_TOPICS` topics: their differences may be
    alike, and are then no two pieces of evidence. With fewer topics there would be too few ways to shuffle.
    """
    topics, number = np.unique(np.asarray(block.groups, dtype=str), return_inverse=True)
    if len(topics) < FEWEST_TOPICS:
        number = np.arange(len(block))
    turned = rng.integers(0, 2, (draws, int(number.max(initial=-1)) + 1)).astype(np.bool_)
    result: BoolArray = turned[:, number]
    return result


def permutations(block: LabelledRows, draws: int, rng: np.random.Generator) -> IntArray:
    """Texts of each draw, emotion by emotion.

    Labels change places within a topic, so that a shuffled vector is no vector of topics. A topic with texts of one
    emotion only has nothing to exchange; such topics are shuffled together.

    Returns:
        int64 [draws, texts]: numbers of the block's texts such that the first n of a row get the first emotion, where
        n is the number of texts of that emotion, and so on: compare `starts`.
    """
    strata = _strata(block)
    home = np.argsort(strata, kind="stable")
    keys = rng.random((draws, len(block))) + strata  # a text's key stays between its stratum's number and the next
    # Numbers of 16 bits are sorted by their digits: several times as fast, in the same order.
    labels = block.labels.astype(np.int16) if len(block.emotions) < 2**15 else block.labels
    shuffled = np.empty((draws, len(block)), dtype=labels.dtype)
    shuffled[:, home] = labels[np.argsort(keys, axis=1)]  # text i gets the label of another of its stratum
    return np.argsort(shuffled, axis=1, kind="stable")


def starts(block: LabelledRows) -> IntArray:
    """Where each emotion's texts begin in a row of `permutations`, int64 [emotions + 1]."""
    sizes = np.bincount(block.labels, minlength=len(block.emotions))
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _strata(block: LabelledRows) -> npt.NDArray[np.int64]:
    labels_of: dict[str, set[int]] = {}
    for group, label in zip(block.groups, block.labels, strict=True):
        labels_of.setdefault(group, set()).add(int(label))
    number = {group: i + 1 for i, group in enumerate(g for g, labels in labels_of.items() if len(labels) > 1)}
    return np.array([number.get(group, 0) for group in block.groups], dtype=np.int64)


# Scores held at once, in numbers: 64 MB of float32.
_BUDGET = 16 * 1024**2

# Scores of a chunk of draws at a layer, float32 [draws, emotions, texts], and the numbers of these draws; nothing for
# a layer that is not finite.
ScoresOfDraws = Callable[[int], Iterator[tuple[slice, FloatArray]]]


def reextracted(
    train: FloatArray, block: Block, emotions: tuple[str, ...], test: FloatArray, draws: int, rng: np.random.Generator
) -> ScoresOfDraws:
    """Scores along differences in means of shuffled training labels.

    Args:
        train: float32 [training texts, layers, width], that `block` counts into.
        block: Training rows.
        emotions: Emotions of the block that are scored.
        test: float32 [scored texts, layers, width].
        draws: How many shuffles.
        rng: Draws them.
    """
    chosen: slice | list[int] = [block.emotions.index(emotion) for emotion in emotions]
    if emotions == block.emotions:
        chosen = slice(None)  # without a copy, the largest of all
    step = max(1, _BUDGET // (len(block.emotions) * max(1, len(test))))
    if isinstance(block, PairRows):
        signs = np.array([1, -1], dtype=np.float32)[swaps(block, draws, rng).astype(np.int8)]
    else:
        order, bounds = permutations(block, draws, rng), starts(block)

    def scores_of(layer: int) -> Iterator[tuple[slice, FloatArray]]:
        centred, held = centred_rows(train[:, layer]), centred_rows(test[:, layer])
        if centred is None or held is None:
            return
        for start in range(0, draws, step):
            part = slice(start, min(start + step, draws))
            if isinstance(block, PairRows):
                differences = centred[block.positive] - centred[block.negative]  # (pairs, width)
                scores = (signs[part] @ (differences @ held.T)).astype(np.float32, copy=False)  # (draws, texts)
                yield part, scores[:, None]
            else:
                yield part, _labelled_scores(centred[block.rows], order[part], bounds, held)[:, chosen]

    return scores_of


def fixed(vectors: FloatArray, test: FloatArray, draws: int) -> ScoresOfDraws:
    """Scores along the vectors as they are, for estimators and imports that cannot be extracted 200 times.

    Shuffling held-out labels alone is a valid test as well; it asks less of the training set.

    Args:
        vectors: float32 [emotions, layers, width].
        test: float32 [scored texts, layers, width].
        draws: How many shuffles.
    """

    def scores_of(layer: int) -> Iterator[tuple[slice, FloatArray]]:
        held = centred_rows(test[:, layer])
        if held is None or not np.isfinite(vectors[:, layer]).all():
            return
        scores = vectors[:, layer] @ held.T  # (emotions, texts)
        step = max(1, _BUDGET // max(1, scores.size))
        for start in range(0, draws, step):
            part = slice(start, min(start + step, draws))
            yield part, np.broadcast_to(scores, (part.stop - part.start, *scores.shape))

    return scores_of


def _labelled_scores(train: FloatArray, order: IntArray, bounds: IntArray, held: FloatArray) -> FloatArray:
    """float32 [draws, emotions, texts] from texts in shuffled order, int64 [draws, training texts]."""
    from scipy.sparse import csr_array  # slow to import, as the next two, and a build does without

    draws, n = order.shape
    sizes = np.diff(bounds)
    weights = np.repeat(1 / np.maximum(sizes, 1), sizes).astype(np.float32)
    edges = np.concatenate([[0], (np.arange(draws)[:, None] * n + bounds[1:]).ravel()])
    means = csr_array((np.tile(weights, draws), order.ravel(), edges), shape=(draws * len(sizes), n))
    # Inner products first while the scored texts are few, else means of activations first: the fewer numbers.
    narrow = held.shape[0] <= 4 * held.shape[1]
    scores = means @ (train @ held.T) if narrow else (means @ train) @ held.T
    scores = scores.reshape(draws, len(sizes), held.shape[0])
    scores -= scores.mean(axis=1, keepdims=True)
    return np.asarray(scores, np.float32)


def centred_rows(rows: FloatArray) -> FloatArray | None:
    """Rows around their mean, which keeps float32 exact enough and moves all scores alike; None if not finite."""
    if not np.isfinite(rows).all():
        return None
    result: FloatArray = (rows - rows.mean(axis=0, dtype=np.float64)).astype(np.float32)
    return result


DRAWS = 200


@dataclass(frozen=True)
class Null:
    """Separation under chance.

    Attributes:
        auroc: float64 [draws, emotions, layers]; nan at a layer that is not finite.
        d: float64 [draws, emotions, layers], Cohen's d.
    """

    auroc: Array
    d: Array

    def quantile(self, share: float) -> tuple[Array, Array]:
        """AUROC and d that this share of the draws does not exceed, float64 [emotions, layers] each."""
        first, second = (np.quantile(table, share, axis=0) for table in (self.auroc, self.d))
        return np.asarray(first, np.float64), np.asarray(second, np.float64)

    def p_of_all_layers(self, observed: Array) -> Array:
        """p-value of each layer as one of all that were looked at, float64 [emotions, layers].

        Share of draws whose best layer reaches the AUROC, the observed one counted among them (the maximum statistic of
        Westfall & Young 1993, section 2.3): labels are shuffled for all layers alike.
        """
        known = np.where(np.isnan(self.auroc), -np.inf, self.auroc)
        reached = (known.max(axis=2)[:, :, None] >= observed - 1e-9).sum(axis=0)
        return np.where(np.isnan(observed), np.nan, (1 + reached) / (1 + len(self.auroc)))

    def p_value(self, observed: Array) -> Array:
        """Share of draws that reach the observed AUROC [emotions, layers], the observed one counted among them."""
        reached = (self.auroc >= observed - 1e-9).sum(axis=0)
        p = (1 + reached) / (1 + len(self.auroc))
        broken = np.isnan(observed) | np.isnan(self.auroc).any(axis=0)
        return np.where(broken, np.nan, p)


def random_directions(
    test: FloatArray, block: Block, emotions: tuple[str, ...], draws: int, rng: np.random.Generator
) -> Null:
    """Separation along directions drawn uniformly from the sphere, the same for all emotions.

    Args:
        test: float32 [texts, layers, width], activations that `block` counts into.
        block: Scored rows.
        emotions: Emotions of the block that are scored.
        draws: How many directions a layer.
        rng: Draws them.
    """
    null = _empty(draws, len(emotions), test.shape[1])
    sides = [block.sides(emotion) for emotion in emotions]
    for layer in range(test.shape[1]):
        centred = centred_rows(test[:, layer])
        directions = rng.standard_normal((draws, test.shape[2])).astype(np.float32)
        if centred is None:
            continue
        scores = directions @ centred.T  # (draws, texts); their length plays no part in d or AUROC
        null.auroc[:, :, layer] = _aurocs(scores, sides)
        for e, (positive, negative) in enumerate(sides):
            null.d[:, e, layer] = cohens_d(scores[:, positive], scores[:, negative])
    return null


def direction_aurocs(rows: FloatArray, block: Block, emotions: tuple[str, ...], directions: FloatArray) -> Array:
    """AUROC of given directions at one layer, float64 [directions, emotions]; nan where a text is not finite.

    Args:
        rows: float32 [texts, width], activations that `block` counts into.
        block: Scored rows.
        emotions: Emotions of the block that are scored.
        directions: float32 [directions, width].
    """
    centred = centred_rows(rows)
    if centred is None:
        return np.full((len(directions), len(emotions)), np.nan)
    return _aurocs(directions @ centred.T, [block.sides(emotion) for emotion in emotions])


def _aurocs(scores: FloatArray, sides: Sequence[tuple[IntArray, IntArray]]) -> Array:
    """AUROC of the same scores [draws, texts] for several emotions; ranks are given once: float64 [draws, emotions]."""
    from scipy.stats import rankdata

    found = np.full((len(scores), len(sides)), np.nan)
    used = np.unique(np.concatenate([row for side in sides for row in side]))
    ranks = np.asarray(rankdata(scores[:, used], axis=-1), dtype=np.float64)  # (draws, used)
    for e, (positive, negative) in enumerate(sides):
        own, n = np.isin(used, positive), len(positive)
        if (
            n and len(negative) and n + len(negative) == len(used)
        ):  # one against the rest: the ranks are those of these two sides
            found[:, e] = (ranks[:, own].sum(axis=1) - n * (n + 1) / 2) / (n * len(negative))
        else:
            found[:, e] = auroc(ranks[:, own], ranks[:, np.isin(used, negative)])
    return found


def shuffled_labels(
    block: Block, emotions: tuple[str, ...], scores_of: ScoresOfDraws, layers: int, draws: int, rng: np.random.Generator
) -> Job[Null]:
    """Separation of scored texts with shuffled labels, as a job that yields after each layer.

    Args:
        block: Scored rows; `scores_of` gives scores of all texts that it counts into.
        emotions: Emotions of the block that are scored, in the order of the scores.
        scores_of: See `shuffled_scores.reextracted` and `fixed`.
        layers: Number of layers.
        draws: How many shuffles.
        rng: Draws them.
    """
    null = _empty(draws, len(emotions), layers)
    separated = _separation(block, emotions, draws, rng)
    for layer in range(layers):
        for part, scores in scores_of(layer):
            for e in range(len(emotions)):
                null.auroc[part, e, layer], null.d[part, e, layer] = separated(e, part, scores[:, e])
        yield Progress(layer + 1, layers, "shuffling labels")
    return null


def shuffled_aurocs(
    block: Block, emotions: tuple[str, ...], scores_of: ScoresOfDraws, layer: int, draws: int, rng: np.random.Generator
) -> Array:
    """AUROCs of the same null at one layer, where many more draws are wanted: float64 [draws, emotions].

    Args:
        block: Scored rows.
        emotions: Emotions of the block that are scored.
        scores_of: Of as many draws.
        layer: The layer.
        draws: How many shuffles.
        rng: Draws them.
    """
    aurocs = np.full((draws, len(emotions)), np.nan)
    if isinstance(block, PairRows):
        turned = swaps(block, draws, rng)
        for part, scores in scores_of(layer):
            first, second = scores[:, 0, block.positive], scores[:, 0, block.negative]
            swapped = turned[part]
            aurocs[part, 0] = auroc(np.where(swapped, second, first), np.where(swapped, first, second))
        return aurocs
    order, bounds = permutations(block, draws, rng), starts(block)
    numbers = [block.emotions.index(emotion) for emotion in emotions]
    for part, scores in scores_of(layer):
        for e, number in enumerate(numbers):
            own = order[part, bounds[number] : bounds[number + 1]]
            aurocs[part, e] = auroc_against_rest(_of_rows(scores[:, e], block.rows), own)
    return aurocs


def relabelled_aurocs(block: Block, emotion: str, scores: Array, draws: int, rng: np.random.Generator) -> Array:
    """AUROCs of scores that stay as they are, with shuffled labels: float64 [draws].

    Args:
        block: Scored rows, which count into `scores`.
        emotion: The emotion.
        scores: float64 [texts] along its direction.
        draws: How many shuffles.
        rng: Draws them.
    """
    from scipy.stats import rankdata

    positive, negative = block.sides(emotion)
    n, m = len(positive), len(negative)
    used = np.concatenate([positive, negative])
    ranks = np.zeros(len(scores))
    ranks[used] = rankdata(scores[used])
    if isinstance(block, PairRows):
        turned = swaps(block, draws, rng)
        sums = np.where(turned, ranks[negative], ranks[positive]).sum(axis=1)
    else:
        bounds, number = starts(block), block.emotions.index(emotion)
        order = permutations(block, draws, rng)[:, bounds[number] : bounds[number + 1]]
        sums = ranks[block.rows[order]].sum(axis=1)
    result: Array = (sums - n * (n + 1) / 2) / (n * m)
    return result if np.isfinite(scores[used]).all() else np.full(draws, np.nan)


def _separation(
    block: Block, emotions: tuple[str, ...], draws: int, rng: np.random.Generator
) -> Callable[[int, slice, FloatArray], tuple[Array, Array]]:
    """AUROC and d of scores [draws of a part, texts] of one emotion between shuffled sides."""
    if isinstance(block, PairRows):
        swapped = swaps(block, draws, rng)

        def of_pairs(e: int, part: slice, scores: FloatArray) -> tuple[Array, Array]:
            first, second = scores[:, block.positive], scores[:, block.negative]
            turned = swapped[part]
            sides = np.where(turned, second, first), np.where(turned, first, second)
            return auroc(*sides), cohens_d(*sides)

        return of_pairs
    order, bounds = permutations(block, draws, rng), starts(block)
    numbers = [block.emotions.index(emotion) for emotion in emotions]

    def of_labels(e: int, part: slice, scores: FloatArray) -> tuple[Array, Array]:
        own, every = order[part, bounds[numbers[e]] : bounds[numbers[e] + 1]], _of_rows(scores, block.rows)
        return auroc_against_rest(every, own), cohens_d_against_rest(every, own)

    return of_labels


def _of_rows(scores: FloatArray, rows: IntArray) -> FloatArray:
    """Scores [draws, texts] of these texts; without a copy where they are all of them, in order."""
    if len(rows) == scores.shape[1] and (rows == np.arange(len(rows))).all():
        return scores
    return scores[:, rows]


def _empty(draws: int, emotions: int, layers: int) -> Null:
    return Null(*(np.full((draws, emotions, layers), np.nan) for _ in range(2)))
