"""Transfer between sources: vectors from the texts of one set, scored on the texts of another.

Texts of one author and style tell emotions apart by their words, so a test within one source shows little. Here a
direction, and every simpler rival with it, is fitted on the training texts of the vectors and meets texts of another
set, all rows of which are scored. The layer is chosen on the training texts.

Two nulls have to be rejected. The first says that the labels of the *training* texts mean nothing: they are shuffled
within topics, the vector is extracted again and meets the target with its true labels. Its statistic is not the AUROC
but how far the sides of the training texts lie apart along the direction, times how far the sides of the target do.
Where all texts differ mostly along one axis, a vector from shuffled labels points along that axis too, forwards or
backwards, and half of such vectors would have the AUROC of the true one; but they are short, since their sides lie
near each other. For a difference in means the product is the vector's own product with the difference of the target's
means, so observed and shuffled labels are treated alike. The second null says that the labels of the *target* have
nothing to do with the scores: pairs are swapped, labels change places within topics (`relabel.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import scipy

from emotion_core.base.activations import ActivationCache, Activations, FloatArray, ModelInfo
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job, Progress
from emotion_core.base.numbers import counted, finite
from emotion_core.evaluation.gaps import FEWEST_UNITS, Gap, auroc_estimate, paired_gap
from emotion_core.evaluation.nulls import DRAWS, permutations, reextracted, starts, swaps
from emotion_core.evaluation.rivals import (
    Sides,
    SideScores,
    character_scores,
    embedding_scores,
    length_scores,
    word_scores,
)
from emotion_core.evaluation.selection import select
from emotion_core.evaluation.verdict import NOT_TESTED, SIGNIFICANCE, Verdict
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.untrained import untrained_twin
from emotion_core.prompts.prompt_set import PromptSet, PromptText, spelled_alike
from emotion_core.stats.intervals import adjusted, p_words
from emotion_core.stats.separation import Array, auroc
from emotion_core.tracing.record import record
from emotion_core.vectors.build import (
    located,
    neutral_components,
    neutral_texts,
    project_out,
    training,
    without_removed,
)
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import (
    Block,
    CrossValidation,
    LabelledRows,
    PairRows,
    best_layer,
    blocks_of,
    cross_validate,
    estimate,
    places,
)
from emotion_core.vectors.file import require_model

# Part of every content key: raise it when results computed before must not be shown again.
TRANSFER_VERSION = 1
# Rivals, in the order in which they are shown.
WORDS, CHARACTERS, LENGTH, EMBEDDING = "word counts", "character n-grams", "text length", "input embedding"
TWIN = "untrained twin"
# Sides that are offered where the target is fear against calm, as far as the vectors have these emotions.
FEAR = ("fear", "afraid", "frightened", "horrified", "panicked", "scared", "terrified")
CALM = ("calm", "at ease", "peaceful", "relaxed", "safe", "serene")
RULE = (
    "Evidence: at the layer that cross-validation chose on the training texts, the AUROC on the other set lies above "
    ".5, vectors from shuffled training labels and shuffled labels of the other set both give p of at most .05 "
    "(corrected for the number of emotions), and the 95 % interval of the difference to every rival, fitted on the "
    "same training texts, lies above 0. "
    "Cannot be told from X: more than chance, but the interval of the difference to rival X holds 0. "
    "Explained by X: more than chance, but rival X does better. "
    "Evidence within one source: as evidence, but the set that was scored shares texts with the one that was trained "
    "on. "
    "Cannot be tested one by one: too few texts of the emotion in the other set for an interval. "
    "No evidence: anything else; it does not show that nothing carries over."
)
# Sets of one author. Built-in ones that others wrote are not among them.
_BY_THIS_PROJECT = frozenset({"fear-calm", "emotions-12", "emotions-171", "scenes-171", "stories-171"})
_RULE_CUTS = ("Cannot be told", "Explained by", "Evidence within", "Cannot be tested", "No evidence:")
_LAYER_KEYS = (
    "auroc", "low", "high", "paired", "null_auroc_5", "null_auroc_95", "p_value", "p_training", "p_target",
)  # fmt: skip
_FOLDS = 5
# At the selected layer: one emotion among m can only be seen after correction if p can fall well below .05 / m, and the
# verdict must not hang on the seed.
_DRAWS_AN_EMOTION = 3000
_MOST_DRAWS = 20_000
_DRAWS_A_STEP = 500
# Up to so many emotions the choice of their joint layer leans on the labels of each.
_FEW = 24
_POSITIVE, _NEGATIVE = "positive", "negative"

Form = Literal["pairs", "labelled"]


@dataclass(frozen=True)
class Contrast:
    """Emotions grouped as two sides.

    The direction is made of the training texts of those that the vectors have. Of a labelled target the texts of those
    that it has are scored, so that `afraid` of the one and `fear` of the other can stand on the same side.

    Attributes:
        positive: Emotions at the positive end.
        negative: Emotions at the other end.
    """

    positive: tuple[str, ...]
    negative: tuple[str, ...]

    @property
    def name(self) -> str:
        """Both sides in words."""
        return f"{' + '.join(self.positive)} against {' + '.join(self.negative)}"


@dataclass(frozen=True)
class RivalScore:
    """What a rival reaches on the target; `paired` is nan for labelled texts."""

    name: str
    auroc: float
    paired: float


@dataclass(frozen=True)
class TopShare:
    """How often the right emotion stands first, or among the first three, by the vectors or by a rival."""

    name: str
    top1: float
    top3: float


@dataclass(frozen=True)
class TransferScore:
    """One direction on the target. Arrays by layer are float64 [layers], nan where a figure cannot be had.

    Attributes:
        emotion: The emotion, or both sides in words.
        selected_layer: Chosen on the training texts.
        auroc: Chance that a positive text of the target scores higher than a negative one.
        low: Lower end of its 95 % interval.
        high: Upper end.
        paired: Share of contrast pairs in the right order, ties half; nan for labelled texts.
        null_auroc_5: What 95 % of vectors from shuffled training labels stay at or above.
        null_auroc_95: What 95 % of them stay at or below.
        p_training: p-value against shuffled training labels; at the selected layer corrected for its choice.
        p_target: p-value against shuffled labels of the target.
        q_value: The larger of both at the selected layer, after Benjamini-Hochberg across emotions.
        rivals: What each rival reaches on the same texts.
        gaps: AUROC of the direction minus that of each rival.
        verdict: The outcome.
        n_training: Positive and negative training texts.
        n_target: Positive and negative texts of the target.
        sides: int8 [texts of the target]: 1 positive, -1 negative, 0 not scored.
        scores: float32 [texts of the target], on the unit direction at the selected layer.
    """

    emotion: str
    selected_layer: int
    auroc: Array
    low: Array
    high: Array
    paired: Array
    null_auroc_5: Array
    null_auroc_95: Array
    p_training: Array
    p_target: Array
    q_value: float
    rivals: tuple[RivalScore, ...]
    gaps: tuple[Gap, ...]
    verdict: Verdict
    n_training: tuple[int, int]
    n_target: tuple[int, int]
    sides: npt.NDArray[np.int8]
    scores: FloatArray

    @property
    def p_value(self) -> Array:
        """float64 [layers], the larger of the two p-values: both nulls have to be rejected."""
        return np.maximum(self.p_training, self.p_target)

    def rival(self, name: str) -> RivalScore | None:
        """A rival by its name; None where it could not be fitted."""
        return next((rival for rival in self.rivals if rival.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """For the command line; nothing in it is nan."""
        layer = self.selected_layer
        return {
            "emotion": self.emotion,
            "selected_layer": layer,
            "auroc": finite(self.auroc[layer]),
            "low": finite(self.low[layer]),
            "high": finite(self.high[layer]),
            "paired": finite(self.paired[layer]),
            "p_corrected": finite(self.q_value),
            "layers": [self._layer(i) for i in range(len(self.auroc))],
            "rivals": [{"name": r.name, "auroc": finite(r.auroc), "paired": finite(r.paired)} for r in self.rivals],
            "gaps": [gap.to_json() for gap in self.gaps],
            "verdict": self.verdict.word,
            "evidence": self.verdict.evidence,
            "reason": self.verdict.reason,
            "n_training": {"positive": self.n_training[0], "negative": self.n_training[1]},
            "n_target": {"positive": self.n_target[0], "negative": self.n_target[1]},
        }

    def _layer(self, layer: int) -> dict[str, Any]:
        return {"layer": layer} | {name: finite(getattr(self, name)[layer]) for name in _LAYER_KEYS}


@dataclass(frozen=True)
class Transfer:
    """Vectors of one set on the texts of another.

    Attributes:
        model: The model.
        source: Name of the set or sets that the vectors were built from.
        target: Name of the set that is scored.
        form: Of the target.
        contrast: The sides; None where emotions are mapped by name.
        scores: One a direction.
        top: For labelled targets and several emotions: how often the right emotion comes first, the vectors' own
            share first, then that of each rival; empty otherwise.
        n_ranked: Emotions that are ranked against each other; chance is 1 and 3 in so many.
        n_ranked_texts: Texts whose emotion is among them.
        same_source: Whether the target shares texts with the sets of the vectors.
        texts: The scored texts of the target.
        left_out: Texts of the target that were left out because they, or the other side of their pair, were trained on.
        without_vector: Emotions of a labelled target that no direction is for; their texts count among the others.
        draws: Draws of each null, at the selected layer.
        seed: Of the draws.
    """

    model: ModelInfo
    source: str
    target: str
    form: Form
    contrast: Contrast | None
    scores: tuple[TransferScore, ...]
    top: tuple[TopShare, ...]
    n_ranked: int
    n_ranked_texts: int
    same_source: bool
    texts: tuple[str, ...]
    left_out: tuple[str, ...]
    without_vector: tuple[str, ...]
    draws: int
    seed: int

    @property
    def verdict_word(self) -> str:
        """The verdict of the only direction, or how many of several are evidence."""
        if len(self.scores) == 1:
            return self.scores[0].verdict.word
        return f"evidence for {sum(s.verdict.evidence for s in self.scores)} of {len(self.scores)} emotions"

    def to_json(self) -> dict[str, Any]:
        """The document of `transfer --json`; with a single direction its figures stand at the top as well."""
        single = self.scores[0].to_json() if len(self.scores) == 1 else {}
        own = self.top[0] if self.top else None
        contrast = self.contrast
        return {
            **single,
            "model": {"name": self.model.name, "fingerprint": self.model.fingerprint},
            "source": self.source,
            "target": self.target,
            "form": self.form,
            "sides": contrast and {_POSITIVE: list(contrast.positive), _NEGATIVE: list(contrast.negative)},
            "selected_layer": self.scores[0].selected_layer,
            "emotions": [score.to_json() for score in self.scores],
            "verdict": self.verdict_word,
            "top1": own and finite(own.top1),
            "top3": own and finite(own.top3),
            "top1_chance": 1 / self.n_ranked if own else None,
            "top3_chance": 3 / self.n_ranked if own and np.isfinite(own.top3) else None,
            "top_rivals": [{"name": t.name, "top1": finite(t.top1), "top3": finite(t.top3)} for t in self.top[1:]],
            "n_texts": len(self.texts),
            "n_ranked_texts": self.n_ranked_texts,
            "left_out": len(self.left_out),
            "left_out_texts": list(self.left_out),
            "without_vector": list(self.without_vector),
            "same_source": self.same_source,
            "null": {"draws": self.draws, "seed": self.seed},
            "rule": RULE,
        }


@dataclass(frozen=True)
class _Part:
    """Directions that share their training rows and their rows of the target; a direction is told by its place.

    Attributes:
        names: What each direction is called.
        train: Training rows.
        trained: For each direction its emotion among the training rows.
        target: Rows of the target.
        tested: For each direction its emotion among the rows of the target.
    """

    names: tuple[str, ...]
    train: Block
    trained: tuple[str, ...]
    target: Block
    tested: tuple[str, ...]

    @property
    def train_sides(self) -> list[Sides]:
        """Rows of the positive and of the negative training texts of each direction."""
        return [self.train.sides(emotion) for emotion in self.trained]

    @property
    def target_sides(self) -> list[Sides]:
        """Rows of the positive and of the negative texts of the target for each direction."""
        return [self.target.sides(emotion) for emotion in self.tested]


@dataclass(frozen=True)
class Plan:
    """What is compared with what, before any text is read.

    Attributes:
        train_texts: Training texts that are needed, in the order that the parts count in.
        test_texts: Texts of the target that are scored, likewise.
        parts: Directions by the rows they share.
        left_out: Texts of the target that were trained on.
        without_vector: Emotions of a labelled target that no direction is for.
    """

    train_texts: tuple[str, ...]
    test_texts: tuple[str, ...]
    parts: tuple[_Part, ...]
    left_out: tuple[str, ...]
    without_vector: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """All directions."""
        return tuple(name for part in self.parts for name in part.names)


def plan_transfer(vectors: EmotionVectors, target: PromptSet, contrast: Contrast | None = None) -> Plan:
    """Decides which directions meet which rows of the target.

    Args:
        vectors: The vectors; their training texts have to be known.
        target: Contrast pairs or labelled texts. All rows count, held out or not, but those that were trained on.
        contrast: Emotions as two sides; without it emotions are mapped by their name.

    Raises:
        SettingsError: The training texts are unknown, a side is empty or has an emotion twice, or nothing of the
            target belongs to any direction.
        VectorFileError: Neither the vectors nor a labelled target have an emotion of the contrast.
    """
    if not vectors.prompt_sets:
        raise SettingsError(
            "Without the texts that vectors were built from there is nothing to train rivals on",
            found="imported vectors without their training texts",
            remedy="Score them with `heldout`, or build the vectors here",
        )
    if contrast is not None:
        _check_contrast(vectors, target, contrast)
    else:
        (target,) = spelled_alike([target], vectors.emotions)
    chosen = select(vectors, [target])
    kept = {t.text for t in chosen.texts}
    left_out = tuple(t.text for t in target.texts if t.text not in kept)
    test_texts = tuple(dict.fromkeys(t.text for t in chosen.texts))
    target_blocks = blocks_of(chosen.texts, places(test_texts))
    rows = [t for one in vectors.prompt_sets for t in one.part("train")]
    if contrast is not None:
        grouped = {*contrast.positive, *contrast.negative} & set(vectors.emotions)
        rows = [t for t in rows if t.side != "negative" and t.emotion in grouped]
    train_texts = tuple(dict.fromkeys(t.text for t in rows))
    place = places(train_texts)
    if contrast is None:
        parts = _by_name(vectors, blocks_of(rows, place), target_blocks)
    else:
        train = _sided(rows, contrast, place)
        parts = _by_side(contrast, train, chosen.texts, target_blocks, places(test_texts))
    if not parts:
        raise _nothing_to_score(vectors, target, contrast, chosen.texts)
    tested = {emotion for part in parts for emotion in part.tested}
    without = () if target.form == "pairs" or contrast else tuple(e for e in target.emotions if e not in tested)
    return Plan(train_texts, test_texts, tuple(parts), left_out, without)


def transfer(
    model: LoadedModel,
    vectors: EmotionVectors,
    target: PromptSet,
    contrast: Contrast | None = None,
    cache: ActivationCache | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    *,
    untrained: bool = False,
) -> Job[Transfer]:
    """Reads training texts and the target and scores the vectors of the one on the other, as a job.

    Args:
        model: The model of the vectors.
        vectors: The vectors.
        target: The other set.
        contrast: Emotions as two sides; without it emotions are mapped by their name.
        cache: Activations read before.
        draws: Draws of each null at every layer; at the selected layer there are more.
        seed: Of the draws.
        untrained: Whether the untrained twin of the model reads all texts too, as one more rival.

    Raises:
        VectorFileError: The vectors belong to another model or lack an emotion.
        SettingsError: See `plan_transfer`.
        ModelError: A text cannot be read, or no untrained twin can be made.
    """
    require_model(vectors, model.info)
    plan = plan_transfer(vectors, target, contrast)
    twin = untrained_twin(model) if untrained else None
    readings = []
    for reader in (model, *([twin] if twin else [])):
        train = yield from record(reader, plan.train_texts, vectors.reading, cache)
        reading = record(reader, plan.test_texts, vectors.reading, cache)
        test = yield from located(reading, reader, [target], vectors.reading.chat)
        neutral = None
        if vectors.neutral_projection:
            neutral = yield from record(reader, neutral_texts(reader, vectors.reading), vectors.reading, cache)
        readings.append((train, test, neutral))
    return (yield from scoring(vectors, target, plan, contrast, *readings[0], draws, seed, *readings[1:]))


def scoring(
    vectors: EmotionVectors,
    target: PromptSet,
    plan: Plan,
    contrast: Contrast | None,
    train: Activations,
    test: Activations,
    neutral: Activations | None,
    draws: int = DRAWS,
    seed: int = 0,
    twin: tuple[Activations, Activations, Activations | None] | None = None,
) -> Job[Transfer]:
    """Scores from activations that are already there, as a job; array operations only.

    Args:
        vectors: The vectors.
        target: The other set.
        plan: What is compared with what.
        contrast: As in the plan.
        train: Activations of the training texts at least.
        test: Activations of the target at least.
        neutral: Activations of neutral texts, for vectors with the neutral projection.
        draws: Draws of each null.
        seed: Of the draws.
        twin: The same three, read by the untrained twin.

    Raises:
        SettingsError: A text has no activations.
    """
    train, test = _aligned(train, plan.train_texts), _aligned(test, plan.test_texts)
    values = train.values
    if vectors.neutral_projection and neutral is not None:
        values = project_out(values, neutral_components(neutral.values))
    values = without_removed(values, vectors)
    names = plan.names
    layer = _chosen_layer(vectors, plan, contrast, values)
    most = max(draws, min(_DRAWS_AN_EMOTION * len(names), _MOST_DRAWS))
    measured: list[_Measured] = []
    tables: dict[str, Array] = {}
    for i, part in enumerate(plan.parts):
        if contrast is None:
            directions = vectors.values[[vectors.index(name) for name in part.names]]
        else:  # with one direction more than one contrast of the target may be scored
            directions = np.repeat(estimate(values, part.train, "difference")[:1], len(part.names), axis=0)
        scores = _projections(test.values, directions)  # (directions, layers, texts)
        rng = np.random.default_rng([seed, i])
        nulls = yield from _nulls(values, part, test.values, directions, scores, layer, draws, most, rng)
        rivals = yield from _rival_scores(train, part, test)
        if twin is not None:
            rivals[TWIN] = _twin_scores(vectors, plan, part, contrast, *twin)
        for e, name in enumerate(part.names):
            measured.append(_measure(name, part, e, scores[e], nulls.of(e), layer, rivals))
        tables = {"vectors": scores[:, layer], **rivals}
    q_values = adjusted(np.array([max(m.nulls.p_training[layer], m.nulls.p_target[layer]) for m in measured]))
    same = _shares_texts(vectors, target)
    results = tuple(_result(m, layer, float(q), same, target.form) for m, q in zip(measured, q_values, strict=True))
    # Emotions of different training sets were never weighed against each other, and are not ranked together.
    top, n_ranked_texts = _tops(plan.parts[0], tables) if len(plan.parts) == 1 else ((), 0)
    return Transfer(
        model=vectors.model,
        source=" + ".join(one.name for one in vectors.prompt_sets),
        target=target.name,
        form=target.form,
        contrast=contrast,
        scores=results,
        top=top,
        n_ranked=len(names) if top else 0,
        n_ranked_texts=n_ranked_texts,
        same_source=same,
        texts=plan.test_texts,
        left_out=plan.left_out,
        without_vector=plan.without_vector,
        draws=most,
        seed=seed,
    )


# What is compared with what.


def _check_contrast(vectors: EmotionVectors, target: PromptSet, contrast: Contrast) -> None:
    known = {*vectors.emotions, *(target.emotions if target.form == "labelled" else ())}
    for emotion in (*contrast.positive, *contrast.negative):
        if emotion not in known:
            vectors.index(emotion)  # its error names what there is
    both = set(contrast.positive) & set(contrast.negative)
    trained = [set(side) & set(vectors.emotions) for side in (contrast.positive, contrast.negative)]
    if both or not all(trained):
        raise SettingsError(
            "A contrast needs at least one emotion of the vectors on each side, and none on both",
            where=", ".join(sorted(both)),
            expected="such as afraid against calm, of " + ", ".join(vectors.emotions[:8]),
            found=contrast.name,
            remedy="Give both sides, or neither to map emotions by their name",
        )


def _by_name(vectors: EmotionVectors, train: Sequence[Block], target: Sequence[Block]) -> list[_Part]:
    parts = []
    for block in target:
        for own in train:
            shared = tuple(
                e for e in own.emotions if e in block.emotions and e in vectors.emotions and _both_sides(block, e)
            )
            if shared:
                parts.append(_Part(shared, own, shared, block, shared))
    return parts


def _by_side(
    contrast: Contrast,
    train: LabelledRows,
    texts: Sequence[PromptText],
    target: Sequence[Block],
    place: dict[str, int],
) -> list[_Part]:
    """Pairs are scored as they are; of labelled texts those whose emotion stands on a side."""
    parts = []
    for block in target:
        if isinstance(block, PairRows):
            # Several contrasts in one target: each is told by its own name.
            several = sum(isinstance(other, PairRows) for other in target) > 1
            name = f"{contrast.name}, on {block.emotion}" if several else contrast.name
            if len(block):
                parts.append(_Part((name,), train, (_POSITIVE,), block, (block.emotion,)))
            continue
        sided = _sided([t for t in texts if t.side == "labelled"], contrast, place)
        if _both_sides(sided, _POSITIVE):
            parts.append(_Part((contrast.name,), train, (_POSITIVE,), sided, (_POSITIVE,)))
    return parts


def _sided(texts: Sequence[PromptText], contrast: Contrast, place: dict[str, int]) -> LabelledRows:
    """Texts of the contrast's emotions with their side as the label."""
    kept = [t for t in texts if t.emotion in (*contrast.positive, *contrast.negative)]
    labels = np.array([int(t.emotion in contrast.negative) for t in kept], dtype=np.int64)
    rows = np.array([place[t.text] for t in kept], dtype=np.int64)
    groups = tuple(t.topic or f"\x1f{i}" for i, t in enumerate(kept))
    return LabelledRows((_POSITIVE, _NEGATIVE), rows, labels, groups)


def _both_sides(block: Block, emotion: str) -> bool:
    return all(len(rows) for rows in block.sides(emotion))


def _nothing_to_score(
    vectors: EmotionVectors, target: PromptSet, contrast: Contrast | None, kept: Sequence[PromptText]
) -> SettingsError:
    if not kept:
        return SettingsError(
            "Every text of the other set was trained on",
            where=target.name,
            remedy="Choose a set that the vectors were not built from",
        )
    there = tuple(dict.fromkeys(t.emotion for t in kept))
    if contrast is None and len(there) == 1 and there[0] in vectors.emotions:
        return SettingsError(
            "The other set has texts of one emotion only, so there is nothing to compare them with",
            where=target.name,
            expected="texts of other emotions too, or contrast pairs",
            found=there[0],
            remedy="Add texts of other emotions to the set, or choose another set",
        )
    wanted = vectors.emotions if contrast is None else (*contrast.positive, *contrast.negative)
    return SettingsError(
        "No emotion of the vectors has texts in the other set",
        where=target.name,
        expected="texts of " + ", ".join(wanted[:8]),
        found=", ".join(target.emotions[:8]),
        remedy="Group emotions of the vectors as two sides, or choose another set"
        if contrast is None
        else "Choose emotions for both sides that the set has, or a set of contrast pairs",
    )


def _shares_texts(vectors: EmotionVectors, target: PromptSet) -> bool:
    own = {t.text for one in vectors.prompt_sets for t in one.texts}
    return any(t.text in own for t in target.texts)


def _aligned(activations: Activations, texts: tuple[str, ...]) -> Activations:
    if activations.texts == texts:
        return activations
    place = places(activations.texts)
    missing = [text for text in texts if text not in place]
    if missing:
        raise SettingsError("The activations lack a text of the prompt set", found=missing[0][:80])
    return activations.rows([place[text] for text in texts])


# Layers, scores and nulls.


def _chosen_layer(vectors: EmotionVectors, plan: Plan, contrast: Contrast | None, values: FloatArray) -> int:
    """One layer for all directions, from the training texts alone: their own for one, the joint one for several."""
    if contrast is not None:
        return best_layer(cross_validate(values, plan.parts[0].train, "difference", _FOLDS, vectors.seed), 0)
    return vectors.layer_of(plan.names[0]) if len(plan.names) == 1 else vectors.selected_layer


def _projections(values: FloatArray, directions: FloatArray) -> Array:
    """Scores of all texts on unit directions, float64 [directions, layers, texts]; a zero direction scores 0."""
    with np.errstate(invalid="ignore", over="ignore"):
        units = _units(directions)
        layers = [units[:, i] @ values[:, i].astype(np.float64).T for i in range(values.shape[1])]
    return np.stack(layers, axis=1)


def _units(directions: FloatArray) -> Array:
    exact = directions.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=-1, keepdims=True)
    units: Array = np.divide(exact, lengths, out=np.zeros_like(exact), where=lengths != 0)
    return units


@dataclass(frozen=True)
class _Nulls:
    """float64 [directions, layers] each, or [layers] of a single direction."""

    null_auroc_5: Array
    null_auroc_95: Array
    p_training: Array
    p_target: Array

    def of(self, e: int) -> _Nulls:
        """Those of one direction."""
        return _Nulls(self.null_auroc_5[e], self.null_auroc_95[e], self.p_training[e], self.p_target[e])


def _nulls(
    values: FloatArray,
    part: _Part,
    test: FloatArray,
    directions: FloatArray,
    scores: Array,
    layer: int,
    draws: int,
    most: int,
    rng: np.random.Generator,
) -> Job[_Nulls]:
    """Both nulls at every layer; with `most` draws at the selected one."""
    layers = test.shape[1]
    low, high = (np.full((len(part.names), layers), np.nan) for _ in range(2))
    scores_of = reextracted(values, part.train, part.trained, test, draws, rng)
    for i in range(layers):
        drawn = np.full((draws, len(part.names)), np.nan)
        for chunk, shuffled in scores_of(i):
            for e, (positive, negative) in enumerate(part.target_sides):
                drawn[chunk, e] = auroc(shuffled[:, e, positive], shuffled[:, e, negative])
        low[:, i], high[:, i] = np.quantile(drawn, 0.05, axis=0), np.quantile(drawn, 0.95, axis=0)
        yield Progress(i + 1, layers, "shuffling training labels")
    p_training, _ = yield from _p_training(values, part, test, directions, layer, draws, rng)
    p_target = yield from _p_target(part, scores, draws, rng)
    # The layer was chosen on the training labels, which favours layers where they happen to reach far. Where the choice
    # is that of a few emotions, every shuffle has its best layer too.
    only = slice(layer, layer + 1)
    looked_at = slice(None) if len(part.names) <= _FEW else only
    place = layer if len(part.names) <= _FEW else 0
    _, corrected_p = yield from _p_training(
        values[:, looked_at], part, test[:, looked_at], directions[:, looked_at], place, most, rng
    )
    p_training[:, layer] = corrected_p
    p_target[:, only] = yield from _p_target(part, scores[:, only], most, rng)
    return _Nulls(low, high, p_training, p_target)


def _p_training(
    values: FloatArray,
    part: _Part,
    test: FloatArray,
    directions: FloatArray,
    layer: int,
    draws: int,
    rng: np.random.Generator,
) -> Job[tuple[Array, Array]]:
    """p-values against shuffled training labels: [directions, layers] each by itself, and [directions] of one layer.

    The latter sets the chosen layer against the best layer of every shuffle, in standard deviations of the shuffles
    (the maximum statistic of Westfall & Young 1993, section 2.3), and is valid however the layer was chosen.
    """
    steps = []
    for done in range(0, draws, _DRAWS_A_STEP):
        steps.append(_reaches(values, part, test, directions, min(_DRAWS_A_STEP, draws - done), rng))
        yield Progress(min(done + _DRAWS_A_STEP, draws), draws, "shuffling training labels")
    observed, drawn = steps[0][0], np.concatenate([reach for _, reach in steps])  # (draws, directions, layers)
    # The observed labels themselves come up among few pairs; rounding must not make them lose to themselves.
    least = observed - 1e-4 * np.abs(observed)
    with np.errstate(invalid="ignore", divide="ignore"):
        each = (1 + (drawn >= least).sum(axis=0)) / (1 + draws)
        centre, spread = drawn.mean(axis=0), drawn.std(axis=0)
        far = np.where(spread > 0, (drawn - centre) / spread, -np.inf).max(axis=2, initial=-np.inf)
        reached = far >= ((least - centre) / spread)[:, layer]
    known = np.isfinite(observed) & np.isfinite(drawn).all(axis=0)
    best = (1 + reached.sum(axis=0)) / (1 + draws)
    return np.where(known, each, np.nan), np.where(known[:, layer], best, np.nan)


def _reaches(
    values: FloatArray, part: _Part, test: FloatArray, directions: FloatArray, draws: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """The statistic of the head of this file: observed [directions, layers], and [draws, directions, layers].

    Labels are shuffled for all layers alike.
    """
    n, layers = len(part.names), test.shape[1]
    means = [[test[rows].mean(axis=0, dtype=np.float64) for rows in sides] for sides in part.target_sides]
    ends = np.array([[positive, negative] for positive, negative in means])  # (directions, sides, layers, width)
    own = estimate(values, part.train, "difference")[[part.train.emotions.index(e) for e in part.trained]]
    with np.errstate(invalid="ignore", over="ignore"):
        units = _units(directions)
        along = np.einsum("elw,elw->el", units, own.astype(np.float64))
        observed = along * np.einsum("elw,elw->el", units, ends[:, 0] - ends[:, 1])
        # Shuffled vectors meet the means of the sides instead of all texts: their difference is all that is asked for.
        stacked = np.concatenate([ends[:, 0], ends[:, 1]]).astype(np.float32)  # (positive means, then negative ones)
    scale = 1.0 / len(part.train) if isinstance(part.train, PairRows) else 1.0  # sums of pairs, means of labelled texts
    scores_of = reextracted(values, part.train, part.trained, stacked, draws, rng)
    drawn, diagonal = np.full((draws, n, layers), np.nan), np.arange(n)
    for i in range(layers):
        for chunk, shuffled in scores_of(i):
            drawn[chunk, :, i] = scale * (shuffled[:, diagonal, diagonal] - shuffled[:, diagonal, n + diagonal])
    return observed, drawn


def _p_target(part: _Part, scores: Array, draws: int, rng: np.random.Generator) -> Job[Array]:
    """p-values [directions, layers] of the AUROC when the labels of the target change places."""
    reached = np.zeros(scores.shape[:2])
    for done in range(0, draws, _DRAWS_A_STEP):
        reached += _reached_target(part, scores, min(_DRAWS_A_STEP, draws - done), rng)
        yield Progress(min(done + _DRAWS_A_STEP, draws), draws, "shuffling labels of the other set")
    return (1 + reached) / (1 + draws)


def _reached_target(part: _Part, scores: Array, draws: int, rng: np.random.Generator) -> Array:
    """How often labels of the target that changed places give as high an AUROC, by rank sums; [directions, layers]."""
    block = part.target
    if isinstance(block, PairRows):
        rows = np.concatenate([block.positive, block.negative])
        swapped = swaps(block, draws, rng).astype(np.float64)
    else:
        rows, bounds = block.rows, starts(block)
        order = permutations(block, draws, rng)  # places within `rows`
    reached = np.full(scores.shape[:2], np.nan)
    for e, emotion in enumerate(part.tested):
        for layer in range(scores.shape[1]):
            if not np.isfinite(scores[e, layer][rows]).all():
                continue
            ranks = scipy.stats.rankdata(scores[e, layer][rows])
            if isinstance(block, PairRows):
                first, second = np.split(ranks, 2)
                observed = first.sum()
                sums = observed + swapped @ (second - first)
            else:
                number = block.emotions.index(emotion)
                observed = ranks[block.labels == number].sum()
                sums = ranks[order[:, bounds[number] : bounds[number + 1]]].sum(axis=1)
            reached[e, layer] = (sums >= observed - 1e-9).sum()
    return reached


# Rivals.


def _rival_scores(train: Activations, part: _Part, test: Activations) -> Job[dict[str, Array]]:
    """Scores float64 [directions, texts] of each rival, fitted on the same training texts with the same labels.

    A rival that cannot be fitted, such as words where no training text has one, is left out; texts that a direction
    does not score are nan.
    """
    seen, rows = part.train_sides, part.target_sides
    found: dict[str, list[SideScores]] = {}
    for done, (name, scores_of) in enumerate(((WORDS, word_scores), (CHARACTERS, character_scores))):
        yield Progress(done, 4, f"training rivals: {name}")
        found[name] = scores_of(train.texts, seen, test.texts, rows)
    yield Progress(2, 4, "training rivals")
    found[LENGTH] = [length_scores(train.n_tokens, a, test.n_tokens, b) for a, b in zip(seen, rows, strict=True)]
    # By the place of each direction: two contrasts of a target may meet the same training rows.
    found[EMBEDDING] = [
        embedding_scores(train, part.train, test, [(emotion, sides)], "difference")[0]
        for emotion, sides in zip(part.trained, rows, strict=True)
    ]
    tables = {}
    for name, per_direction in found.items():
        if any(scores is not None for scores in per_direction):
            table = np.full((len(rows), len(test.texts)), np.nan)
            for e, scores in enumerate(per_direction):
                if scores is not None:
                    table[e, rows[e][0]], table[e, rows[e][1]] = scores
            tables[name] = table
    return tables


def _twin_scores(
    vectors: EmotionVectors,
    plan: Plan,
    part: _Part,
    contrast: Contrast | None,
    train: Activations,
    test: Activations,
    neutral: Activations | None,
) -> Array:
    """float64 [directions, texts], along directions that the untrained twin gives, at the layer its own texts choose.

    Directions removed from the vectors lie in the space of the trained model and are not removed here.
    """
    train, test = _aligned(train, plan.train_texts), _aligned(test, plan.test_texts)
    values = train.values
    if vectors.neutral_projection and neutral is not None:
        values = project_out(values, neutral_components(neutral.values))
    chosen = [part.train.emotions.index(emotion) for emotion in part.trained]
    validated = cross_validate(values, part.train, "difference", _FOLDS, vectors.seed)
    layer = best_layer(CrossValidation(validated.auroc[chosen], validated.d[chosen], validated.folds[:, chosen]))
    directions = estimate(values, part.train, "difference")[chosen]
    return _projections(test.values[:, [layer]], directions[:, [layer]])[:, 0]


# Measures and verdicts.


@dataclass(frozen=True)
class _Measured:
    """A direction before the correction over all of them, which the verdict waits for."""

    name: str
    auroc: Array
    low: Array
    high: Array
    paired: Array
    nulls: _Nulls
    rivals: tuple[RivalScore, ...]
    gaps: tuple[Gap, ...]
    n_training: tuple[int, int]
    n_target: tuple[int, int]
    sides: npt.NDArray[np.int8]
    scores: FloatArray


def _measure(
    name: str, part: _Part, e: int, scores: Array, nulls: _Nulls, layer: int, rivals: dict[str, Array]
) -> _Measured:
    """Figures of one direction from its scores [layers, texts] and those of the rivals [directions, texts]."""
    positive, negative = part.target_sides[e]
    pairs, topics = isinstance(part.target, PairRows), _topics(part, e)
    ends = [auroc_estimate(row[positive], row[negative], pairs=pairs, topics=topics) for row in scores]
    sides = np.zeros(scores.shape[1], dtype=np.int8)
    sides[negative], sides[positive] = -1, 1
    return _Measured(
        name=name,
        auroc=auroc(scores[:, positive], scores[:, negative]),
        low=np.array([end.low for end in ends]),
        high=np.array([end.high for end in ends]),
        paired=np.array([_paired(row, part, e) for row in scores]),
        nulls=nulls,
        rivals=tuple(
            RivalScore(rival, float(auroc(table[e, positive], table[e, negative])), _paired(table[e], part, e))
            for rival, table in rivals.items()
        ),
        gaps=tuple(
            paired_gap(
                rival,
                (scores[layer, positive], scores[layer, negative]),
                (table[e, positive], table[e, negative]),
                pairs=pairs,
                topics=topics,
            )
            for rival, table in rivals.items()
        ),
        n_training=_sizes(part.train_sides[e]),
        n_target=_sizes((positive, negative)),
        sides=sides,
        scores=scores[layer].astype(np.float32),
    )


def _paired(scores: Array, part: _Part, e: int) -> float:
    """Share of pairs in the right order, ties half; nan for labelled texts and scores that are not numbers."""
    if not isinstance(part.target, PairRows):
        return float("nan")
    differences = scores[part.target.positive] - scores[part.target.negative]
    return float(((differences > 0) + 0.5 * (differences == 0)).mean()) if np.isfinite(differences).all() else np.nan


def _topics(part: _Part, e: int) -> tuple[str, ...] | tuple[tuple[str, ...], tuple[str, ...]]:
    block = part.target
    if isinstance(block, PairRows):
        return block.groups
    own = block.labels == block.emotions.index(part.tested[e])
    groups = np.array(block.groups, dtype=object)
    return tuple(groups[own]), tuple(groups[~own])


def _sizes(sides: Sides) -> tuple[int, int]:
    return len(sides[0]), len(sides[1])


def _result(measured: _Measured, layer: int, q_value: float, same_source: bool, form: Form) -> TransferScore:
    nulls = measured.nulls
    return TransferScore(
        emotion=measured.name,
        selected_layer=layer,
        auroc=measured.auroc,
        low=measured.low,
        high=measured.high,
        paired=measured.paired,
        null_auroc_5=nulls.null_auroc_5,
        null_auroc_95=nulls.null_auroc_95,
        p_training=nulls.p_training,
        p_target=nulls.p_target,
        q_value=q_value,
        rivals=measured.rivals,
        gaps=measured.gaps,
        verdict=_judge(measured, layer, q_value, same_source),
        n_training=measured.n_training,
        n_target=measured.n_target,
        sides=measured.sides,
        scores=measured.scores,
    )


def _judge(measured: _Measured, layer: int, q_value: float, same_source: bool) -> Verdict:
    """Applies `RULE` to one direction."""
    value = float(measured.auroc[layer])
    if not np.isfinite([value, q_value]).all():
        return Verdict(False, "no evidence", f"Nothing can be scored at layer {layer}.")
    low, high = measured.low[layer], measured.high[layer]
    ends = f" ({low:.2f} to {high:.2f})" if np.isfinite([low, high]).all() else ""
    against = [measured.nulls.p_training[layer], measured.nulls.p_target[layer]]
    reason = (
        f"AUROC {value:.2f}{ends} at layer {layer}; against "
        f"shuffled training labels {p_words(float(against[0]))}, against shuffled labels of the other set "
        f"{p_words(float(against[1]))}"
    )
    if q_value > max(against) + 1e-12:
        reason += f", corrected {p_words(q_value)}"
    if min(measured.n_target) < FEWEST_UNITS:
        few = f"; {min(measured.n_target)} of its texts are too few to judge it by itself."
        return Verdict(value > 0.5 and q_value <= SIGNIFICANCE, NOT_TESTED, reason + few)
    if not (value > 0.5 and q_value <= SIGNIFICANCE):
        return Verdict(False, "no evidence", reason + ".")
    known = [(gap, rival) for gap, rival in zip(measured.gaps, measured.rivals, strict=True) if np.isfinite(gap.gap)]
    for outcome in ("explained by", "cannot be told from"):
        rivals = [(rival.auroc, gap) for gap, rival in known if gap.outcome == outcome]
        if rivals:
            best, gap = max(rivals, key=lambda pair: pair[0])
            return Verdict(True, f"{outcome} {gap.name}", f"{reason}. {_gap_words(gap, best)}.")
    if not known:
        return Verdict(True, "no evidence", f"{reason}. No rival can be fitted.")
    best, gap = max(((rival.auroc, gap) for gap, rival in known), key=lambda pair: pair[0])
    word = "evidence within one source" if same_source else "evidence"
    return Verdict(True, word, f"{reason}. {_gap_words(gap, best)}.")


def _gap_words(gap: Gap, best: float) -> str:
    ends = f" (95 % {gap.low:+.2f} to {gap.high:+.2f})" if np.isfinite([gap.low, gap.high]).all() else ""
    return f"The same training texts give {gap.name} {best:.2f}, a difference of {gap.gap:+.2f}{ends}"


def _tops(part: _Part, tables: dict[str, Array]) -> tuple[tuple[TopShare, ...], int]:
    """Shares of texts whose own emotion ranks first and among three, for each table [directions, texts]; their number.

    Scores are standardised over all texts of the target, emotion by emotion: an emotion whose texts all lie far out
    must not win every comparison.
    """
    block = part.target
    if not isinstance(block, LabelledRows) or len(part.names) < 2:
        return (), 0
    number = {block.emotions.index(emotion): e for e, emotion in enumerate(part.tested)}
    own = np.array([number.get(int(label), -1) for label in block.labels])
    kept = own >= 0
    shares = []
    for name, table in tables.items():
        scores = table[:, block.rows]  # (emotions, texts)
        spread = scores.std(axis=1, keepdims=True)
        z = np.divide(scores - scores.mean(axis=1, keepdims=True), spread, out=np.zeros_like(scores), where=spread > 0)
        top1, top3 = _top_shares(z[:, kept], own[kept])
        shares.append(TopShare(name, top1, top3 if len(part.names) > 3 else float("nan")))
    return tuple(shares), int(kept.sum())


def _top_shares(z: Array, own: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Shares of texts whose own emotion is first, and among the first three; equal scores share their places."""
    right = z[own, np.arange(z.shape[1])]
    above, equal = (z > right).sum(axis=0), (z == right).sum(axis=0)
    if not np.isfinite(z).all() or not z.size:
        return float("nan"), float("nan")
    first, third = (np.clip((k - above) / equal, 0.0, 1.0).mean() for k in (1, 3))
    return float(first), float(third)


# In words.


def rule_lines() -> tuple[str, ...]:
    """The rule, one verdict a line."""
    cuts = [0, *(RULE.index(start) for start in _RULE_CUTS), len(RULE)]
    return tuple(RULE[a:b].strip() for a, b in pairwise(cuts))


def author_note(result: Transfer) -> str:
    """What has to be said of who wrote the two sets; empty where nothing is known."""
    left_out = f"{counted(len(result.left_out), 'text')} of {result.target} left out: the vectors were built from them"
    note = f"{left_out}, or from the other side of their pair. " if result.left_out else ""
    if result.same_source:
        return f"{note}Both sets share texts, so this is a test within one source."
    sources = {one.split(",")[0].strip() for one in result.source.split("+")}  # a part of a set is named after a comma
    if {*sources, result.target} <= _BY_THIS_PROJECT:
        return f"{note}Both sets were written for this project: other texts in another form, but the same author."
    return note.strip()


def transfer_sentence(result: Transfer) -> str:
    """What was found, as a person would say it first."""
    lines = list(_sentences(result))
    return f"From {result.source} to {result.target}: {'; '.join(lines)}."


def _sentences(result: Transfer) -> Iterator[str]:
    if result.top:
        own, rival = result.top[0], max(result.top[1:], key=lambda t: t.top1, default=None)
        yield f"{result.verdict_word}"
        first = f"the right one of {result.n_ranked} emotions comes first for {own.top1:.0%} of {result.n_ranked_texts}"
        yield f"{first} texts, where chance is {1 / result.n_ranked:.0%}"
        if rival is not None:
            yield f"{rival.name} from the same texts {rival.top1:.0%}"
        return
    for score in result.scores:
        told = f"{score.emotion}, " if len(result.scores) > 1 else ""
        layer = score.selected_layer
        if np.isfinite(score.paired[layer]):
            n = score.n_target[0]
            yield f"{told}{score.paired[layer] * n:g} of {n} pairs in the right order"
            yield from (f"{r.name} from the same texts {r.paired * n:g}" for r in score.rivals[:1])
            yield from (f"the {r.name} {r.paired * n:g}" for r in score.rivals if r.name == TWIN)
        else:
            yield f"{told}AUROC {score.auroc[layer]:.2f} for {score.emotion}"
            yield from (f"{r.name} from the same texts {r.auroc:.2f}" for r in score.rivals[:1])
            yield from (f"the {r.name} {r.auroc:.2f}" for r in score.rivals if r.name == TWIN)


@dataclass(frozen=True)
class TwinVectors:
    """What a build with the model's untrained twin gives.

    Attributes:
        emotions: In the order of the model's vectors.
        values: float32 [emotions, layers, width].
        model: The twin's name.
        fingerprint: The twin's.
    """

    emotions: tuple[str, ...]
    values: FloatArray
    model: str
    fingerprint: str


def read_twin(model: LoadedModel, vectors: EmotionVectors, cache: ActivationCache | None = None) -> Job[TwinVectors]:
    """Reads the training texts of vectors with the model's untrained twin, as a job; as long as the build was.

    Directions that were taken out of the vectors later belong to the model and are not taken out of the twin's.

    Args:
        model: That the vectors belong to.
        vectors: Built from known texts.
        cache: Activations read before; the twin has its own fingerprint there.

    Raises:
        SettingsError: The texts are not known, or give the twin no direction.
        ModelError: No twin can be made of the model.
    """
    yield Progress(0, 1, "making an untrained twin")
    twin = untrained_twin(model)
    material = yield from training(twin, replace(vectors, removed=None), cache)
    values = material.estimate()
    if not np.isfinite(values).all() or (np.abs(values).max(axis=-1) == 0).any():
        raise SettingsError("The untrained twin has a vector that is zero or not a number", remedy="Load it in float32")
    return TwinVectors(vectors.emotions, values, twin.info.name, twin.info.fingerprint)
