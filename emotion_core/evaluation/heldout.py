"""Scores vectors on texts they were not built from, beside what chance and simple rivals reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import ActivationCache, Activations, FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job, run_to_end
from emotion_core.evaluation.confounds import ConfoundScore, confound_gaps, counted, score_confounds
from emotion_core.evaluation.controls import KINDS, Kind, controls_needed, controls_of, rank_p
from emotion_core.evaluation.gaps import Gap, auroc_estimate, paired_gap
from emotion_core.evaluation.nulls import (
    DRAWS,
    Null,
    ScoresOfDraws,
    direction_aurocs,
    fixed,
    random_directions,
    reextracted,
    relabelled_aurocs,
    shuffled_aurocs,
    shuffled_labels,
)
from emotion_core.evaluation.rivals import (
    RIVALS,
    Rivals,
    Sides,
    area_of,
    character_scores,
    embedding_scores,
    length_scores,
    word_scores,
)
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.evaluation.selection import Selection, select
from emotion_core.evaluation.verdict import Measured, Verdict, judge
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import built_in_confounds
from emotion_core.prompts.prompt_set import PromptSet, spelled_alike
from emotion_core.stats.intervals import adjusted
from emotion_core.stats.separation import (
    FEWEST,
    TOO_FEW,
    Array,
    auroc,
    balanced_accuracy,
    corrected_d,
    d_interval,
    overlap,
    pair_correlation,
    small_sample_factor,
)
from emotion_core.tracing.record import record
from emotion_core.vectors.build import (
    located,
    neutral_components,
    neutral_texts,
    project_out,
    training_texts,
    without_removed,
)
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import Block, IntArray, PairRows, blocks_of, places, project, side_scores
from emotion_core.vectors.file import require_model

# Scores the emotions that share their training rows and their scored rows.

# Shuffles at the chosen layer: a corrected p-value near .05 then moves by less than .01 from seed to seed.
DRAWS_PER_EMOTION = 3000
MOST_DRAWS = 40_000
_MOST_NUMBERS = 8_000_000
_MOST_PRODUCTS = 3_000_000_000


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

    @property
    def pairs(self) -> bool:
        """Whether its scored texts are contrast pairs."""
        return isinstance(self.block, PairRows)

    @property
    def re_extracted(self) -> bool:
        """Whether vectors can be extracted anew from shuffled training labels; else the given ones are fixed."""
        return self.train is not None and self.train_block is not None and self.vectors.estimator == "difference"

    def topics(self, emotion: str) -> tuple[str, ...] | tuple[tuple[str, ...], tuple[str, ...]]:
        """Topic of each scored pair, or of each text with the emotion and of each without it."""
        if isinstance(self.block, PairRows):
            return self.block.groups
        own = self.block.labels == self.block.emotions.index(emotion)
        sides = ([g for g, is_own in zip(self.block.groups, own, strict=True) if is_own == wanted] for wanted in (1, 0))
        return tuple(next(sides)), tuple(next(sides))


@dataclass(frozen=True)
class Scored:
    """What a part gives.

    Attributes:
        tables: Tables [emotions of the part, layers] by their names in `HeldOutScores`.
        rivals: AUROC of the rivals, one an emotion.
        gaps: Lead of the direction at its chosen layer over each rival, one tuple an emotion.
        draws: Shuffles behind the p-value at the chosen layer, one an emotion.
        beside: Kinds of directions that mean nothing which have a say at the chosen layer as well.
    """

    tables: dict[str, Array]
    rivals: tuple[Rivals, ...]
    gaps: tuple[tuple[Gap, ...], ...]
    draws: tuple[int, ...]
    beside: tuple[Kind, ...] = ()


def score_part(part: Part, draws: int, rng: np.random.Generator, n_emotions: int = 1) -> Job[Scored]:
    """All tables of a part: measures, both nulls, rivals with their gaps.

    Args:
        part: The part.
        draws: Shuffles at every layer; at the chosen one there are more of them.
        rng: Draws them.
        n_emotions: Emotions that p-values are corrected for, those of other parts included.
    """
    shuffled, random = yield from _nulls(part, draws, rng)
    sides = [part.block.sides(emotion) for emotion in part.emotions]
    scored = side_scores(part.test.values, sides, part.vectors.values[part.places])
    rows = [_measure(part, emotion, *scores) for emotion, scores in zip(part.emotions, scored, strict=True)]
    tables = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
    tables["p_value"] = shuffled.p_value(tables["auroc"])
    tables["p_all_layers"] = shuffled.p_of_all_layers(tables["auroc"])
    tables["null_auroc_95"], tables["null_d_95"] = shuffled.quantile(0.95)
    _, tables["null_d_low"] = shuffled.quantile(0.025)
    _, tables["null_d_high"] = shuffled.quantile(0.975)
    tables["random_auroc_95"], tables["random_d_95"] = random.quantile(0.95)
    # d under chance is freed of the same bias as the d beside it.
    factor = tables.pop("factor")
    for name in ("null_d_95", "null_d_low", "null_d_high", "random_d_95"):
        tables[name] = tables[name] * factor
    counted = []
    for e, null in enumerate(_nulls_of_chosen_layers(part, draws, rng, n_emotions)):
        layer = part.vectors.layer_of(part.emotions[e])
        counted.append(len(null))
        if len(null) > draws and np.isfinite(null).all():
            reached = int((null >= tables["auroc"][e, layer] - 1e-9).sum())
            tables["p_value"][e, layer] = (1 + reached) / (1 + len(null))
            tables["null_auroc_95"][e, layer] = np.quantile(null, 0.95)
    beside = () if part.re_extracted else _beside_directions(part, tables, controls_needed(n_emotions))
    rivals, gaps = _rivals(part)
    return Scored(tables, rivals, gaps, tuple(counted), beside)


def _beside_directions(part: Part, tables: dict[str, Array], count: int) -> tuple[Kind, ...]:
    """Holds fixed vectors also against directions that mean nothing, at their chosen layers.

    Shuffled labels ask whether a direction goes with the emotion at all, and emotions differ along so many directions
    that some of any do. The verdict goes by the kind that the emotion stands out least from.
    """
    layers = np.array([part.vectors.layer_of(emotion) for emotion in part.emotions])
    used: set[Kind] = set()
    for layer in sorted(set(layers.tolist())):
        controls = controls_of(part.vectors, [layer], part.neutral, None, count)
        chosen = np.flatnonzero(layers == layer)
        emotions = tuple(part.emotions[e] for e in chosen)
        null = direction_aurocs(part.test.values[:, layer], part.block, emotions, controls.units[:, 0])
        for k, (e, emotion) in enumerate(zip(chosen, emotions, strict=True)):
            for kind, index in controls.places(emotion).items():
                usable = null[index, k][np.isfinite(null[index, k])]
                if len(usable):
                    used.add(kind)
                    p_value = rank_p(tables["auroc"][e, layer], usable)
                    tables["p_value"][e, layer] = np.maximum(tables["p_value"][e, layer], p_value)
                    edge = np.maximum(tables["null_auroc_95"][e, layer], np.quantile(usable, 0.95))
                    tables["null_auroc_95"][e, layer] = edge
    return tuple(kind for kind in KINDS if kind in used)


def _measure(part: Part, emotion: str, positive: Array, negative: Array) -> dict[str, Array]:
    """Measures of one emotion from the scores of both sides, float64 [layers] each."""
    # The bootstrap has a seed of its own: an interval belongs to the texts, not to the draws of the null.
    interval = d_interval(positive, negative, np.random.default_rng(0), pairs=part.pairs)
    topics = part.topics(emotion)
    areas = [
        auroc_estimate(positive[layer], negative[layer], pairs=part.pairs, topics=topics)
        for layer in range(len(positive))
    ]
    return {
        "mean_positive": positive.mean(axis=-1),
        "mean_negative": negative.mean(axis=-1),
        "cohens_d": corrected_d(positive, negative, pairs=part.pairs),
        "factor": small_sample_factor(positive, negative, pairs=part.pairs),
        "d_low": interval.low,
        "d_high": interval.high,
        "d_bound": interval.bound,
        "auroc": auroc(positive, negative),
        "auroc_low": np.array([area.low for area in areas]),
        "auroc_high": np.array([area.high for area in areas]),
        "within_pairs": pair_correlation(positive, negative) if part.pairs else np.full(len(positive), np.nan),
        "overlap": overlap(positive, negative, pairs=part.pairs),
        "accuracy": balanced_accuracy(
            positive, negative, part.vectors.train_midpoints[part.vectors.index(emotion)].astype(np.float64)
        ),
    }


def _nulls(part: Part, draws: int, rng: np.random.Generator) -> Job[tuple[Null, Null]]:
    test = part.test.values
    shuffled = yield from shuffled_labels(
        part.block, part.emotions, _scores_of(part, draws, rng), test.shape[1], draws, rng
    )
    return shuffled, random_directions(test, part.block, part.emotions, draws, rng)


def _scores_of(part: Part, draws: int, rng: np.random.Generator) -> ScoresOfDraws:
    test = part.test.values
    if part.train is None or part.train_block is None or not part.re_extracted:
        return fixed(part.vectors.values[part.places], test, draws)
    held = without_removed(test, part.vectors)
    if part.vectors.neutral_projection and part.neutral is not None:
        # A projected vector's product with a text is the vector's product with the projected text.
        held = project_out(held, neutral_components(part.neutral.values))
    return reextracted(part.train.values, part.train_block, part.emotions, held, draws, rng)


def _nulls_of_chosen_layers(part: Part, least: int, rng: np.random.Generator, n_emotions: int) -> list[Array]:
    """AUROCs under chance at the layer chosen for each emotion, enough of them to correct for all emotions.

    With E emotions one alone must reach a p of .05 / E, which a few hundred draws cannot tell from .1 / E. Emotions
    that have equally many texts have the same null, so their draws count for one another.
    """
    wanted = DRAWS_PER_EMOTION * n_emotions
    if not part.re_extracted:
        return [_relabelled(part, emotion, max(least, wanted), rng) for emotion in part.emotions]
    sizes = [count(part, emotion)[:2] for emotion in part.emotions]
    alike = min(sizes.count(size) for size in sizes)
    layers = [part.vectors.layer_of(emotion) for emotion in part.emotions]
    draws = max(least, min(-(-wanted // alike), MOST_DRAWS, _affordable(part, len(set(layers)))))
    nulls: dict[int, Array] = {}
    for layer in sorted(set(layers)):
        one_layer = _scores_of(part, draws, rng)
        nulls[layer] = shuffled_aurocs(part.block, part.emotions, one_layer, layer, draws, rng)
    return [
        nulls[layer][:, [i for i, other in enumerate(sizes) if other == size]].ravel()
        for layer, size in zip(layers, sizes, strict=True)
    ]


def _relabelled(part: Part, emotion: str, draws: int, rng: np.random.Generator) -> Array:
    e, layer = part.vectors.index(emotion), part.vectors.layer_of(emotion)
    sides = part.block.sides(emotion)
    scores = np.zeros(len(part.test.texts))
    for rows, side in zip(
        sides, project(part.test.values[:, [layer]], sides, part.vectors.values[e, [layer]]), strict=True
    ):
        scores[rows] = side[0]
    most = _MOST_NUMBERS // max(1, len(part.block))
    return relabelled_aurocs(part.block, emotion, scores, max(1, min(draws, MOST_DRAWS, most)), rng)


def _affordable(part: Part, layers: int) -> int:
    """Draws whose re-extraction stays within a few seconds."""
    trained = 0 if part.train_block is None else len(part.train_block)
    sides = [part.block.sides(emotion) for emotion in part.emotions]
    compared = sum(2 * min(map(len, side)) * max(map(len, side)) for side in sides)
    texts = len({int(row) for side in sides for rows in side for row in rows})
    return int(_MOST_PRODUCTS // max(1, layers * (trained * texts + compared)))


def _rivals(part: Part) -> tuple[tuple[Rivals, ...], tuple[tuple[Gap, ...], ...]]:
    train, block = part.train, part.train_block
    if train is None or block is None:
        none = Rivals(np.nan, np.nan, np.nan)
        return tuple(none for _ in part.emotions), tuple(() for _ in part.emotions)
    seen = [block.sides(emotion) for emotion in part.emotions]
    rows = [part.block.sides(emotion) for emotion in part.emotions]
    used, held = np.unique(_joined(seen)), np.unique(_joined(rows))
    texts = (
        [train.texts[i] for i in used],
        [_within(used, sides) for sides in seen],
        [part.test.texts[i] for i in held],
        [_within(held, sides) for sides in rows],
    )
    named = list(zip(part.emotions, rows, strict=True))
    scores = {
        "vocabulary": word_scores(*texts),
        "characters": character_scores(*texts),
        "length": [length_scores(train.n_tokens, a, part.test.n_tokens, b) for a, b in zip(seen, rows, strict=True)],
        "embedding": embedding_scores(train, block, part.test, named, part.vectors.estimator),
    }
    rivals, gaps = [], []
    for e, (emotion, sides) in enumerate(named):
        layer = part.vectors.layer_of(emotion)
        vector = part.vectors.values[part.vectors.index(emotion), [layer]]
        positive, negative = (side[0] for side in project(part.test.values[:, [layer]], sides, vector))
        leads = {}
        for name in RIVALS:
            of_rival = scores[name][e]
            if of_rival is not None:
                leads[name] = paired_gap(
                    name, (positive, negative), of_rival, pairs=part.pairs, topics=part.topics(emotion)
                )
        gaps.append(tuple(gap for gap in leads.values() if np.isfinite(gap.gap)))
        rivals.append(Rivals(**{name: area_of(of_rival[e]) for name, of_rival in scores.items()}))
    return tuple(rivals), tuple(gaps)


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


def rejudged(scores: HeldOutScores, emotion: str, confounds: Sequence[ConfoundScore]) -> Verdict:
    """The same rule on the same scores, with these confounds in the place of those of the scoring.

    Args:
        scores: The scores.
        emotion: One of the scored emotions.
        confounds: All that count, those of the scoring included.
    """
    return judge(measured(scores, emotion, confounds))


def judged(scores: HeldOutScores) -> HeldOutScores:
    """Scores with the gaps to their own confounds and the verdicts that follow."""
    gaps = tuple(all_gaps(scores, emotion, scores.confounds) for emotion in scores.emotions)
    with_gaps = replace(scores, gaps=gaps)
    return replace(
        with_gaps, verdicts=tuple(rejudged(with_gaps, emotion, scores.confounds) for emotion in scores.emotions)
    )


def measured(scores: HeldOutScores, emotion: str, confounds: Sequence[ConfoundScore]) -> Measured:
    """What the rule looks at, of one emotion."""
    e = scores.emotions.index(emotion)
    layer = scores.selected_layers[e]
    return Measured(
        layer,
        float(scores.auroc[e, layer]),
        float(scores.null_auroc_95[e, layer]),
        float(scores.q_values[e]),
        float(scores.d_bound[e, layer]),
        all_gaps(scores, emotion, confounds),
        tuple((one.contrast, one.auroc) for one in counted(confounds, emotion) if one.lights_up),
        scores.n_smaller_side(e),
        bool(scores.within_source) and scores.within_source[e],
        scores.all_null_words,
    )


def all_gaps(scores: HeldOutScores, emotion: str, confounds: Sequence[ConfoundScore]) -> tuple[Gap, ...]:
    """The lead of an emotion's direction over each rival and each of these confounds.

    The gaps to rivals need both lists of scores and were made when the texts were scored. A result that was stored
    before there were gaps knows the rivals' AUROCs only: these gaps have no interval, and beat nothing.
    """
    e = scores.emotions.index(emotion)
    layer = scores.selected_layers[e]
    own = float(scores.auroc[e, layer])
    if scores.gaps:
        of_rivals = tuple(gap for gap in scores.gaps[e] if gap.kind == "rival")
    else:
        areas = {name: float(getattr(scores.rivals[e], name)) for name in RIVALS}
        unknown = float("nan")
        of_rivals = tuple(
            Gap(name, "rival", own - area, unknown, unknown) for name, area in areas.items() if np.isfinite(own - area)
        )
    return of_rivals + confound_gaps(confounds, emotion, own, *scores.auroc_interval(e, layer))


# Scores vectors on texts they were not built from, beside what chance and simple rivals reach.


def heldout(
    model: LoadedModel,
    vectors: EmotionVectors,
    prompt_sets: Sequence[PromptSet],
    cache: ActivationCache | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    confound_sets: Sequence[PromptSet] = (),
) -> Job[HeldOutScores]:
    """Reads training, scored and confound texts and scores the vectors, as a job.

    Args:
        model: The model of the vectors.
        vectors: The vectors.
        prompt_sets: Sets to score.
        cache: Activations read before.
        draws: Draws of each null.
        seed: Of the draws.
        confound_sets: Sets that the vectors must not light up for, besides the built-in ones; all have a say in the
            verdict.

    Raises:
        VectorFileError: The vectors belong to another model.
        SettingsError: No emotion of the vectors has a text to score.
        ModelError: A text cannot be read.
    """
    require_model(vectors, model.info)
    prompt_sets = spelled_alike(prompt_sets, vectors.emotions)
    scored = tuple(dict.fromkeys(t.text for t in select(vectors, prompt_sets).texts))
    train = yield from record(model, training_texts(vectors.prompt_sets), vectors.reading, cache)
    reading = record(model, scored, vectors.reading, cache)
    test = yield from located(reading, model, prompt_sets, vectors.reading.chat)
    neutral = None
    if vectors.neutral_projection or not vectors.prompt_sets or vectors.estimator != "difference":
        neutral = yield from record(model, neutral_texts(model, vectors.reading), vectors.reading, cache)
    confounds = yield from score_confounds(model, vectors, cache, (*built_in_confounds(), *confound_sets))
    return (yield from scoring(vectors, train, prompt_sets, test, draws, seed, neutral, confounds))


def score_heldout(
    vectors: EmotionVectors,
    train: Activations | None,
    test_sets: Sequence[PromptSet],
    test: Activations,
    draws: int = DRAWS,
    seed: int = 0,
    neutral: Activations | None = None,
    confounds: Sequence[ConfoundScore] = (),
) -> HeldOutScores:
    """The same as `scoring`, run to its end in the calling thread."""
    return run_to_end(scoring(vectors, train, test_sets, test, draws, seed, neutral, confounds))


def scoring(
    vectors: EmotionVectors,
    train: Activations | None,
    test_sets: Sequence[PromptSet],
    test: Activations,
    draws: int = DRAWS,
    seed: int = 0,
    neutral: Activations | None = None,
    confounds: Sequence[ConfoundScore] = (),
) -> Job[HeldOutScores]:
    """Scores vectors from activations that are already there, as a job; array operations only.

    Args:
        vectors: The vectors.
        train: Activations of their training texts, for nulls and rivals; without them only held-out labels are
            shuffled and there are no rivals.
        test_sets: Sets to score; which of their rows are scored is said in `selection`.
        test: Activations of the scored rows at least.
        draws: Draws of each null.
        seed: Of the draws.
        neutral: Activations of neutral texts; shuffled vectors get the same neutral projection as the real ones.
        confounds: How the vectors do on confound sets, see `score_confounds`; none where they were not read.

    Raises:
        SettingsError: No emotion of the vectors has a text to score, or a text has no activations.
    """
    chosen = select(vectors, test_sets)
    wanted = {t.text for t in chosen.texts}
    if not wanted.issuperset(test.texts):
        test = test.rows([text in wanted for text in test.texts])
    blocks = blocks_of(chosen.texts, places(test.texts))
    known = train is not None and bool(vectors.prompt_sets)
    train_blocks = _train_blocks(vectors, train) if train is not None and known else ()
    parts = []
    for block in blocks:
        for train_block in train_blocks or (None,):
            emotions = _shared(vectors, block, train_block)
            if emotions:
                parts.append(Part(vectors, train if known else None, train_block, test, block, emotions, neutral))
    if not parts:
        raise SettingsError(
            "No emotion of the vectors has a text to score",
            expected="held-out rows of " + ", ".join(vectors.emotions[:8]),
            found=f"{len(chosen.texts)} rows to score, {len(chosen.left_out)} left out because they were trained on",
            remedy="Add held-out rows for these emotions, on both sides, or score another prompt set",
        )
    scored, n_emotions = [], sum(len(part.emotions) for part in parts)
    for i, part in enumerate(parts):
        scored.append((yield from score_part(part, draws, np.random.default_rng([seed, i]), n_emotions)))
    return judged(_assemble(vectors, parts, scored, test, chosen, draws, seed, tuple(confounds)))


def _train_blocks(vectors: EmotionVectors, train: Activations) -> tuple[Block, ...]:
    return blocks_of([t for one in vectors.prompt_sets for t in one.part("train")], places(train.texts))


def _shared(vectors: EmotionVectors, block: Block, train_block: Block | None) -> tuple[str, ...]:
    """Emotions of the vectors that this block can score on both sides."""
    wanted = vectors.emotions if train_block is None else train_block.emotions
    return tuple(
        e for e in wanted if e in block.emotions and e in vectors.emotions and all(len(s) for s in block.sides(e))
    )


def _assemble(
    vectors: EmotionVectors,
    parts: Sequence[Part],
    scored: Sequence[Scored],
    test: Activations,
    chosen: Selection,
    draws: int,
    seed: int,
    confounds: tuple[ConfoundScore, ...],
) -> HeldOutScores:
    emotions = tuple(emotion for part in parts for emotion in part.emotions)
    tables = {name: np.concatenate([one.tables[name] for one in scored]) for name in scored[0].tables}
    layers = np.array([vectors.layer_of(emotion) for emotion in emotions])
    at_layer = {name: table[np.arange(len(emotions)), layers] for name, table in tables.items()}
    q_values = adjusted(at_layer["p_value"])
    counts = [count(part, emotion) for part in parts for emotion in part.emotions]
    sides, projections = _points(parts, len(test.texts))
    return HeldOutScores(
        model=vectors.model,
        emotions=emotions,
        selected_layers=tuple(int(layer) for layer in layers),
        n_train=tuple(count[0] for count in counts),
        n_heldout=tuple(count[1] for count in counts),
        q_values=q_values,
        rivals=tuple(rivals for one in scored for rivals in one.rivals),
        verdicts=(),
        confounds=confounds,
        texts=test.texts,
        sides=sides,
        projections=projections,
        left_out=chosen.left_out,
        not_scored=tuple(e for e in vectors.emotions if e not in emotions),
        interval_reason=tuple(count[2] for count in counts),
        null_kind="re-extracted" if parts[0].re_extracted else "held-out labels only",
        null_directions=tuple(kind for kind in KINDS if any(kind in one.beside for one in scored)),
        draws=draws,
        seed=seed,
        gaps=tuple(gaps for one in scored for gaps in one.gaps),
        chosen_draws=tuple(n for one in scored for n in one.draws),
        within_source=tuple(
            any(text in chosen.own for text, side in zip(test.texts, row, strict=True) if side) for row in sides
        ),
        **tables,
    )


def _points(parts: Sequence[Part], n_texts: int) -> tuple[npt.NDArray[np.int8], FloatArray]:
    """Side and projection of every text for every emotion."""
    sides, projections = [], []
    for part in parts:
        units = part.vectors.units[part.places]
        with np.errstate(invalid="ignore", over="ignore"):
            projections.append(np.einsum("tlw,elw->elt", part.test.values, units, optimize=True))
        for emotion in part.emotions:
            row = np.zeros(n_texts, dtype=np.int8)
            positive, negative = part.block.sides(emotion)
            row[negative], row[positive] = -1, 1
            sides.append(row)
    return np.stack(sides), np.concatenate(projections).astype(np.float32)
