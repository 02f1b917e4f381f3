"""Builds emotion vectors: prompt sets and activations in, vectors at every layer out."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from emotion_core import __version__
from emotion_core.base.activations import Activations, FloatArray, ReadingPosition
from emotion_core.base.cache import ActivationCache
from emotion_core.base.errors import ModelError, SettingsError
from emotion_core.base.jobs import Job
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import PromptSet, merge
from emotion_core.tracing.located import located
from emotion_core.tracing.record import record
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.estimate import (
    Block,
    CrossValidation,
    LabelledRows,
    best_layer,
    blocks_of,
    cross_validate,
    estimate,
    places,
    side_scores,
)
from emotion_core.vectors.settings import BuildSettings
from emotion_core.vectors.training import neutral_components, project_out

NEUTRAL_SET = "neutral"


def build(
    model: LoadedModel, prompt_sets: Sequence[PromptSet], settings: BuildSettings, cache: ActivationCache | None = None
) -> Job[EmotionVectors]:
    """Reads the training texts and neutral texts and builds vectors from them, as a job.

    Raises:
        PromptSetError: An emotion comes in both forms.
        SettingsError: An emotion has too few training texts.
        ModelError: A text cannot be read.
    """
    check_enough(prompt_sets)
    texts, neutral = training_texts(prompt_sets), neutral_texts(model, settings.reading)
    # Read together: sorted by length, more texts give batches with less padding.
    reading = record(model, (*texts, *neutral), settings.reading, cache)
    read = yield from located(reading, model, prompt_sets, settings.reading.chat)
    n = len(texts)
    return vectors_from(prompt_sets, read.between(0, n), read.between(n, n + len(neutral)), settings)


def training_texts(prompt_sets: Sequence[PromptSet]) -> tuple[str, ...]:
    """Every training text once, in order."""
    return tuple(dict.fromkeys(t.text for one in prompt_sets for t in one.part("train")))


def neutral_texts(model: LoadedModel, reading: ReadingPosition) -> tuple[str, ...]:
    """The built-in neutral texts that fit into the model's context, by which residual norms are measured.

    A visitor's text that is too long is an error, since it would silently be missing from the vector; of 200 neutral
    texts any sufficiently large part measures the same norm.

    Raises:
        ModelError: Fewer than 20 fit.
    """
    texts = tuple(dict.fromkeys(t.text for t in load_prompts(NEUTRAL_SET).texts))
    fitting = tuple(text for text in texts if model.fits(text, chat=reading.chat, reply=reading.reply))
    if len(fitting) < 20:
        raise ModelError(
            "The model's context is too short for the neutral texts that strengths are measured by",
            where=model.info.name,
            expected="20 neutral texts that fit",
            found=f"{len(fitting)} of {len(texts)} within {model.info.context} tokens",
            remedy="Choose a model with a longer context",
        )
    return fitting


def _require_sides(blocks: Sequence[Block], vectors: FloatArray) -> None:
    """Refuses emotions whose texts read the same as those they are compared with: there is no direction between them.

    Raises:
        SettingsError: There is one.
    """
    emotions = [emotion for block in blocks for emotion in block.emotions]
    same = [emotion for emotion, vector in zip(emotions, vectors, strict=True) if not vector.any()]
    if same:
        raise SettingsError(
            "The two sides are the same to the model, so there is no direction between them",
            where=", ".join(same[:4]),
            found="a difference of exactly 0 at every layer",
            remedy="Check that the columns hold different texts, and that not only tokens that all share are read",
        )


def vectors_from(
    prompt_sets: Sequence[PromptSet], activations: Activations, neutral: Activations, settings: BuildSettings
) -> EmotionVectors:
    """Vectors from activations that are already there; array operations only.

    Args:
        prompt_sets: One or more; sets of one form are joined.
        activations: Of all training texts at least, in any order.
        neutral: Of neutral texts: residual norms, and the directions of the neutral projection.
        settings: The build's settings.

    Raises:
        PromptSetError: An emotion comes in both forms.
        SettingsError: An emotion has too few training texts, or a text has no activations.
    """
    check_enough(prompt_sets)
    joined = merge(prompt_sets)
    texts = [t for one in joined for t in one.part("train")]
    blocks = blocks_of(texts, places(activations.texts))
    values = activations.values
    if settings.neutral_projection:
        values = project_out(values, neutral_components(neutral.values))
    vectors = np.concatenate([estimate(values, block, settings.estimator) for block in blocks])
    _require_sides(blocks, vectors)
    parts = [cross_validate(values, block, settings.estimator, settings.folds, settings.seed) for block in blocks]
    measures = CrossValidation.joined(parts)
    emotions = tuple(emotion for block in blocks for emotion in block.emotions)
    return EmotionVectors(
        model=activations.model,
        emotions=emotions,
        values=vectors,
        residual_norms=neutral.token_norms.mean(axis=0, dtype=np.float64).astype(np.float32),
        selected_layers=tuple(best_layer(measures, e) for e in range(len(emotions))),
        selected_layer=best_layer(measures),
        cv_auroc=measures.auroc.astype(np.float32),
        train_midpoints=_midpoints(values, blocks, vectors),
        reading=settings.reading,
        estimator=settings.estimator,
        neutral_projection=settings.neutral_projection,
        prompt_sets=joined,
        seed=settings.seed,
        versions=library_versions(),
    )


def with_midpoints(vectors: EmotionVectors, activations: Activations) -> EmotionVectors:
    """The vectors with the midpoints of their training means measured anew, after the vectors were changed.

    Args:
        vectors: The vectors; emotions without training rows keep nan.
        activations: Of all training texts at least.
    """
    texts = [t for one in vectors.prompt_sets for t in one.part("train")]
    found = np.full_like(vectors.train_midpoints, np.nan)
    for block in blocks_of(texts, places(activations.texts)):
        rows = [(i, vectors.emotions.index(e)) for i, e in enumerate(block.emotions) if e in vectors.emotions]
        own = np.zeros((len(block.emotions), *vectors.values.shape[1:]), dtype=np.float32)
        for i, e in rows:
            own[i] = vectors.values[e]
        measured = _midpoints(activations.values, [block], own)
        for i, e in rows:
            found[e] = measured[i]
    return replace(vectors, train_midpoints=found)


def check_enough(prompt_sets: Sequence[PromptSet]) -> None:
    """Refuses sets that no vector can be built from.

    Raises:
        SettingsError: No prompt set, fewer than two training pairs of an emotion, or too few labelled texts.
    """
    if not prompt_sets:
        raise SettingsError("There is no prompt set to build from", remedy="Choose or upload at least one")
    texts = [t for one in prompt_sets for t in one.texts]
    blocks = blocks_of([t for t in texts if t.split == "train"], places([t.text for t in texts]))
    built = {emotion for block in blocks for emotion in block.emotions}
    without = [emotion for one in prompt_sets for emotion in one.emotions if emotion not in built]
    if without:
        raise SettingsError("An emotion has no training texts", where=without[0], remedy="Add training rows for it")
    for block in blocks:
        _check_block(block)


def library_versions() -> dict[str, str]:
    """Versions of this project and of what its numbers depend on."""
    found = {"emotion_core": __version__, "python": platform.python_version()}
    for name in ("torch", "nnsight", "transformers", "numpy", "scipy", "scikit-learn"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _check_block(block: Block) -> None:
    if isinstance(block, LabelledRows):
        if len(block.emotions) < 2:
            raise SettingsError(
                "Labelled texts of a single emotion have nothing to be compared with",
                where=block.emotions[0],
                expected="at least two emotions",
                remedy="Add texts of other emotions, or give contrast pairs",
            )
    elif len(block) < 2:
        raise SettingsError(
            "One contrast pair is not enough for a direction",
            where=block.emotion,
            expected="at least 2 training pairs",
            found=str(len(block)),
            remedy="Add pairs, or move held-out pairs to training",
        )


def _midpoints(values: FloatArray, blocks: Sequence[Block], vectors: FloatArray) -> FloatArray:
    """float32 [emotions, layers], halfway between the training means of the two sides on the unit direction."""
    rows, start = [], 0
    for block in blocks:
        own = vectors[start : start + len(block.emotions)]
        start += len(block.emotions)
        with np.errstate(invalid="ignore"):
            rows += [(p.mean(axis=-1) + n.mean(axis=-1)) / 2 for p, n in side_scores(values, block, own)]
    return np.stack(rows).astype(np.float32)
