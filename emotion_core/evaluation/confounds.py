"""What else a vector lights up for, on sets that differ in something other than the emotion, and what is left after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from emotion_core.base.activations import ActivationCache, Activations, FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.base.numbers import finite
from emotion_core.evaluation.gaps import Gap, auroc_estimate, confound_gap
from emotion_core.evaluation.selection import trained_texts
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import built_in_confounds
from emotion_core.prompts.prompt_set import PromptSet, PromptText
from emotion_core.stats.separation import FEWEST, Array
from emotion_core.tracing.record import record
from emotion_core.vectors.build import orthogonal_to, training_texts, with_midpoints
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import Block, PairRows, blocks_of, estimate, places, project

# What else a vector lights up for: its AUROC on sets that differ in something that is not the emotion.

DRAWS = 200


def directions(values: FloatArray, block: Block, contrast: str) -> Array:
    """Difference in means of a contrast at one layer, first of the true sides, then of `DRAWS` shuffled ones.

    Sides of pairs change places within pairs; labelled texts are drawn anew into two groups of the same sizes.

    Args:
        values: float32 [all texts, width].
        block: Rows of the set.
        contrast: One of its emotions.

    Returns:
        float64 [1 + draws, width].
    """
    rng = np.random.default_rng(0)
    positive, negative = (values[rows].astype(np.float64) for rows in block.sides(contrast))
    if isinstance(block, PairRows):
        signs = np.concatenate([np.ones((1, len(block))), rng.choice([-1.0, 1.0], (DRAWS, len(block)))])
        result: Array = signs @ (positive - negative) / len(block)
        return result
    both = np.concatenate([positive, negative])
    sides = np.repeat([1 / len(positive), -1 / len(negative)], [len(positive), len(negative)])
    weights = np.stack([sides, *(rng.permutation(sides) for _ in range(DRAWS))])
    shuffled: Array = weights @ both
    return shuffled


def cosines(found: Array, vector: FloatArray) -> Array:
    """Cosine of a vector [width] to each of the directions [n, width], float64 [n]; nan where one has no length."""
    lengths = np.linalg.norm(found, axis=1) * float(np.linalg.norm(vector.astype(np.float64)))
    with np.errstate(invalid="ignore"):
        along = found @ vector.astype(np.float64)
    result: Array = np.divide(along, lengths, out=np.full(len(along), np.nan), where=lengths > 0)
    return result


@dataclass(frozen=True)
class ConfoundScore:
    """How one vector separates the two sides of a contrast that is not its emotion.

    Attributes:
        set: Name of the confound set.
        contrast: What its positive side stands for.
        emotion: Whose vector.
        layer: The layer chosen for the emotion.
        auroc: .5 means that the vector does not see the contrast, above it lights up for it, below it turns away.
        low: Lower end of the 95 % interval.
        high: Upper end.
        n: Pairs, or texts that stand for the contrast.
        cosine: Cosine of the vector to the difference in means of the set's two sides, at that layer.
        cosine_chance: What 95 % of the cosines stay within, up or down, when the sides are shuffled.
        own: Whether the vectors were built from texts of this set, or the contrast is the emotion itself; then it
            explains nothing and has no say in the verdict.
    """

    set: str
    contrast: str
    emotion: str
    layer: int
    auroc: float
    low: float
    high: float
    n: int
    cosine: float
    cosine_chance: float
    own: bool = False

    @property
    def lights_up(self) -> bool:
        """Whether the whole interval lies above .5."""
        return self.low > 0.5

    @property
    def points_along(self) -> bool:
        """Whether the vector lies nearer to that of the set than shuffled sides do, up or down."""
        return abs(self.cosine) > self.cosine_chance

    @property
    def turns_away(self) -> bool:
        """Whether the whole interval lies below .5: the direction points away from what the set stands for."""
        return self.high < 0.5

    def to_json(self) -> dict[str, Any]:
        """For the command line; nothing in it is nan."""
        return {k: finite(v) if isinstance(v, float) else v for k, v in asdict(self).items()}


def score_confounds(
    model: LoadedModel,
    vectors: EmotionVectors,
    cache: ActivationCache | None = None,
    sets: Sequence[PromptSet] | None = None,
) -> Job[tuple[ConfoundScore, ...]]:
    """Reads confound sets and scores every vector on them, as a job.

    Args:
        model: The model of the vectors.
        vectors: The vectors.
        cache: Activations read before.
        sets: Contrast pairs, or labelled texts, of which each label is held against the others; by default the
            built-in confound sets.

    Raises:
        ModelError: A text cannot be read.
    """
    chosen = built_in_confounds() if sets is None else tuple(sets)
    texts = [text for text in confound_texts(chosen) if model.fits(text, chat=vectors.reading.chat)]
    activations = yield from record(model, texts, vectors.reading, cache)
    return confound_scores(vectors, chosen, activations)


def confound_scores(
    vectors: EmotionVectors, sets: Sequence[PromptSet], activations: Activations
) -> tuple[ConfoundScore, ...]:
    """Scores every vector on every contrast of the sets, at the layer chosen for it, and compares their directions.

    All pairs count but those with a text without activations, or with one that the vectors were built from, which is
    on its side by construction.

    Args:
        vectors: The vectors.
        sets: As for `score_confounds`.
        activations: Of their texts.
    """
    place, trained = places(activations.texts), trained_texts(vectors)
    found: list[ConfoundScore] = []
    for one in sets:
        own = any(t.text in trained for t in one.texts)
        for block in blocks_of(_usable(one, place, trained), place):
            for contrast in block.emotions:
                if all(len(side) for side in block.sides(contrast)):
                    found += _contrast(vectors, one.name, block, contrast, own, activations)
    return tuple(found)


def _usable(one: PromptSet, place: Mapping[str, int], trained: frozenset[str]) -> list[PromptText]:
    """Texts that can be scored; a pair with a text that cannot is left out whole."""
    bad = [t for t in one.texts if t.text not in place or t.text in trained]
    broken = {t.pair for t in bad if t.pair is not None}
    unusable = set(bad)
    return [t for t in one.texts if t not in unusable and (t.pair is None or t.pair not in broken)]


def _contrast(
    vectors: EmotionVectors, name: str, block: Block, contrast: str, own: bool, activations: Activations
) -> Iterator[ConfoundScore]:
    """Every vector on one contrast; what depends on the layer alone is computed once a layer."""
    positive, negative = block.sides(contrast)
    topics = block.groups if isinstance(block, PairRows) else None
    of_layer = {
        layer: directions(activations.values[:, layer], block, contrast) for layer in set(vectors.selected_layers)
    }
    for e, emotion in enumerate(vectors.emotions):
        layer = vectors.selected_layers[e]
        vector = vectors.values[e, [layer]]
        scores = (side[0] for side in project(activations.values[:, [layer]], (positive, negative), vector))
        area = auroc_estimate(*scores, pairs=isinstance(block, PairRows), topics=topics)
        found = cosines(of_layer[layer], vector[0])
        chance = float(np.quantile(np.abs(found[1:]), 0.95)) if np.isfinite(found).all() else float("nan")
        same = own or contrast.casefold() == emotion.casefold()
        yield ConfoundScore(
            name,
            contrast,
            emotion,
            layer,
            area.auroc,
            area.low,
            area.high,
            len(positive),
            float(found[0]),
            chance,
            same,
        )


def counted(scores: Sequence[ConfoundScore], emotion: str) -> tuple[ConfoundScore, ...]:
    """Confounds that have a say in the verdict of an emotion.

    Sets the vectors were built from do not count, nor sets of fewer pairs than `FEWEST`: one pair alone has an AUROC
    of 0 or 1.
    """
    return tuple(
        one for one in scores if one.emotion == emotion and not one.own and one.n >= FEWEST and np.isfinite(one.auroc)
    )


def confound_gaps(
    scores: Sequence[ConfoundScore], emotion: str, auroc: float, low: float, high: float
) -> tuple[Gap, ...]:
    """By how much a direction separates its own texts better than those of each confound.

    Args:
        scores: All confounds; those of other emotions, and those without a say, are left out.
        emotion: The emotion.
        auroc: Its held-out AUROC at the chosen layer.
        low: Lower end of its 95 % interval.
        high: Upper end.
    """
    return tuple(
        confound_gap(one.contrast, (auroc, low, high), (one.auroc, one.low, one.high))
        for one in counted(scores, emotion)
    )


def confound_texts(sets: Sequence[PromptSet]) -> tuple[str, ...]:
    """All texts of confound sets, each once."""
    return tuple(dict.fromkeys(np.concatenate([[t.text for t in one.texts] for one in sets]).tolist())) if sets else ()


# Orthogonalise against: what is left of an emotion's direction without those of confounds or other emotions.


def orthogonalise(
    model: LoadedModel,
    vectors: EmotionVectors,
    *,
    emotions: Sequence[str] = (),
    sets: Sequence[PromptSet] = (),
    cache: ActivationCache | None = None,
) -> Job[EmotionVectors]:
    """Projects the vectors of other emotions and of confound sets out at every layer, as a job.

    Of a confound set the difference in means of all its texts is taken, one for each contrast in it. A confound set
    that served to make the direction is no test of it any more: it cannot see what was taken out.

    Args:
        model: The model of the vectors.
        vectors: The vectors.
        emotions: Emotions of the vectors whose own vectors are projected out; the result is without them.
        sets: Confound sets whose vectors are projected out.
        cache: Activations read before.

    Raises:
        SettingsError: There is nothing to project out, or nothing is left of an emotion.
        VectorFileError: The vectors have no such emotion.
        ModelError: A text cannot be read.
    """
    directions = [vectors.values[vectors.index(emotion)] for emotion in emotions]
    names = list(emotions)
    activations = yield from record(model, confound_texts(sets), vectors.reading, cache)
    place = places(activations.texts)
    for one in sets:
        for block in blocks_of(one.texts, place):
            if any(not len(side) for emotion in block.emotions for side in block.sides(emotion)):
                raise SettingsError("A contrast has texts on one side only", where=one.name)
            directions += list(estimate(activations.values, block, "difference"))
            names += block.emotions
    stacked: FloatArray = np.stack(directions) if directions else np.zeros((0, *vectors.values.shape[1:]), np.float32)
    left = orthogonal_to(vectors, stacked, names)
    train = yield from record(model, training_texts(left.prompt_sets), left.reading, cache)
    return with_midpoints(left, train)
