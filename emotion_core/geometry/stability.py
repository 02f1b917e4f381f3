"""How far the map can be trusted: built again from resampled training texts, and from two halves of them.

Resampling (bootstrap within each emotion) says how far an emotion's place and its cluster depend on which texts
happened to be written. Two halves of the texts give two maps that share nothing but the emotions: how well they agree
is the most that the map can agree with anything else (split-half reliability, lengthened to the full number of texts
by Spearman 1910 and Brown 1910).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from emotion_core.errors import SettingsError
from emotion_core.evaluation.auroc import Array
from emotion_core.geometry.clusters import k_means
from emotion_core.geometry.compare import mantel
from emotion_core.geometry.pca import principal_components
from emotion_core.geometry.similarity import cosine_matrix, upper_triangle
from emotion_core.runs.progress import Job, Progress
from emotion_core.tracing.activations import FloatArray
from emotion_core.vectors.emotion_vectors import Estimator
from emotion_core.vectors.estimate import estimate
from emotion_core.vectors.rows import Block, IntArray, PairRows

RESAMPLES = 40
SPLITS = 20
_STARTS = 2
_SHUFFLES = 500
_SHOWN = 3  # components whose uncertainty is kept
_FEWEST = 4


@dataclass(frozen=True)
class Stability:
    """What changes when the training texts change. First axis of every array: layers.

    Attributes:
        clusters: Number of groups that were looked for.
        resamples: Resampled builds.
        splits: Pairs of halves.
        spread: float32 [layers, emotions, up to 3], standard deviation of a resampled emotion's place on the map's
            first components.
        mates: float32 [layers, emotions], share of resamples in which an emotion is grouped with one of its cluster
            mates, mean over the mates; nan for an emotion alone in its cluster.
        mates_by_chance: float32 [layers], the same for any two emotions.
        half: float32 [layers], correlation of the cosines of two halves, mean over the splits.
        reliability: float32 [layers], the same lengthened to all texts: the noise ceiling of the map.
        reliability_low: float32 [layers], what 2.5 % of the splits stay below.
        reliability_high: float32 [layers], what 97.5 % of them stay below.
        p_value: float32 [layers], permutation p-value of the first split's correlation.
        place: float32 [layers, emotions], reliability of one emotion's cosines with all others, 0 to 1.
    """

    clusters: int
    resamples: int
    splits: int
    spread: FloatArray
    mates: FloatArray
    mates_by_chance: FloatArray
    half: FloatArray
    reliability: FloatArray
    reliability_low: FloatArray
    reliability_high: FloatArray
    p_value: FloatArray
    place: FloatArray


def stability(
    values: FloatArray,
    blocks: Sequence[Block],
    estimator: Estimator,
    clusters: int,
    seed: int = 0,
    resamples: int = RESAMPLES,
    splits: int = SPLITS,
    kept: Sequence[int] | None = None,
) -> Job[Stability]:
    """Builds the map again and again, as a job that yields after each build.

    Args:
        values: float32 [texts, layers, width], activations of the training texts as the build used them.
        blocks: Training rows, whose emotions together are the map's, but for those that `kept` leaves out.
        estimator: Of the build.
        clusters: Groups of k-means.
        seed: Of the resamples, the halves and the starts.
        resamples: Resampled builds.
        splits: Pairs of halves.
        kept: Places of the map's emotions among those of the blocks; by default all.

    Raises:
        SettingsError: An emotion has fewer than four training texts or pairs.
    """
    _check(blocks)
    rng = np.random.default_rng(seed)
    places = list(range(sum(len(block.emotions) for block in blocks)) if kept is None else kept)
    full = _built(values, blocks, estimator)[places]
    groups = _Groups(full, clusters, seed)
    for done in range(resamples):
        groups.add(_built(values, [_resampled(block, rng) for block in blocks], estimator)[places])
        yield Progress(done + 1, resamples + splits, "rebuilding the map from resampled texts")
    halves: list[Array] = []
    for done in range(splits):
        pairs = [_halves(block, rng) for block in blocks]
        both = [_built(values, [pair[side] for pair in pairs], estimator)[places] for side in (0, 1)]
        halves.append(np.stack([[cosine_matrix(one[:, layer]) for layer in range(one.shape[1])] for one in both]))
        yield Progress(resamples + done + 1, resamples + splits, "comparing two halves of the texts")
    return _summary(groups, halves, clusters, resamples, seed)


class _Groups:
    """Sums over resampled builds: places on the full map's axes, and who was grouped with whom."""

    def __init__(self, full: Array, clusters: int, seed: int) -> None:
        n, layers = full.shape[:2]
        nothing = np.full(n, np.nan)
        self.seed, self.count = seed, 0
        self.clusters = min(clusters, n - 1)
        maps = [principal_components(full[:, layer], nothing, nothing) for layer in range(layers)]
        self.axes = [one.directions[:_SHOWN] for one in maps]
        self.labels = np.stack([k_means(full[:, layer], self.clusters, seed) for layer in range(layers)])
        self.total = np.zeros((layers, n, len(self.axes[0])))
        self.squares = np.zeros_like(self.total)
        self.together = np.zeros((layers, n, n))

    def add(self, vectors: Array) -> None:
        """Takes one resampled build, float64 [emotions, layers, width]."""
        self.count += 1
        for layer, axes in enumerate(self.axes):
            rows = vectors[:, layer]
            places = (rows - rows.mean(axis=0)) @ axes.T
            self.total[layer] += places
            self.squares[layer] += places**2
            labels = k_means(rows, self.clusters, self.seed + self.count, starts=_STARTS)
            self.together[layer] += labels[:, None] == labels

    def spread(self) -> Array:
        """float64 [layers, emotions, components]."""
        mean = self.total / self.count
        result: Array = np.sqrt(
            np.maximum(self.squares / self.count - mean**2, 0) * self.count / max(self.count - 1, 1)
        )
        return result

    def mates(self) -> tuple[Array, Array]:
        """Shares by emotion, float64 [layers, emotions], and of any two emotions, float64 [layers]."""
        shares = self.together / self.count
        mates = (self.labels[:, :, None] == self.labels[:, None, :]) & ~np.eye(shares.shape[1], dtype=bool)
        counts = mates.sum(axis=-1)
        found = np.divide((shares * mates).sum(axis=-1), counts, out=np.full(counts.shape, np.nan), where=counts > 0)
        return found, upper_triangle(shares).mean(axis=-1)


def _summary(groups: _Groups, halves: list[Array], clusters: int, resamples: int, seed: int) -> Stability:
    stacked = np.stack(halves)  # (splits, 2, layers, emotions, emotions)
    pairs = upper_triangle(stacked)
    by_split = _correlation(pairs[:, 0], pairs[:, 1])  # (splits, layers)
    n = stacked.shape[-1]
    others = ~np.eye(n, dtype=bool)
    profiles = stacked[..., others].reshape(*stacked.shape[:-1], n - 1)
    place = _correlation(profiles[:, 0], profiles[:, 1]).mean(axis=0)  # (layers, emotions)
    p_value = [mantel(stacked[0][:, layer], seed, _SHUFFLES)[1][0, 1] for layer in range(stacked.shape[2])]
    mates, by_chance = groups.mates()
    low, high = np.quantile(_lengthened(by_split), [0.025, 0.975], axis=0)
    half = by_split.mean(axis=0)
    found = (groups.spread(), mates, by_chance, half, _lengthened(half), low, high, np.array(p_value))
    arrays = [np.asarray(one, np.float32) for one in (*found, np.clip(_lengthened(place), 0, 1))]
    return Stability(clusters, resamples, len(halves), *arrays)


def _lengthened(half: Array) -> Array:
    """Reliability of the whole from the correlation of its halves; a negative correlation is left as it is."""
    result: Array = np.where(half > 0, 2 * half / (1 + half), half)
    return result


def _correlation(first: Array, second: Array) -> Array:
    """Pearson's r along the last axis; 0 where one side does not vary."""
    one, two = (side - side.mean(axis=-1, keepdims=True) for side in (first, second))
    lengths = np.linalg.norm(one, axis=-1) * np.linalg.norm(two, axis=-1)
    result: Array = np.divide((one * two).sum(axis=-1), lengths, out=np.zeros(lengths.shape), where=lengths > 1e-12)
    return result


def _built(values: FloatArray, blocks: Sequence[Block], estimator: Estimator) -> Array:
    """float64 [emotions, layers, width]; a vector without a direction, which has no cosine, is refused."""
    found = np.concatenate([estimate(values, block, estimator) for block in blocks]).astype(np.float64)
    if not np.isfinite(found).all() or (np.abs(found).max(axis=-1) == 0).any():
        raise SettingsError(
            "A resampled vector is zero or not a number", remedy="Load the model in float32, or add training texts"
        )
    return found


def _check(blocks: Sequence[Block]) -> None:
    for block in blocks:
        for emotion, rows in _units(block):
            if len(rows) < _FEWEST:
                raise SettingsError(
                    "Too few training texts to build the map twice",
                    where=emotion,
                    expected=f"at least {_FEWEST} of each emotion",
                    found=str(len(rows)),
                    remedy="Add training texts",
                )


def _units(block: Block) -> list[tuple[str, IntArray]]:
    """What is drawn within each emotion: positions of its pairs or of its texts."""
    if isinstance(block, PairRows):
        return [(block.emotion, np.arange(len(block)))]
    return [(emotion, np.flatnonzero(block.labels == e)) for e, emotion in enumerate(block.emotions)]


def _resampled(block: Block, rng: np.random.Generator) -> Block:
    return _picked(block, np.concatenate([rng.choice(rows, len(rows)) for _, rows in _units(block)]))


def _halves(block: Block, rng: np.random.Generator) -> tuple[Block, Block]:
    shuffled = [rng.permutation(rows) for _, rows in _units(block)]
    one = np.concatenate([rows[: len(rows) // 2] for rows in shuffled])
    two = np.concatenate([rows[len(rows) // 2 :] for rows in shuffled])
    return _picked(block, one), _picked(block, two)


def _picked(block: Block, index: npt.NDArray[np.int64]) -> Block:
    groups = tuple(block.groups[i] for i in index)
    if isinstance(block, PairRows):
        return replace(block, positive=block.positive[index], negative=block.negative[index], groups=groups)
    return replace(block, rows=block.rows[index], labels=block.labels[index], groups=groups)
