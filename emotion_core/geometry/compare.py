"""Do two vector files, or two layers, agree on which emotions are alike?

Correlation of the cosines of all pairs of emotions, tested by giving the emotions of one side each other's names
(Mantel 1967; representational similarity analysis, Kriegeskorte et al. 2008). Widths need not be equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from math import factorial
from typing import Any

import numpy as np

from emotion_core.base.errors import SettingsError
from emotion_core.base.numbers import finite
from emotion_core.geometry.emotion_map import closeness, usable_vectors
from emotion_core.geometry.norms import circumplex
from emotion_core.geometry.rivals import TOO_FEW, VOCABULARY, RivalFigure, against, mark_of, tfidf_vectors
from emotion_core.geometry.similarity import cosine_matrix, principal_components, upper_triangle
from emotion_core.stats.intervals import p_words
from emotion_core.stats.separation import Array
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import IntArray

SHUFFLES = 2000
SIGNIFICANCE = 0.05
FEWEST_SHARED = 3
# The mark of two files that can only agree: one model, and the same training texts or some of them.
ONE_SOURCE = "cannot be tested on the same texts of one model"
# Numbers held at once while shuffling: 64 MB of float64.
_BUDGET = 8 * 1024**2


@dataclass(frozen=True)
class Comparison:
    """Agreement of two geometries.

    Attributes:
        emotions: The shared emotions.
        layers: The layer of each side.
        models: Names of the two models.
        r: Correlation of the cosines of all pairs of shared emotions; nan where they do not vary.
        p_value: Share of shuffled namings that agree as well, the real one counted among them.
        cosines: float64 [2, pairs], the cosines themselves, for a chart.
        same_texts: Whether both sides were built from the same training texts, so that chance in the choice of texts
            errs on both sides alike; None where the texts of one are not known.
        rivals: The same agreement with the words of the texts (tf-idf) in place of a side.
        mark: "evidence", "no evidence", "explained by vocabulary", ...; see `rivals.mark_of`. `ONE_SOURCE` where one
            model read the same texts for both, `TOO_FEW` where even a perfect agreement could be chance.
    """

    emotions: tuple[str, ...]
    layers: tuple[int, int]
    models: tuple[str, str]
    r: float
    p_value: float
    cosines: Array
    same_texts: bool | None = None
    rivals: tuple[RivalFigure, ...] = ()
    mark: str = "cannot be tested against words"

    @property
    def beyond_chance(self) -> bool:
        """Whether the two agree more than shuffled namings do."""
        return bool(self.p_value <= SIGNIFICANCE)

    @property
    def sentence(self) -> str:
        """The agreement, what the words alone reach, and what the two sides share."""
        figures = f"{comparison_title(self)}, over {len(self.emotions)} shared emotions"
        if self.rivals:
            figures += ". Beside it " + "; ".join(one.sentence() for one in self.rivals)
        else:
            figures += ". The training texts are not known, so their words cannot be compared"
        if self.mark == ONE_SOURCE:
            figures += ". Files of other texts, or of another model, can be held against each other"
        elif self.same_texts:
            figures += ". Both come from the same texts, so what those texts have by chance is on both sides"
        return figures

    def to_json(self) -> dict[str, Any]:
        """The document of `compare --json`."""
        return {
            "r": finite(self.r),
            "p_value": finite(self.p_value),
            "n_shared": len(self.emotions),
            "emotions": list(self.emotions),
            "layers": list(self.layers),
            "models": list(self.models),
            "mark": self.mark,
            "same_texts": self.same_texts,
            "rival": {f"{one.name}: {one.detail}": finite(one.size) for one in self.rivals},
        }


@dataclass(frozen=True)
class LayerAgreement:
    """Agreement of every layer with every other.

    Attributes:
        layers: Layers that could be compared; one with a vector that is zero or not finite is left out.
        r: float64 [layers, layers].
        p_value: float64 [layers, layers].
    """

    layers: tuple[int, ...]
    r: Array
    p_value: Array


def compare(
    first: EmotionVectors,
    second: EmotionVectors,
    layer_first: int | None = None,
    layer_second: int | None = None,
    seed: int = 0,
) -> Comparison:
    """Compares two vector files on the emotions they share.

    Args:
        first: One file.
        second: The other, of the same or another model.
        layer_first: By default the layer chosen for all its emotions together.
        layer_second: The same for the other.
        seed: Of the shuffles.

    Raises:
        SettingsError: Fewer than three shared emotions, or a layer that cannot be used.
    """
    shared, layers, rows = shared_rows(first, second, layer_first, layer_second)
    matrices = np.stack([cosine_matrix(side) for side in rows])
    r, p_value = mantel(matrices, seed)
    figures = _word_rivals(first, second, shared, matrices) if np.isfinite(r[0, 1]) else ()
    digests = [sorted(one.sha256 for one in side.prompt_sets) for side in (first, second)]
    same_texts = digests[0] == digests[1] if all(digests) else None
    mark = mark_of(figures, beyond_chance=bool(p_value[0, 1] <= SIGNIFICANCE))
    read = [{t.text for one in side.prompt_sets for t in one.part("train")} for side in (first, second)]
    if read[0] & read[1] and first.model.fingerprint == second.model.fingerprint:
        mark = ONE_SOURCE
    return Comparison(
        shared,
        layers,
        (first.model.name, second.model.name),
        float(r[0, 1]),
        float(p_value[0, 1]),
        upper_triangle(matrices),
        same_texts,
        figures,
        mark if 1 / factorial(len(shared)) <= SIGNIFICANCE else TOO_FEW,
    )


def comparison_title(found: Comparison) -> str:
    """How closely two geometries agree."""
    if not np.isfinite(found.r):
        return "The two geometries cannot be compared"
    if found.mark == TOO_FEW:
        return (
            f"{len(found.emotions)} emotions are too few to tell whether the two geometries agree (r = {found.r:.2f})"
        )
    if found.mark == ONE_SOURCE:
        return (
            "That the two geometries agree cannot be tested: one model read the same texts, all or some, for both "
            f"(r = {found.r:.2f})"
        )
    how = f"agree {closeness(found.r)}" if found.beyond_chance else "do not agree beyond chance"
    return f"The two geometries {how} (r = {found.r:.2f}, {p_words(found.p_value)})"


def _word_rivals(
    first: EmotionVectors, second: EmotionVectors, shared: tuple[str, ...], matrices: Array
) -> tuple[RivalFigure, ...]:
    """The agreement with the words of a side's texts instead of that side, and of the words of both where they differ.

    Two models agree in more than the texts' words only where the second is closer to the first than those words are,
    and the other way round.
    """
    words = []
    for side in (first, second):
        rows = tfidf_vectors(side)
        if rows is None:
            return ()
        words.append(cosine_matrix(rows[[side.index(emotion) for emotion in shared]]))
    pairs = [
        ("instead of the second file", matrices[0], words[1]),
        ("instead of the first file", words[0], matrices[1]),
    ]
    if not np.allclose(words[0], words[1]):
        pairs.append(("instead of both files", words[0], words[1]))
    found = []
    for detail, one, two in pairs:

        def statistics(kept: IntArray, sides: tuple[Array, Array] = (one, two)) -> tuple[float, float]:
            index = np.ix_(kept, kept)
            both = [_standard(upper_triangle(np.stack([a[index], b[index]]))) for a, b in (tuple(matrices), sides)]
            mine, other = (float(np.nan_to_num(a @ b)) for a, b in both)
            return mine, other

        found.append(against(VOCABULARY, statistics, len(shared), detail=detail))
    return tuple(found)


def shared_rows(
    first: EmotionVectors, second: EmotionVectors, layer_first: int | None = None, layer_second: int | None = None
) -> tuple[tuple[str, ...], tuple[int, int], tuple[Array, Array]]:
    """The shared emotions, the two layers, and the vectors of both sides in the order of the shared emotions.

    Raises:
        SettingsError: Fewer than three shared emotions, or a layer that cannot be used.
    """
    shared = tuple(e for e in first.emotions if e in second.emotions)
    if len(shared) < FEWEST_SHARED:
        raise SettingsError(
            "The two files share too few emotions",
            expected=f"at least {FEWEST_SHARED}",
            found=", ".join(shared) or "none",
            remedy="Build both from the same prompt set",
        )
    layers = (
        first.selected_layer if layer_first is None else layer_first,
        second.selected_layer if layer_second is None else layer_second,
    )
    one, two = (
        usable_vectors(vectors, layer, FEWEST_SHARED)[[vectors.index(e) for e in shared]]
        for vectors, layer in zip((first, second), layers, strict=True)
    )
    return shared, layers, (one, two)


def compare_layers(vectors: EmotionVectors, seed: int = 0) -> LayerAgreement:
    """Compares all layers of one file with each other.

    Raises:
        SettingsError: Fewer than three emotions, or no layer that can be used.
    """
    usable = np.isfinite(vectors.values).all(axis=(0, 2)) & (np.abs(vectors.values).max(axis=2) > 0).all(axis=0)
    layers = tuple(int(layer) for layer in np.flatnonzero(usable))
    if not layers:
        raise SettingsError("No layer has vectors that can be compared", remedy="Load the model in float32")
    matrices = np.stack([cosine_matrix(usable_vectors(vectors, layer, FEWEST_SHARED)) for layer in layers])
    return LayerAgreement(layers, *mantel(matrices, seed))


def mantel(matrices: Array, seed: int, shuffles: int = SHUFFLES) -> tuple[Array, Array]:
    """Correlation of the upper triangles of matrices, and its one-sided permutation p-value.

    Where there are no more namings than would be drawn, all of them are looked at.

    Args:
        matrices: float64 [sides, emotions, emotions], symmetric, the same emotions in the same order.
        seed: Of the shuffles.
        shuffles: How many namings are drawn; the same ones for all pairs of sides.

    Returns:
        r and p, float64 [sides, sides] each; nan where a side does not vary.
    """
    sides, n = matrices.shape[0], matrices.shape[1]
    fixed = _standard(upper_triangle(matrices))  # (sides, pairs)
    observed = fixed @ fixed.T
    rng = np.random.default_rng(seed)
    reached = np.zeros((sides, sides))
    rows, columns = np.triu_indices(n, k=1)
    # Other names put the same cosines in another order, so that mean and length stay those of the side.
    standard = np.zeros((sides, n * n))
    standard[:, rows * n + columns] = standard[:, columns * n + rows] = fixed
    step = max(1, _BUDGET // (sides * len(rows)))
    every = np.array(list(permutations(range(n)))) if factorial(n) <= shuffles else None
    total = shuffles if every is None else len(every)
    for start in range(0, total, step):
        count = min(step, total - start)
        names = np.tile(np.arange(n), (count, 1)) if every is None else every[start : start + count]
        names = rng.permuted(names, axis=1) if every is None else names
        shuffled = standard[:, names[:, rows] * n + names[:, columns]]  # (sides, draws, pairs)
        values = np.einsum("ap,bdp->abd", fixed, shuffled, optimize=True)
        reached += (values >= observed[..., None] - 1e-12).sum(axis=-1)
    own = int(every is None)  # all namings hold the real one
    p_value = np.where(np.isfinite(observed), (own + reached) / (own + total), np.nan)
    return np.where(np.isfinite(observed), np.clip(observed, -1, 1), np.nan), p_value


def _standard(values: Array) -> Array:
    """Rows around their mean at length 1; nan where they do not vary."""
    centred = values - values.mean(axis=-1, keepdims=True)
    length = np.linalg.norm(centred, axis=-1, keepdims=True)
    result: Array = np.full_like(centred, np.nan)
    np.divide(centred, length, out=result, where=length > 1e-12)
    return result


# One map laid over another: rotation, reflection and one scale, nothing else (orthogonal Procrustes, Gower 1975).

_MOST_COMPONENTS = 5


@dataclass(frozen=True)
class Overlay:
    """Two maps in the axes of the first.

    Attributes:
        emotions: The shared emotions.
        layers: The layer of each side.
        models: Names of the two models.
        first: float64 [emotions, components], the first map; all coordinates at a total size of 1.
        second: float64 [emotions, components], the second one, turned and scaled onto it.
        components: Leading components that were matched; at most a third of the number of emotions, since a rotation in
            many dimensions fits anything.
        match: Share of the first map's squared size that the second one reproduces, 0 to 1.
        p_value: Share of shuffled namings that match as well, the real one counted among them.
        distances: float64 [emotions], how far each emotion moves, in the units of the coordinates.
    """

    emotions: tuple[str, ...]
    layers: tuple[int, int]
    models: tuple[str, str]
    first: Array
    second: Array
    components: int
    match: float
    p_value: float
    distances: Array

    def to_json(self) -> dict[str, object]:
        """Part of the document of `compare --json`."""
        return {"match": finite(self.match), "p_value": finite(self.p_value), "components": self.components}


def overlay(
    first: EmotionVectors,
    second: EmotionVectors,
    layer_first: int | None = None,
    layer_second: int | None = None,
    seed: int = 0,
) -> Overlay:
    """Lays the second map over the first.

    Args:
        first: One file.
        second: The other; its width may differ, since only its leading components are matched.
        layer_first: By default the layer chosen for all its emotions together.
        layer_second: The same for the other.
        seed: Of the shuffles.

    Raises:
        SettingsError: Fewer than three shared emotions, or a layer that cannot be used.
    """
    shared, layers, rows = shared_rows(first, second, layer_first, layer_second)
    ratings = circumplex().of(shared)
    n_components = max(2, min(_MOST_COMPONENTS, len(shared) // FEWEST_SHARED))
    one, two = (_sized(principal_components(side, *ratings).coordinates[:, :n_components]) for side in rows)
    n_components = min(one.shape[1], two.shape[1])
    one, two = _sized(one[:, :n_components]), _sized(two[:, :n_components])
    turn, scale = _procrustes(one, two)
    moved = scale * two @ turn
    rng = np.random.default_rng(seed)
    namings = rng.permuted(np.tile(np.arange(len(shared)), (SHUFFLES, 1)), axis=1)
    crossed = np.einsum("ei,sej->sij", one, two[namings])
    by_chance = np.linalg.svd(crossed, compute_uv=False).sum(axis=1) ** 2
    match = scale**2
    p_value = (1 + (by_chance >= match - 1e-12).sum()) / (1 + SHUFFLES)
    return Overlay(
        shared,
        layers,
        (first.model.name, second.model.name),
        one,
        moved,
        n_components,
        float(match),
        float(p_value),
        np.linalg.norm(one - moved, axis=1),
    )


def _procrustes(target: Array, source: Array) -> tuple[Array, float]:
    """The orthogonal turn and the scale that bring `source` nearest to `target`, both of total size 1."""
    left, sizes, right = np.linalg.svd(source.T @ target)
    turn: Array = left @ right
    return turn, float(sizes.sum())


def _sized(coordinates: Array) -> Array:
    """Coordinates around their mean, at a total squared size of 1."""
    centred = coordinates - coordinates.mean(axis=0)
    size = float(np.sqrt((centred**2).sum()))
    result: Array = centred / size if size > 0 else centred
    return result
