"""How many pairs are enough: two vectors from as many pairs each, with none in common.

The cosine of a part with the whole that it is a part of says nothing: with n of N pairs it is sqrt(n / N) for pure
noise, .9 from 16 of 20 on. Two vectors from disjoint parts are as near to each other as their direction is certain,
and not nearer than vectors from shuffled labels where there is none. If both are the true direction with independent
errors, the cosine of either with the true one is the square root of their cosine.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy

from emotion_core.base.activations import Activations, FloatArray
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.numbers import counted
from emotion_core.evaluation.gaps import FEWEST_UNITS
from emotion_core.evaluation.verdict import SIGNIFICANCE
from emotion_core.prompts.prompt_set import PromptSet, merge
from emotion_core.stats.separation import Array, auroc
from emotion_core.vectors.emotion_vectors import EmotionVectors, Estimator
from emotion_core.vectors.estimate import Block, BoolArray, LabelledRows, PairRows, estimate, project

DRAWS = 40
_NAN = float("nan")
SIZES = (2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)


@dataclass(frozen=True)
class SizePoint:
    """Vectors from `n` randomly chosen training pairs (or texts of each emotion), mean over emotions and draws.

    Attributes:
        n: Pairs, or texts of each emotion.
        cosine_to_full: Mean cosine to the vector from all training rows, at its chosen layer.
        cosine_low: 5th percentile over draws.
        cosine_high: 95th percentile.
        auroc: Mean held-out AUROC; nan without held-out rows.
        auroc_low: 5th percentile over draws.
        auroc_high: 95th percentile.
        split_half: Mean cosine of two vectors from n rows each, with no row, and as far as possible no topic, in
            common; nan where there are not twice as many rows.
        split_half_low: 5th percentile over draws.
        split_half_high: 95th percentile.
        noise_95: What 95 % of such cosines stay at or below when labels are shuffled.
    """

    n: int
    cosine_to_full: float
    cosine_low: float
    cosine_high: float
    auroc: float
    auroc_low: float
    auroc_high: float
    split_half: float = _NAN
    split_half_low: float = _NAN
    split_half_high: float = _NAN
    noise_95: float = _NAN

    @property
    def cosine_to_truth(self) -> float:
        """Estimated cosine of a vector from n rows with one from unlimited rows of the same kind; nan without."""
        return float(np.sqrt(np.maximum(self.split_half, 0.0)))


def sample_size(
    vectors: EmotionVectors,
    train: Activations,
    train_blocks: Sequence[Block],
    test: Activations | None,
    test_blocks: Sequence[Block],
    draws: int = DRAWS,
    seed: int = 0,
) -> Job[tuple[SizePoint, ...]]:
    """The curve over sizes, as a job that yields after each; the last point is all rows.

    Args:
        vectors: The vectors from all training rows.
        train: Activations of the training texts.
        train_blocks: Their rows.
        test: Activations of the held-out texts.
        test_blocks: Their rows.
        draws: Random subsets of each size.
        seed: Of the subsets.
    """
    rng = np.random.default_rng([seed, 0x517E])
    most = max((_size(block) for block in train_blocks), default=0)
    sizes = sorted({n for n in SIZES if n < most} | ({most // 2} if most >= 4 else set()))
    points = []
    for done, n in enumerate([*sizes, most] if most else []):
        repeats = draws if n < most else 1
        pairs = [_one_draw(vectors, train, train_blocks, test, test_blocks, n, rng) for _ in range(repeats)]
        halves = (
            [_halves_of_blocks(vectors, train, train_blocks, n, rng) for _ in range(draws)] if 2 * n <= most else []
        )
        points.append(_point(n, np.array(pairs), np.array(halves).reshape(-1, 2)))
        yield Progress(done + 1, len(sizes) + 1, "vectors from fewer rows")
    return tuple(points)


def enough(points: Sequence[SizePoint], cosine: float = 0.9) -> int | None:
    """The smallest size from which on vectors keep an estimated cosine of at least `cosine` with the true direction.

    The estimate is the root of the split-half cosine, which has to lie above what shuffled labels reach as well. A
    curve that falls below again has not settled.

    Returns:
        The size; None where no size with enough rows for two disjoint parts reaches it.
    """
    smallest = None
    for point in points:
        if not np.isfinite(point.split_half):
            continue
        if not (point.cosine_to_truth >= cosine and point.split_half > point.noise_95):
            smallest = None
        elif smallest is None:
            smallest = point.n
    return smallest


def split_half(
    values: FloatArray, block: Block, estimator: Estimator, n: int, rng: np.random.Generator, *, shuffled: bool = False
) -> Array:
    """Cosine of two vectors from n rows each, with none in common.

    Topics are kept apart as well, but for one that may be needed on both sides.

    Args:
        values: float32 [all texts, layers, width].
        block: Training rows.
        estimator: As in the build.
        n: Pairs, or texts of each emotion, of either part.
        rng: Draws the parts.
        shuffled: Whether labels are shuffled first, for the cosine that noise reaches.

    Returns:
        float64 [emotions, layers].
    """
    if shuffled:
        block = _shuffled(block, rng)
    first, second = (estimate(values, block.only(keep), estimator) for keep in _disjoint(block, n, rng))
    lengths = np.linalg.norm(first, axis=-1) * np.linalg.norm(second, axis=-1)
    products = np.einsum("elw,elw->el", first.astype(np.float64), second.astype(np.float64))
    result: Array = np.divide(products, lengths, out=np.full(products.shape, np.nan), where=lengths > 0)
    return result


def _shuffled(block: Block, rng: np.random.Generator) -> Block:
    if isinstance(block, PairRows):
        turned = rng.integers(0, 2, len(block)).astype(bool)
        first = np.where(turned, block.negative, block.positive)
        return replace(block, positive=first, negative=np.where(turned, block.positive, block.negative))
    return replace(block, labels=rng.permutation(block.labels))


def _disjoint(block: Block, n: int, rng: np.random.Generator) -> tuple[BoolArray, BoolArray]:
    """Boolean [rows] of two parts of n rows a class, from the two ends of a random order of topics."""
    _, topic = np.unique(np.asarray(block.groups, dtype=str), return_inverse=True)
    place = rng.permutation(int(topic.max(initial=0)) + 1)[topic] + rng.random(len(block))
    classes = block.labels if isinstance(block, LabelledRows) else np.zeros(len(block), dtype=np.int64)
    parts = np.zeros((2, len(block)), dtype=bool)
    for label in np.unique(classes):
        own = np.flatnonzero(classes == label)
        ordered = own[np.argsort(place[own])]
        few = min(n, len(ordered) // 2)
        parts[0, ordered[:few]] = True
        parts[1, ordered[len(ordered) - few :]] = True
    return parts[0], parts[1]


def _halves_of_blocks(
    vectors: EmotionVectors, train: Activations, blocks: Sequence[Block], n: int, rng: np.random.Generator
) -> tuple[float, float]:
    """Mean over the emotions, at their chosen layers, with true and with shuffled labels."""
    means = []
    for shuffled in (False, True):
        cosines: list[float] = []
        for block in blocks:
            kept = [emotion for emotion in block.emotions if emotion in vectors.emotions]
            layers = sorted({vectors.layer_of(emotion) for emotion in kept})
            table = split_half(train.values[:, layers], block, vectors.estimator, n, rng, shuffled=shuffled)
            cosines += [
                float(table[block.emotions.index(emotion), layers.index(vectors.layer_of(emotion))]) for emotion in kept
            ]
        means.append(float(np.nanmean(cosines)) if np.isfinite(cosines).any() else _NAN)
    return means[0], means[1]


def _one_draw(
    vectors: EmotionVectors,
    train: Activations,
    train_blocks: Sequence[Block],
    test: Activations | None,
    test_blocks: Sequence[Block],
    n: int,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Mean cosine and mean held-out AUROC over the emotions of one subset."""
    cosines, scores = [], []
    for block in train_blocks:
        part = block.only(_subset(block, n, rng))
        kept = [emotion for emotion in block.emotions if emotion in vectors.emotions]
        layers = sorted({vectors.layer_of(emotion) for emotion in kept})
        built = estimate(train.values[:, layers], part, vectors.estimator)  # (emotions, chosen layers, width)
        for emotion in kept:
            layer = vectors.layer_of(emotion)
            small = built[block.emotions.index(emotion), layers.index(layer)]
            cosines.append(_cosine(small, vectors.values[vectors.index(emotion), layer]))
            scores += [_auroc(test, one, emotion, layer, small) for one in test_blocks if emotion in one.emotions]
    return float(np.nanmean(cosines)), float(np.nanmean(scores)) if np.isfinite(scores).any() else float("nan")


def _auroc(test: Activations | None, block: Block, emotion: str, layer: int, vector: FloatArray) -> float:
    if test is None:
        return float("nan")
    positive, negative = project(test.values[:, [layer]], block.sides(emotion), vector[None])
    return float(auroc(positive, negative)[0])


def _size(block: Block) -> int:
    if isinstance(block, PairRows):
        return len(block)
    return int(np.bincount(block.labels).max())


def _subset(block: Block, n: int, rng: np.random.Generator) -> BoolArray:
    """Boolean [rows] that keeps n pairs, or n texts of each emotion (all where there are fewer)."""
    keep = np.zeros(len(block), dtype=bool)
    classes = block.labels if isinstance(block, LabelledRows) else np.zeros(len(block), dtype=np.int64)
    for label in np.unique(classes):
        own = np.flatnonzero(classes == label)
        keep[rng.permutation(own)[:n]] = True
    return keep


def _cosine(a: FloatArray, b: FloatArray) -> float:
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths > 0 else float("nan")


def _point(n: int, pairs: Array, halves: Array) -> SizePoint:
    noise = halves[:, 1][np.isfinite(halves[:, 1])]
    noise_95 = float(np.percentile(noise, 95)) if len(noise) else _NAN
    return SizePoint(n, *_spread(pairs[:, 0]), *_spread(pairs[:, 1]), *_spread(halves[:, 0]), noise_95)


def _spread(column: Array) -> tuple[float, float, float]:
    values = column[np.isfinite(column)]
    if not len(values):
        return (_NAN,) * 3
    return float(values.mean()), float(np.percentile(values, 5)), float(np.percentile(values, 95))


POWER = 0.8
# What the scores of built-in pairs correlate by at the layers that are chosen; unknown before a build.
ASSUMED_CORRELATION = 0.25


def detectable_d(
    n_positive: int, n_negative: int, *, correlation: float | None = None, n_emotions: int = 1, power: float = POWER
) -> float:
    """The smallest true d that is found to be more than chance in a share `power` of cases.

    From the noncentral t of a one-sided test at .05 / `n_emotions`, the level that Benjamini and Hochberg leave an
    emotion that is the only one to be found. The rule's permutation test of the AUROC has nearly that power.

    Args:
        n_positive: Held-out texts with the emotion, or pairs.
        n_negative: Held-out texts without it, or pairs.
        correlation: Within pairs; None where the texts are not in pairs.
        n_emotions: Emotions that are tested together.
        power: Share of cases.

    Returns:
        d in pooled standard deviations; nan with fewer than four texts on a side, which are not tested by themselves.
    """
    if min(n_positive, n_negative) < FEWEST_UNITS:
        return math.nan
    freedom = n_positive - 1 if correlation is not None else n_positive + n_negative - 2
    spread = math.sqrt((1 / n_positive + 1 / n_negative) * (1 - min(correlation or 0.0, 0.99)))
    line = float(scipy.stats.t.isf(SIGNIFICANCE / n_emotions, freedom))
    shift = scipy.optimize.brentq(lambda delta: float(scipy.stats.nct.sf(line, freedom, delta)) - power, 0.0, 40.0)
    return float(shift) * spread


def power_sentences(prompt_sets: Sequence[PromptSet]) -> tuple[str, ...]:
    """What the held-out texts of sets that are built together can show, a sentence for each form that has some."""
    joined = merge(prompt_sets)
    n_emotions = len({text.emotion for one in joined for text in one.part("heldout")})
    sentences = []
    for one in joined:
        held = Counter(text.emotion for text in one.part("heldout") if text.side != "negative")
        if not held:
            continue
        least = min(held.values())
        others = least if one.form == "pairs" else sum(held.values()) - least
        correlation = ASSUMED_CORRELATION if one.form == "pairs" else None
        sentences.append(power_sentence(least, others, correlation=correlation, n_emotions=n_emotions))
    return tuple(sentences)


def power_sentence(
    n_positive: int, n_negative: int, *, correlation: float | None, n_emotions: int, measured: bool = False
) -> str:
    """What so many held-out texts can show; arguments as for `detectable_d`.

    Args:
        n_positive: Held-out texts with the emotion, or pairs.
        n_negative: Held-out texts without it, or pairs.
        correlation: Within pairs; None for texts.
        n_emotions: Emotions that are tested together.
        measured: Whether the correlation was measured on these texts, rather than assumed.
    """
    unit = "held-out text" if correlation is None else "held-out pair"
    unit = counted(n_positive, unit) + (" of an emotion" if correlation is None else "")
    if not n_negative:
        return f"With {unit} and none without it there is nothing to compare with; add texts of another emotion."
    if min(n_positive, n_negative) < FEWEST_UNITS:
        return (
            f"With {unit} no emotion can be tested by itself; {FEWEST_UNITS} are the fewest, and "
            "a dozen or more find effects of a usual size."
        )
    d = detectable_d(n_positive, n_negative, correlation=correlation, n_emotions=n_emotions)
    assumed = ""
    if correlation is not None:
        how = "measured" if measured else "assumed"
        assumed = f", where the scores in a pair correlate by {correlation:.2f} ({how})"
    alone = f" where one emotion of {n_emotions} is there and the others are not" if n_emotions > 1 else ""
    return (
        f"With {unit} the rule finds d ≥ {d:.1f} in 80 % of cases{alone}{assumed}. "
        "To tell it from a rival or a confound takes more."
    )
