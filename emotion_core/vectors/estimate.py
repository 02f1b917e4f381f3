"""Vectors out of activations: which rows are whose, the estimators, and the choice of a layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.prompts.prompt_set import PromptText, topic_folds
from emotion_core.stats.separation import Array, auroc, cohens_d
from emotion_core.vectors.emotion_vectors import ESTIMATORS, Estimator

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class PairRows:
    """The contrast pairs of one emotion.

    Attributes:
        emotion: Its name.
        positive: int64 [pairs], row of the positive text of each pair.
        negative: int64 [pairs], row of its negative text.
        groups: [pairs], what must stay together in a fold: the topic, or the pair itself where there is none.
    """

    emotion: str
    positive: IntArray
    negative: IntArray
    groups: tuple[str, ...]

    @property
    def emotions(self) -> tuple[str, ...]:
        """The one emotion."""
        return (self.emotion,)

    def sides(self, emotion: str) -> tuple[IntArray, IntArray]:
        """Rows of the positive and of the negative texts."""
        return self.positive, self.negative

    def only(self, keep: BoolArray) -> PairRows:
        """The pairs chosen by a boolean [pairs]."""
        return PairRows(self.emotion, self.positive[keep], self.negative[keep], _pick(self.groups, keep))

    def __len__(self) -> int:
        return len(self.positive)


@dataclass(frozen=True)
class LabelledRows:
    """Texts that each stand for one of several emotions.

    Attributes:
        emotions: Names; `labels` counts into them.
        rows: int64 [texts], row of each text in the activations.
        labels: int64 [texts].
        groups: [texts], what must stay together in a fold: the topic, or the text itself where there is none.
    """

    emotions: tuple[str, ...]
    rows: IntArray
    labels: IntArray
    groups: tuple[str, ...]

    def sides(self, emotion: str) -> tuple[IntArray, IntArray]:
        """Rows of the emotion's texts and of the other emotions' texts; a text with several emotions is on one side."""
        own = self.labels == self.emotions.index(emotion)
        positive, negative = self.rows[own], self.rows[~own]
        return positive, negative[~np.isin(negative, positive)] if self._shared else negative

    @cached_property
    def _shared(self) -> bool:
        """Whether a text stands under several emotions."""
        return len(np.unique(self.rows)) < len(self.rows)

    def only(self, keep: BoolArray) -> LabelledRows:
        """The texts chosen by a boolean [texts]; all emotions keep their number."""
        return LabelledRows(self.emotions, self.rows[keep], self.labels[keep], _pick(self.groups, keep))

    def __len__(self) -> int:
        return len(self.rows)


Block = PairRows | LabelledRows


def blocks_of(texts: Sequence[PromptText], place: Mapping[str, int]) -> tuple[Block, ...]:
    """Sorts texts into one block for each emotion of contrast pairs and one for all labelled texts.

    Args:
        texts: Texts of one split, of one or both forms; pair numbers are unique.
        place: Row of each text in the activations.

    Raises:
        SettingsError: A text has no activations.
    """
    missing = [t.text for t in texts if t.text not in place]
    if missing:
        raise SettingsError("The activations lack a text of the prompt set", found=missing[0][:80])
    blocks: list[Block] = []
    pairs = [t for t in texts if t.side != "labelled"]
    for emotion in dict.fromkeys(t.emotion for t in pairs):
        positive = [t for t in pairs if t.emotion == emotion and t.side == "positive"]
        partner = {t.pair: t for t in pairs if t.emotion == emotion and t.side == "negative"}
        whole = [t for t in positive if t.pair in partner]
        blocks.append(
            PairRows(
                emotion,
                _rows([t.text for t in whole], place),
                _rows([partner[t.pair].text for t in whole], place),
                tuple(t.topic or f"\x1f{i}" for i, t in enumerate(whole)),
            )
        )
    labelled = [t for t in texts if t.side == "labelled"]
    if labelled:
        emotions = tuple(dict.fromkeys(t.emotion for t in labelled))
        number = {emotion: i for i, emotion in enumerate(emotions)}
        labels = np.array([number[t.emotion] for t in labelled], dtype=np.int64)
        groups = tuple(t.topic or f"\x1f{i}" for i, t in enumerate(labelled))
        blocks.append(LabelledRows(emotions, _rows([t.text for t in labelled], place), labels, groups))
    return tuple(blocks)


def places(texts: Sequence[str]) -> dict[str, int]:
    """Row of each text."""
    return {text: i for i, text in enumerate(texts)}


def _rows(texts: Sequence[str], place: Mapping[str, int]) -> IntArray:
    return np.array([place[text] for text in texts], dtype=np.int64)


def _pick(groups: tuple[str, ...], keep: BoolArray) -> tuple[str, ...]:
    return tuple(group for group, kept in zip(groups, keep, strict=True) if kept)


@dataclass(frozen=True)
class CrossValidation:
    """How well each layer does on topics it was not built from.

    Attributes:
        auroc: float64 [emotions, layers], mean over folds, weighted by their positive texts; nan where no fold
            could be scored.
        d: float64 [emotions, layers], the same for Cohen's d: it decides where layers tie.
        folds: float64 [folds, emotions, layers], AUROC of each fold; nan where it could not be scored.
    """

    auroc: Array
    d: Array
    folds: Array

    @classmethod
    def joined(cls, parts: Sequence[CrossValidation]) -> CrossValidation:
        """The emotions of several blocks, one after the other."""
        most = max(len(part.folds) for part in parts)
        padded = [
            np.concatenate([part.folds, np.full((most - len(part.folds), *part.folds.shape[1:]), np.nan)])
            for part in parts
        ]
        return cls(
            np.concatenate([part.auroc for part in parts]),
            np.concatenate([part.d for part in parts]),
            np.concatenate(padded, axis=1),
        )


def cross_validate(values: FloatArray, block: Block, estimator: Estimator, folds: int, seed: int) -> CrossValidation:
    """Builds from all topics but a fold's and scores that fold, for every layer at once.

    Args:
        values: float32 [all texts, layers, width].
        block: Training rows of one block of emotions.
        estimator: As in the build.
        folds: Number of parts; fewer where there are fewer topics.
        seed: Of the parts.
    """
    fold_of = fold_numbers(block.groups, folds, seed)
    shape = (len(block.emotions), values.shape[1])
    sums, weights = np.zeros((2, *shape)), np.zeros((2, *shape))
    by_fold = []
    for fold in np.unique(fold_of) if len(np.unique(fold_of)) > 1 else ():
        vectors = estimate(values, block.only(fold_of != fold), estimator)
        test = block.only(fold_of == fold)
        scored = np.full(shape, np.nan)
        sides = [test.sides(emotion) for emotion in test.emotions]
        for e, (positive, negative) in enumerate(side_scores(values, sides, vectors)):
            for i, measure in enumerate((auroc(positive, negative), cohens_d(positive, negative))):
                usable = np.isfinite(measure)
                sums[i, e] += np.where(usable, measure, 0.0) * positive.shape[-1]
                weights[i, e] += usable * positive.shape[-1]
            scored[e] = auroc(positive, negative)
        by_fold.append(scored)
    means = np.divide(sums, weights, out=np.full_like(sums, np.nan), where=weights > 0)
    return CrossValidation(means[0], means[1], np.stack(by_fold) if by_fold else np.zeros((0, *shape)))


def fold_numbers(groups: tuple[str, ...], folds: int, seed: int) -> IntArray:
    """int64 [rows], the fold of each row; rows of one topic stay together.

    With a single topic no fold can leave it out; rows are then folded one by one, which is all that can be done.
    """
    if len(set(groups)) < 2:
        groups = tuple(str(i) for i in range(len(groups)))
    n_folds = min(folds, len(set(groups)))
    if n_folds < 2:
        return np.zeros(len(groups), dtype=np.int64)
    return np.asarray(topic_folds(groups, n_folds, seed), dtype=np.int64)


def project(values: FloatArray, sides: tuple[IntArray, IntArray], vector: FloatArray) -> tuple[Array, Array]:
    """Projections of both sides on one vector a layer, on its unit direction.

    Args:
        values: float32 [all texts, layers, width].
        sides: Rows of the positive and of the negative texts.
        vector: float32 [layers, width].

    Returns:
        float64 [layers, positives] and [layers, negatives]; a zero vector gives zeros.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        length = np.linalg.norm(vector.astype(np.float64), axis=-1, keepdims=True)
        unit = np.divide(vector, length, out=np.zeros(vector.shape), where=length != 0)  # (layers, width)
        positive, negative = (np.einsum("tlw,lw->lt", values[rows], unit, optimize=True) for rows in sides)
    return np.asarray(positive, np.float64), np.asarray(negative, np.float64)


def side_scores(
    values: FloatArray, sides: Sequence[tuple[IntArray, IntArray]], vectors: FloatArray
) -> Iterator[tuple[Array, Array]]:
    """Projections of both sides for each of many emotions; all texts are projected in one product a layer.

    Args:
        values: float32 [all texts, layers, width].
        sides: Rows of the positive and of the negative texts of each emotion.
        vectors: float32 [emotions, layers, width].

    Yields:
        As `project`, emotion by emotion.
    """
    used = np.unique(np.concatenate([rows for pair in sides for rows in pair]))
    with np.errstate(invalid="ignore", over="ignore"):
        lengths = np.linalg.norm(vectors.astype(np.float64), axis=-1, keepdims=True)
        units = np.divide(vectors, lengths, out=np.zeros(vectors.shape), where=lengths != 0)
        # Layer by layer: a copy in double precision of all layers would be the largest array of a build.
        scores = np.stack([units[:, i] @ values[used, i].astype(np.float64).T for i in range(values.shape[1])])
    for e, (positive, negative) in enumerate(sides):
        yield scores[:, e, np.searchsorted(used, positive)], scores[:, e, np.searchsorted(used, negative)]


def best_layer(measures: CrossValidation, emotion: int | None = None) -> int:
    """The layer nearest to two thirds of the depth among those that do as well as the best; for one emotion or all.

    On training texts of one author most layers tell emotions apart nearly perfectly, the first ones by single words;
    which of them comes out a hair above the others is chance. So a layer counts as good as the best where its AUROC
    lies within one standard error of the difference over the folds (Breiman et al. 1984, section 3.4.3, for trees), and
    of these the one is taken that the work which this follows reads at (Sofroniew et al. 2026). Among equally near
    ones the higher d decides.

    Where nothing could be cross-validated: two thirds of the depth.
    """
    rows = slice(None) if emotion is None else slice(emotion, emotion + 1)
    area, size = (_mean_over_emotions(table[rows]) for table in (measures.auroc, measures.d))
    wanted = fallback_layer(len(area))
    if not np.isfinite(area).any():
        return wanted
    best = int(np.nanargmax(area))
    folds = np.array([_mean_over_emotions(fold[rows]) for fold in measures.folds]).reshape(-1, len(area))
    error = np.zeros(len(area))
    if len(folds) > 1:
        with np.errstate(invalid="ignore"):
            behind = folds[:, [best]] - folds  # (folds, layers)
            error = np.nan_to_num(behind.std(axis=0, ddof=1) / np.sqrt(len(folds)))
    good = np.flatnonzero(area >= area[best] - error - 1e-9)
    return int(min(good, key=lambda layer: (abs(layer - wanted), -np.nan_to_num(size[layer], nan=-np.inf))))


def fallback_layer(n_layers: int) -> int:
    """Two thirds of the depth."""
    return min(n_layers - 1, round(2 * n_layers / 3))


def _mean_over_emotions(table: Array) -> Array:
    finite = np.isfinite(table)
    total = np.where(finite, table, 0.0).sum(axis=0)
    # A layer that is missing for one emotion is not compared on the others alone.
    reachable = finite.sum(axis=0) == finite.any(axis=1).sum()
    return np.where(reachable & finite.any(), total / np.maximum(finite.sum(axis=0), 1), np.nan)


def difference_in_means(positive: FloatArray, negative: FloatArray) -> FloatArray:
    """Mean of the positive minus mean of the negative activations (Marks & Tegmark 2023, Magee 2026).

    Args:
        positive: float32 [positives, layers, width].
        negative: float32 [negatives, layers, width].

    Returns:
        float32 [layers, width]; for pairs the same as the mean of their differences.
    """
    result: FloatArray = (_mean(positive) - _mean(negative)).astype(np.float32)
    return result


def labelled_difference(values: FloatArray, labels: IntArray, n_emotions: int) -> FloatArray:
    """Mean of each emotion's texts minus the mean of the emotion means (Sofroniew et al. 2026).

    Args:
        values: float32 [texts, layers, width].
        labels: int64 [texts], number of each text's emotion.
        n_emotions: Number of emotions; one without texts gets nan and does not count for the others.

    Returns:
        float32 [emotions, layers, width].
    """
    means = np.full((n_emotions, *values.shape[1:]), np.nan)
    for emotion in np.unique(labels):
        means[emotion] = _mean(values[labels == emotion])
    present = np.unique(labels)
    result: FloatArray = (means - means[present].mean(axis=0)).astype(np.float32)
    return result


def first_component(differences: FloatArray) -> FloatArray:
    """First principal direction of the pair differences, after Zou et al. 2023 (representation engineering).

    The differences are not centred: their mean is what the two sides differ by, and centring would remove it. The
    sign of a principal direction is arbitrary, so it is turned to the side on which most pairs lie; the length is the
    mean projection of the differences, so that it compares with the difference in means.

    Args:
        differences: float32 [pairs, layers, width].

    Returns:
        float32 [layers, width]; nan at a layer with a value that is not finite.
    """
    result = np.full(differences.shape[1:], np.nan, dtype=np.float32)
    for layer in range(differences.shape[1]):
        rows = differences[:, layer].astype(np.float64)  # (pairs, width)
        if not np.isfinite(rows).all() or not len(rows):
            continue
        direction = np.linalg.svd(rows, full_matrices=False)[2][0]
        along = rows @ direction
        # A tie of the majority is broken by the mean, so that the sign never depends on the library.
        sign = np.sign(np.sign(along).sum()) or np.sign(along.mean()) or 1.0
        result[layer] = direction * sign * max(float((along * sign).mean()), np.finfo(np.float32).tiny)
    return result


def logistic(values: FloatArray, labels: IntArray, n_emotions: int) -> FloatArray:
    """Weights of a logistic regression, one class against another or many at once.

    Features are scaled by one number a layer, so that the strength of the penalty does not depend on the size of
    the residual stream and no direction is favoured.

    Args:
        values: float32 [texts, layers, width].
        labels: int64 [texts], number of each text's class.
        n_emotions: Number of classes; with two, the first row is class 0 against class 1.

    Returns:
        float32 [classes, layers, width], each of the length that the difference in means has along it.
    """
    from sklearn.linear_model import LogisticRegression  # slow to import, and only this needs it

    result = np.full((n_emotions, *values.shape[1:]), np.nan, dtype=np.float32)
    means = labelled_difference(values, labels, n_emotions)
    present = np.unique(labels)
    for layer in range(values.shape[1]):
        rows = values[:, layer].astype(np.float64)
        if not np.isfinite(rows).all() or len(present) < 2:
            continue
        rows = rows - rows.mean(axis=0)
        scale = float(np.sqrt((rows**2).mean()))
        if scale == 0:
            result[present, layer] = 0.0
            continue
        # To the end: a fit that is left earlier hangs on how the activations were rounded, and so cannot be redone.
        model = LogisticRegression(class_weight="balanced", solver="newton-cg", max_iter=200, tol=1e-8)
        model.fit(rows / scale, labels)
        weights = np.concatenate([-model.coef_, model.coef_]) if len(present) == 2 else model.coef_
        units = weights / np.maximum(np.linalg.norm(weights, axis=1, keepdims=True), 1e-30)
        lengths = (units * means[present, layer]).sum(axis=1, keepdims=True)
        result[present, layer] = units * np.abs(lengths)
    return result


def estimate(values: FloatArray, block: Block, estimator: Estimator) -> FloatArray:
    """The vectors of one block's emotions.

    Args:
        values: float32 [all texts, layers, width].
        block: Which of the rows belong to what.
        estimator: `difference`, `pca` or `logistic`.

    Returns:
        float32 [emotions of the block, layers, width].

    Raises:
        SettingsError: There is no such estimator.
    """
    with np.errstate(invalid="ignore", over="ignore"):  # a layer that overflowed stays nan and is reported as null
        if isinstance(block, PairRows):
            return _of_pairs(values[block.positive], values[block.negative], estimator)[None]
        rows = values[block.rows]
        if estimator == "difference":
            return labelled_difference(rows, block.labels, len(block.emotions))
        if estimator == "logistic":
            return logistic(rows, block.labels, len(block.emotions))
        if estimator == "pca":
            return _labelled_components(rows, block.labels, len(block.emotions))
    raise _not_an_estimator(estimator)


def _of_pairs(positive: FloatArray, negative: FloatArray, estimator: Estimator) -> FloatArray:
    if estimator == "difference":
        return difference_in_means(positive, negative)
    if estimator == "pca":
        return first_component(positive - negative)
    if estimator != "logistic":
        raise _not_an_estimator(estimator)
    labels = np.repeat(np.arange(2), [len(positive), len(negative)]).astype(np.int64)
    both: FloatArray = logistic(np.concatenate([positive, negative]), labels, 2)
    positive_class: FloatArray = both[0]
    return positive_class


def _labelled_components(values: FloatArray, labels: IntArray, n_emotions: int) -> FloatArray:
    """For texts without partners: differences of an emotion's texts from the mean of the emotion means."""
    means = np.stack([_mean(values[labels == e]) for e in np.unique(labels)])
    centre = means.mean(axis=0).astype(np.float32)
    parts: FloatArray = np.stack([first_component(values[labels == e] - centre) for e in range(n_emotions)])
    return parts


def _not_an_estimator(name: str) -> SettingsError:
    return SettingsError("There is no such estimator", expected=" or ".join(ESTIMATORS), found=name)


def _mean(values: FloatArray) -> Array:
    if not len(values):
        return np.full(values.shape[1:], np.nan)
    return np.asarray(values.mean(axis=0, dtype=np.float64))
