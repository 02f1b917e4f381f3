"""How far the map can be trusted: built again from resampled training texts, and from two halves of them.

Resampling (bootstrap within each emotion) says how far an emotion's place and its cluster depend on which texts
happened to be written. Two halves of the texts give two maps that share nothing but the emotions. How well two maps
from as many texts as this one would agree follows from how fast that agreement grows, from quarters to halves.

The usual formula (Spearman 1910, Brown 1910) needs noise that halves when the texts double. A cosine of two noisy
vectors has two kinds, of signal times noise, which does so, and of noise times noise, which falls to a quarter. So the
ratio of noise to signal at a share m of the texts is A/m + B/m², and two shares give A and B.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job, Progress
from emotion_core.geometry.clusters import k_means
from emotion_core.geometry.compare import mantel
from emotion_core.geometry.norms import circumplex
from emotion_core.geometry.similarity import correlation, cosine_matrix, principal_components, upper_triangle
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.stats.separation import Array
from emotion_core.vectors.emotion_vectors import Estimator
from emotion_core.vectors.estimate import Block, IntArray, PairRows, estimate

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
        clusters: Number of groups that were looked for, at most one less than there are emotions.
        resamples: Resampled builds.
        splits: Pairs of halves.
        spread: float32 [layers, emotions, up to 3], standard deviation of a resampled emotion's place on the map's
            first components.
        mates: float32 [layers, emotions], share of resamples in which an emotion is grouped with one of its cluster
            mates, mean over the mates; nan for an emotion alone in its cluster.
        mates_by_chance: float32 [layers], the same for any two emotions.
        half: float32 [layers], correlation of the cosines of two halves, mean over the splits.
        reliability: float32 [layers], what the cosines of another map from as many other texts would correlate with
            these. It is no ceiling for what is averaged over many cosines, such as a component.
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
        groups.add(_built(values, [resampled_rows(block, rng) for block in blocks], estimator)[places])
        yield Progress(done + 1, resamples + splits, "rebuilding the map from resampled texts")
    halves: list[Array] = []
    quarters: list[Array] = []
    for done in range(splits):
        for parts, share in ((halves, 2), (quarters, 4)):
            pairs = [disjoint_parts(block, share, rng) for block in blocks]
            both = [_built(values, [pair[side] for pair in pairs], estimator)[places] for side in (0, 1)]
            parts.append(np.stack([[cosine_matrix(one[:, layer]) for layer in range(one.shape[1])] for one in both]))
        yield Progress(resamples + done + 1, resamples + splits, "comparing parts of the texts")
    counts = np.array([len(rows) for block in blocks for _, rows in _units(block)])
    shares = tuple(float(np.mean(counts // part / counts)) for part in (2, 4))
    return _summary(groups, halves, quarters, (shares[0], shares[1]), resamples, seed)


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


def _summary(
    groups: _Groups,
    halves: list[Array],
    quarters: list[Array],
    shares: tuple[float, float],
    resamples: int,
    seed: int,
) -> Stability:
    stacked = np.stack(halves)  # (splits, 2, layers, emotions, emotions)
    (by_split, place), (by_quarter, place_quarter) = _agreement(stacked), _agreement(np.stack(quarters))
    p_value = [mantel(stacked[0][:, layer], seed, _SHUFFLES)[1][0, 1] for layer in range(stacked.shape[2])]
    mates, by_chance = groups.mates()
    half = by_split.mean(axis=0)  # (layers)
    gain = noise_gain(half, by_quarter.mean(axis=0), shares)
    low, high = np.quantile(lengthened(by_split, gain), [0.025, 0.975], axis=0)
    places = np.clip(lengthened(place, noise_gain(place, place_quarter, shares)), 0, 1)  # (layers, emotions)
    found = (groups.spread(), mates, by_chance, half, lengthened(half, gain), low, high, np.array(p_value), places)
    arrays = [np.asarray(one, np.float32) for one in found]
    return Stability(groups.clusters, resamples, len(halves), *arrays)


def _agreement(stacked: Array) -> tuple[Array, Array]:
    """How well the cosines of two parts agree.

    Args:
        stacked: float64 [splits, 2, layers, emotions, emotions].

    Returns:
        Of all cosines, float64 [splits, layers]; of each emotion's with the others, float64 [layers, emotions].
    """
    pairs = upper_triangle(stacked)
    n = stacked.shape[-1]
    profiles = stacked[..., ~np.eye(n, dtype=bool)].reshape(*stacked.shape[:-1], n - 1)
    return _correlation(pairs[:, 0], pairs[:, 1]), _correlation(profiles[:, 0], profiles[:, 1]).mean(axis=0)


def noise_gain(half: Array, quarter: Array, shares: tuple[float, float]) -> Array:
    """What is left of the ratio of noise to signal when all texts are used instead of half of them.

    Args:
        half: float64 [...], correlation of two disjoint halves.
        quarter: float64 [...], correlation of two disjoint quarters.
        shares: What part of the texts a half and a quarter really are; 3 of 7 texts are no half.

    Returns:
        float64 [...], between m² (all noise is noise times noise) and m (Spearman and Brown), m the half's share.
    """
    m, k = shares
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio, ratio_quarter = ((1 - r) / np.maximum(r, 1e-9) for r in (half, quarter))
        # A/m + B/m² = ratio and A/k + B/k² = ratio_quarter, solved for A + B.
        b = (k * ratio_quarter - m * ratio) / (1 / k - 1 / m)
        gain = (m * ratio - b / m + b) / ratio
    result: Array = np.clip(np.where(np.isfinite(gain), gain, m), m**2, m)
    return result


def lengthened(half: Array, gain: Array) -> Array:
    """Reliability of the whole from the correlation of its halves; a negative correlation is left as it is."""
    result: Array = np.where(half > 0, half / np.where(half > 0, half + gain * (1 - half), 1.0), half)
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


def resampled_rows(block: Block, rng: np.random.Generator) -> Block:
    """A block of as many rows, drawn with replacement within each emotion: the bootstrap over texts."""
    return _picked(block, np.concatenate([rng.choice(rows, len(rows)) for _, rows in _units(block)]))


def disjoint_parts(block: Block, share: int, rng: np.random.Generator) -> tuple[Block, Block]:
    """Two parts of a block without a text in common, each of one text in `share` of every emotion."""
    shuffled = [rng.permutation(rows) for _, rows in _units(block)]
    sizes = [len(rows) // share for rows in shuffled]
    one = np.concatenate([rows[:size] for rows, size in zip(shuffled, sizes, strict=True)])
    two = np.concatenate([rows[size : 2 * size] for rows, size in zip(shuffled, sizes, strict=True)])
    return _picked(block, one), _picked(block, two)


def _picked(block: Block, index: npt.NDArray[np.int64]) -> Block:
    groups = tuple(block.groups[i] for i in index)
    if isinstance(block, PairRows):
        return replace(block, positive=block.positive[index], negative=block.negative[index], groups=groups)
    return replace(block, rows=block.rows[index], labels=block.labels[index], groups=groups)


# The texts that project furthest onto each emotion's direction, and those that project least.

SHOWN = 3
_FEWEST_TEXTS = 20


@dataclass(frozen=True)
class ExampleTexts:
    """Texts that the vectors were not built from, ranked by every direction.

    Attributes:
        texts: The texts.
        labels: What each was written for: an emotion, or "neutral".
        most: int32 [layers, emotions, shown], the texts that project furthest, first the furthest.
        least: int32 [layers, emotions, shown], those that project least, first the least.
        z_most: float32 like `most`, projections in standard deviations of all these texts.
        z_least: float32 like `least`.
    """

    texts: tuple[str, ...]
    labels: tuple[str, ...]
    most: npt.NDArray[np.int32]
    least: npt.NDArray[np.int32]
    z_most: FloatArray
    z_least: FloatArray


def candidates(prompt_sets: tuple[PromptSet, ...], neutral: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Held-out texts with their labels; neutral ones beside them where fewer than twenty are held out.

    Args:
        prompt_sets: That the vectors were built from.
        neutral: Neutral texts.
    """
    found: dict[str, str] = {}
    for one in prompt_sets:
        for text in one.part("heldout"):
            found.setdefault(text.text, f"not {text.emotion}" if text.side == "negative" else text.emotion)
    if len(found) < _FEWEST_TEXTS:
        found.update({text: "neutral" for text in neutral if text not in found})
    return tuple(found.items())


def rank(
    values: FloatArray, labelled: tuple[tuple[str, str], ...], units: FloatArray, shown: int = SHOWN
) -> ExampleTexts:
    """Ranks texts by their projection.

    Args:
        values: float32 [texts, layers, width].
        labelled: The texts with their labels.
        units: float32 [emotions, layers, width], unit directions.
        shown: Texts kept at each end.
    """
    projections = np.einsum("tlw,elw->let", values, units, optimize=True)  # (layers, emotions, texts)
    spread = projections.std(axis=-1, keepdims=True)
    centred = projections - projections.mean(axis=-1, keepdims=True)
    z = np.divide(centred, spread, out=np.zeros_like(projections), where=spread > 0)
    order = np.argsort(z, axis=-1, kind="stable")
    least, most = order[..., :shown], order[..., ::-1][..., :shown]
    return ExampleTexts(
        tuple(text for text, _ in labelled),
        tuple(label for _, label in labelled),
        most.astype(np.int32),
        least.astype(np.int32),
        np.take_along_axis(z, most, axis=-1).astype(np.float32),
        np.take_along_axis(z, least, axis=-1).astype(np.float32),
    )


# The same map made in other ways: with or without the neutral projection, and without the one largest dimension.
#
# Small models often have a single dimension of the residual stream that holds most of a vector's length; cosines then
# say how alike two emotions are in that one number. Whether the map survives its removal is shown, not assumed.


@dataclass(frozen=True)
class Variant:
    """One way of making the map. First axis of every array: layers; nan where a vector has no direction left.

    Attributes:
        name: Such as "as built" or "with neutral projection".
        explained: float32 [layers, 2], share of the variance on two components.
        valence: float32 [layers], |r| of PC1 with valence.
        arousal: float32 [layers], |r| of PC2 with arousal.
        agreement: float32 [layers], correlation of the cosines of all pairs with those of the map as built.
        p_value: float32 [layers], its permutation p-value.
        largest: float32 [layers], share of the squared length of all vectors that lies in the largest dimension.
        places: float32 [layers, emotions, 2], coordinates on the first two components.
    """

    name: str
    explained: FloatArray
    valence: FloatArray
    arousal: FloatArray
    agreement: FloatArray
    p_value: FloatArray
    largest: FloatArray
    places: FloatArray


def variant(name: str, vectors: FloatArray, built: FloatArray, emotions: tuple[str, ...], seed: int = 0) -> Variant:
    """Measures one way of making the map against the map as built.

    Args:
        name: Of the variant.
        vectors: float32 [emotions, layers, width], made this way.
        built: float32 [emotions, layers, width], as built.
        emotions: Their names.
        seed: Of the shuffles.
    """
    ratings = circumplex().of(emotions)
    layers = [_layer(vectors[:, i], built[:, i], ratings, seed) for i in range(vectors.shape[1])]
    numbers = np.array([numbers for numbers, _ in layers], dtype=np.float32)
    return Variant(
        name,
        numbers[:, :2],
        numbers[:, 2],
        numbers[:, 3],
        numbers[:, 4],
        numbers[:, 5],
        numbers[:, 6],
        np.stack([places for _, places in layers]).astype(np.float32),
    )


def without_largest(vectors: FloatArray) -> FloatArray:
    """The vectors with the dimension set to 0, layer by layer, that holds most of their squared length together."""
    result = vectors.copy()
    sizes = (vectors.astype(np.float64) ** 2).sum(axis=0)  # (layers, width)
    for layer, dimension in enumerate(np.argmax(np.nan_to_num(sizes), axis=1)):
        result[:, layer, dimension] = 0
    return result


def _layer(
    vectors: FloatArray, built: FloatArray, ratings: tuple[Array, Array], seed: int
) -> tuple[list[float], Array]:
    """The numbers of one layer, and float64 [emotions, 2]."""
    nothing = [float("nan")] * 7
    places = np.full((len(vectors), 2), np.nan)
    for rows in (vectors, built):
        if not np.isfinite(rows).all() or (np.abs(rows).max(axis=1) == 0).any():
            return nothing, places
    made, as_built = vectors.astype(np.float64), built.astype(np.float64)
    found = principal_components(made, *ratings)
    kept = min(2, found.coordinates.shape[1])
    places[:, :kept] = found.coordinates[:, :kept]
    explained = [float(found.explained[i]) if i < kept else float("nan") for i in range(2)]
    agreement, p_value = mantel(np.stack([cosine_matrix(as_built), cosine_matrix(made)]), seed, shuffles=500)
    sizes = (made**2).sum(axis=0)
    human = [abs(correlation(places[:, i], ratings[i])[0]) for i in range(2)]
    return [*explained, *human, float(agreement[0, 1]), float(p_value[0, 1]), float(sizes.max() / sizes.sum())], places
