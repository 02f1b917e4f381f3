"""The same prompts with other estimators, with and without neutral projection, read at other positions: one table.

It shows how much of a finding hangs on a choice of method. It is no menu: whoever picks the row with the best held-out
score has used the held-out texts up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from emotion_core.base.activations import ActivationCache, Activations, FloatArray, ReadingPosition
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.numbers import finite
from emotion_core.evaluation.gaps import auroc_estimate
from emotion_core.evaluation.sample_size import split_half
from emotion_core.evaluation.selection import select
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.prompt_set import PromptText
from emotion_core.stats.separation import Array, corrected_d, d_interval
from emotion_core.tracing.record import record
from emotion_core.vectors.build import (
    neutral_components,
    neutral_texts,
    project_out,
    training_texts,
    vectors_from,
    without_removed,
)
from emotion_core.vectors.emotion_vectors import ESTIMATORS, BuildSettings, EmotionVectors, Estimator
from emotion_core.vectors.estimate import Block, PairRows, blocks_of, places, project

# A logistic regression of this many classes, in every fold and layer, takes minutes.
MOST_CLASSES = 24
# Random halves behind a split-half cosine.
_SPLITS = 20
_SPLITS_LOGISTIC = 3
_UNKNOWN = (float("nan"),) * 6


@dataclass(frozen=True)
class Variant:
    """One emotion's vector made in one way, at the layer that cross-validation chose for it.

    Attributes:
        emotion: The emotion.
        estimator: `difference`, `pca` or `logistic`.
        neutral_projection: Whether the main directions of neutral text were projected out.
        reading: Where the texts were read, see `ReadingPosition.key`.
        shown: Whether this is how the vectors beside the table were made.
        layer: The layer chosen on the training texts.
        cohens_d: Held-out d there; nan without held-out texts.
        d_low: Lower end of its 95 % interval.
        d_high: Upper end.
        auroc: Held-out AUROC there.
        auroc_low: Lower end of its 95 % interval.
        auroc_high: Upper end.
        cosine: Cosine to the vector shown, at the layer chosen for that one: every layer has a space of its own.
        split_half: Mean cosine of two vectors made this way from disjoint halves of the training rows, at the layer
            chosen for this way; near 0 for noise. See `sample_size.split_half`.
    """

    emotion: str
    estimator: Estimator
    neutral_projection: bool
    reading: str
    shown: bool
    layer: int
    cohens_d: float
    d_low: float
    d_high: float
    auroc: float
    auroc_low: float
    auroc_high: float
    cosine: float
    split_half: float = float("nan")

    def to_json(self) -> dict[str, Any]:
        """For the command line; nothing in it is nan."""
        return {k: finite(v) if isinstance(v, float) else v for k, v in asdict(self).items()}


def variants(
    model: LoadedModel, vectors: EmotionVectors, cache: ActivationCache | None = None
) -> Job[tuple[Variant, ...]]:
    """Builds the vectors again in every way and scores each on its held-out texts, as a job.

    Args:
        model: The model of the vectors.
        vectors: The vectors to compare with; their prompt sets are used.
        cache: Activations read before.

    Returns:
        One entry an emotion and way; nothing for imported vectors, whose texts are unknown.

    Raises:
        ModelError: A text cannot be read.
    """
    if not vectors.prompt_sets:
        return ()
    scored = select(vectors, vectors.prompt_sets).texts
    held = tuple(dict.fromkeys(t.text for t in scored))
    found: list[Variant] = []
    texts = (*training_texts(vectors.prompt_sets), *held)
    settings = settings_of(vectors, last_differs=_last_differs(model, texts, vectors.reading.chat))
    for done, position in enumerate(dict.fromkeys(one.reading for one in settings)):
        train = yield from record(model, training_texts(vectors.prompt_sets), position, cache)
        test = yield from record(model, held, position, cache)
        neutral = yield from record(model, neutral_texts(model, position), position, cache)
        for one in (one for one in settings if one.reading == position):
            # What was projected out of the vectors shown is left out of the others as well.
            kept = replace(train, values=without_removed(train.values, vectors))
            built = vectors_from(vectors.prompt_sets, kept, neutral, one)
            found += _scored(built, vectors, one, test, scored, _halves(built, kept, neutral))
            yield Progress(len(found), len(settings) * len(vectors.emotions), f"comparing, reading position {done + 1}")
    return tuple(sorted(found, key=lambda one: vectors.emotions.index(one.emotion)))


def settings_of(vectors: EmotionVectors, *, last_differs: bool = True) -> tuple[BuildSettings, ...]:
    """Every way that is compared; the vectors' own is always among them.

    Args:
        vectors: The vectors shown.
        last_differs: Whether the last token of a text can be another one than its last content token.
    """
    chat = vectors.reading.chat
    positions = [ReadingPosition("mean", chat=chat), ReadingPosition("last_content", chat=chat)]
    if last_differs:
        positions.append(ReadingPosition("last", chat=chat))
    if vectors.reading not in positions:
        positions.insert(0, vectors.reading)
    many = len(vectors.emotions) > MOST_CLASSES
    chosen = [e for e in ESTIMATORS if e != "logistic" or not many or vectors.estimator == e]
    return tuple(
        BuildSettings(estimator, position, projected, vectors.seed)
        for position in positions
        for projected in (False, True)
        for estimator in chosen
    )


def _last_differs(model: LoadedModel, texts: Sequence[str], chat: bool) -> bool:
    """Without a chat template and without a token for the end of text, the last token is the last of the content."""
    return any(not model.encode(text, chat=chat).content[-1] for text in texts)


def _scored(
    built: EmotionVectors,
    shown: EmotionVectors,
    settings: BuildSettings,
    test: Activations,
    texts: Sequence[PromptText],
    halves: Mapping[str, float],
) -> Iterator[Variant]:
    own = (shown.estimator, shown.neutral_projection, shown.reading)
    block_of = {emotion: block for block in blocks_of(texts, places(test.texts)) for emotion in block.emotions}
    for e, emotion in enumerate(built.emotions):
        if emotion not in shown.emotions:
            continue
        layer, at = built.selected_layers[e], shown.layer_of(emotion)
        measures = _UNKNOWN
        block = block_of.get(emotion)
        if block is not None and all(len(side) for side in block.sides(emotion)):
            scores = project(test.values[:, [layer]], block.sides(emotion), built.values[e, [layer]])
            measures = _measures(*scores, block)
        yield Variant(
            emotion,
            settings.estimator,
            settings.neutral_projection,
            settings.reading.key,
            (settings.estimator, settings.neutral_projection, settings.reading) == own,
            layer,
            *measures,
            cosine(built.values[e, at], shown.values[shown.index(emotion), at]),
            halves.get(emotion, float("nan")),
        )


def _halves(built: EmotionVectors, train: Activations, neutral: Activations) -> dict[str, float]:
    """Split-half cosine of each emotion at its chosen layer, mean over some random halves."""
    rows = [t for one in built.prompt_sets for t in one.part("train")]
    values = train.values
    if built.neutral_projection:
        values = project_out(values, neutral_components(neutral.values))
    rng = np.random.default_rng([built.seed, 0x4A1F])
    means: dict[str, float] = {}
    for block in blocks_of(rows, places(train.texts)):
        layers = sorted({built.layer_of(emotion) for emotion in block.emotions})
        draws = [
            split_half(values[:, layers], block, built.estimator, len(block), rng)
            for _ in range(_SPLITS_LOGISTIC if built.estimator == "logistic" else _SPLITS)
        ]
        table = np.mean(draws, axis=0)  # (emotions, chosen layers)
        means |= {e: float(table[i, layers.index(built.layer_of(e))]) for i, e in enumerate(block.emotions)}
    return means


def _measures(positive: Array, negative: Array, block: Block) -> tuple[float, float, float, float, float, float]:
    """Cohen's d and AUROC with their intervals, of [1, texts] projections."""
    pairs = isinstance(block, PairRows)
    interval = d_interval(positive, negative, np.random.default_rng(0), pairs=pairs)
    area = auroc_estimate(positive[0], negative[0], pairs=pairs, topics=block.groups if pairs else None)
    d = float(corrected_d(positive, negative, pairs=pairs)[0])
    return d, float(interval.low[0]), float(interval.high[0]), area.auroc, area.low, area.high


def cosine(a: FloatArray, b: FloatArray) -> float:
    """Cosine of two vectors; nan where one has no length or is not finite."""
    first, second = a.astype(np.float64), b.astype(np.float64)
    lengths = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(first @ second) / lengths if lengths > 0 and np.isfinite(lengths) else float("nan")


def differing(rows: Sequence[Variant]) -> str:
    """One sentence on how far the ways of one emotion agree."""
    known = [one.auroc for one in rows if np.isfinite(one.auroc)]
    near = [one.cosine for one in rows if np.isfinite(one.cosine) and not one.shown]
    if not known or not near:
        return "Without held-out texts the ways can be compared by their cosine only"
    return (
        f"Over {len(known)} ways of making the vector, held-out AUROC runs from {min(known):.2f} to {max(known):.2f} "
        f"and the cosine to the one shown from {min(near):.2f} to {max(near):.2f}"
    )
