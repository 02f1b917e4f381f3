"""Scores vectors on texts they were not built from, beside what chance and simple rivals reach."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from emotion_core.base.activations import ActivationCache, Activations, FloatArray
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job, run_to_end
from emotion_core.evaluation.confounds import ConfoundScore, built_in_confounds, score_confounds
from emotion_core.evaluation.controls import KINDS
from emotion_core.evaluation.nulls import DRAWS
from emotion_core.evaluation.part import Part, Scored, count, judged, score_part
from emotion_core.evaluation.scores import HeldOutScores
from emotion_core.evaluation.selection import Selection, select
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.stats.correlation import adjusted
from emotion_core.tracing.located import located
from emotion_core.tracing.record import record
from emotion_core.vectors.build import neutral_texts, training_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import Block, blocks_of, places
from emotion_core.vectors.file import require_model


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
