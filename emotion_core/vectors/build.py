"""Vectors from prompt sets, and the training material of vectors with every projection that was applied."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import TypeVar

import numpy as np

from emotion_core import __version__
from emotion_core.base.activations import ActivationCache, Activations, FloatArray, ReadingPosition
from emotion_core.base.errors import ModelError, SettingsError, TextTooLongError
from emotion_core.base.jobs import Job, Progress
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import load_prompts
from emotion_core.prompts.prompt_set import PromptSet, merge, spelled_alike
from emotion_core.tracing.record import record
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors, Estimator
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

# Texts that are too long or too short, and errors about a text that a visitor can find again: the prompt set, the row
# and the column it stands in.

T = TypeVar("T")
_SHOWN = 20  # texts that are named in one error
_SHORT = 60  # characters of a text in a sentence


def _all_too_long(long: Sequence[tuple[str, ModelError]]) -> TextTooLongError:
    """One error for all texts that are too long, each with its place and its tokens."""
    places = [f"{place}: {error.found}" for place, error in long]
    return TextTooLongError(
        long[0][1].what if len(long) == 1 else f"{len(long)} texts are longer than the model's context",
        where=long[0][0] if len(long) == 1 else f"{long[0][0]} and others",
        expected=long[0][1].expected,
        found=long[0][1].found if len(long) == 1 else "; ".join(places[:_SHOWN]) + ("; ..." if places[_SHOWN:] else ""),
        remedy="Leave such rows out (on the command line: --leave-out-long; on the page: Leave out rows that are too "
        "long), shorten them, or choose a model with a longer context",
    )


def too_long(model: LoadedModel, prompt_set: PromptSet, chat: bool) -> tuple[int, ...]:
    """Rows of a prompt set with a text that is longer than the model's context."""
    return tuple(sorted({text.row for text in prompt_set.texts if not model.fits(text.text, chat=chat)}))


def leave_out_long(model: LoadedModel, prompt_sets: Sequence[PromptSet], chat: bool) -> Job[tuple[PromptSet, ...]]:
    """The sets without the rows that are too long for the model, as a job; `dropped` says which these are."""
    left: list[PromptSet] = []
    for one in prompt_sets:
        yield Progress(len(left), len(prompt_sets), "counting tokens")
        rows = too_long(model, one, chat)
        left.append(one.without(rows, "longer than the model's context") if rows else one)
    return tuple(left)


def located(job: Job[T], model: LoadedModel, prompt_sets: Sequence[PromptSet], chat: bool) -> Job[T]:
    """The same job; when it cannot read a text of the prompt sets, the error names where that text stands.

    Args:
        job: Reads texts of the prompt sets.
        model: The model it reads them with.
        prompt_sets: Where the texts come from.
        chat: Whether they are wrapped in the chat template.

    Raises:
        TextTooLongError: Texts are too long; all of them are named.
        ModelError: What the job raised, with its place where it is about a text.
    """
    try:
        return (yield from job)
    except ModelError as error:
        # Only now, so that a build without errors tokenizes each text once.
        long: list[tuple[str, ModelError]] = []
        for one in prompt_sets:
            for text in one.texts:
                try:
                    model.encode(text.text, chat=chat)
                except ModelError as again:
                    place = f"{one.name}, row {text.row}, column {'text' if text.side == 'labelled' else text.side}"
                    if not isinstance(again, TextTooLongError):
                        where = f"{place}: {again.where}"
                        raise ModelError(
                            again.what, where=where, expected=again.expected, found=again.found, remedy=again.remedy
                        ) from error
                    long.append((place, again))
        if long:
            raise _all_too_long(long) from error
        raise


def short_texts(model: LoadedModel, texts: Sequence[str], reading: ReadingPosition) -> Job[tuple[str, ...]]:
    """Texts whose slice of tokens is empty, so that they are read at their last content token instead, as a job.

    Args:
        model: Whose tokenizer counts.
        texts: The texts; one that is longer than the context is no short one.
        reading: The reading position; without a first token no slice is empty.
    """
    if reading.pooling != "mean" or not reading.start:
        return ()
    unique = list(dict.fromkeys(texts))
    yield Progress(0, len(unique), "counting tokens")
    fitting = [text for text in unique if model.fits(text, chat=reading.chat)]
    return tuple(text for text in fitting if sum(model.encode(text, chat=reading.chat).content) <= reading.start)


def short_sentence(short: Sequence[str], reading: ReadingPosition) -> str:
    """What is said about them."""
    first = short[0][:_SHORT] + ("..." if len(short[0]) > _SHORT else "")
    who, ends, are = ("1 text", "ends", "is") if len(short) == 1 else (f"{len(short)} texts", "end", "are")
    return (
        f"{who} {ends} before token {reading.start}, where reading begins, and {are} read at the last token instead; "
        f'the first: "{first}"'
    )


# Vectors from prompt sets, and the training material of vectors with every projection that was applied.


def neutral_components(neutral: FloatArray, share: float = 0.5) -> tuple[FloatArray, ...]:
    """Main directions of neutral text, layer by layer (Sofroniew et al. 2026).

    Args:
        neutral: float32 [texts, layers, width], activations of neutral texts.
        share: The fewest components are taken that explain this share of the variance.

    Returns:
        One float32 [components, width] a layer, orthonormal rows; none where the texts do not vary or are not finite.
    """
    found = []
    for layer in range(neutral.shape[1]):
        rows = neutral[:, layer].astype(np.float64)  # (texts, width)
        if len(rows) < 2 or not np.isfinite(rows).all():
            found.append(np.zeros((0, neutral.shape[2]), dtype=np.float32))
            continue
        _, sizes, directions = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
        variance = np.cumsum(sizes**2)
        enough = int(np.searchsorted(variance, share * variance[-1] * (1 - 1e-12))) + 1 if variance[-1] > 0 else 0
        found.append(directions[:enough].astype(np.float32))
    return tuple(found)


def project_out(values: FloatArray, components: tuple[FloatArray, ...]) -> FloatArray:
    """The part of activations or vectors that is orthogonal to the components of each layer.

    Args:
        values: float32 [rows, layers, width].
        components: One orthonormal [components, width] a layer.

    Returns:
        float32 [rows, layers, width], a copy.
    """
    result = values.copy()
    for layer, directions in enumerate(components):
        result[:, layer] -= (values[:, layer] @ directions.T) @ directions
    return result


# Of its length at the chosen layer a vector keeps at least this share, or nothing is left of it but rounding.
LEAST_LEFT = 0.01


def orthonormal(directions: FloatArray) -> tuple[FloatArray, ...]:
    """Orthonormal rows that span the directions, layer by layer.

    Args:
        directions: float32 [directions, layers, width]; a zero or broken direction spans nothing at its layer.

    Returns:
        One float32 [components, width] a layer; fewer components than directions where these depend on each other.
    """
    found = []
    for layer in range(directions.shape[1]):
        rows = directions[:, layer].astype(np.float64)
        lengths = np.linalg.norm(rows, axis=1)
        good = np.isfinite(lengths) & (lengths > 0)
        if not good.any():
            found.append(np.zeros((0, directions.shape[2]), dtype=np.float32))
            continue
        _, sizes, basis = np.linalg.svd(rows[good] / lengths[good, None], full_matrices=False)
        found.append(basis[sizes > 1e-6 * sizes[0]].astype(np.float32))
    return tuple(found)


def orthogonal_to(vectors: EmotionVectors, directions: FloatArray, names: Sequence[str]) -> EmotionVectors:
    """The vectors without chosen directions; emotions that are among the directions are left out.

    Layers, prompt sets and settings stay, so that scores before and after compare at the same layer. The midpoints of
    the training means are unknown until `with_midpoints` of the build gives them anew.

    Args:
        vectors: The vectors.
        directions: float32 [directions, layers, width].
        names: What each direction stands for.

    Raises:
        SettingsError: There is no direction, or nothing is left of an emotion at its chosen layer.
    """
    kept = [e for e, emotion in enumerate(vectors.emotions) if emotion not in names]
    if not len(directions) or not kept:
        raise SettingsError(
            "There is nothing to project out",
            expected="at least one direction that is not the emotion itself",
            found=", ".join(names) or "none",
        )
    # With what was projected out before: one after the other would bring a part of the first one back.
    removed = directions if vectors.removed is None else np.concatenate([vectors.removed, directions])
    components = orthonormal(removed)
    values = project_out(vectors.values[kept], components)
    layers = tuple(vectors.selected_layers[e] for e in kept)
    for row, (e, layer) in enumerate(zip(kept, layers, strict=True)):
        if share_left(values[row, layer], vectors.values[e, layer]) < LEAST_LEFT:
            raise SettingsError(
                f"Nothing is left of '{vectors.emotions[e]}' without these directions",
                where=f"layer {layer}",
                expected=f"at least {LEAST_LEFT:.0%} of its length",
                remedy="Project out fewer directions",
            )
    return replace(
        vectors,
        emotions=tuple(vectors.emotions[e] for e in kept),
        values=values,
        selected_layers=layers,
        selected_layer=layers[0] if len(layers) == 1 else vectors.selected_layer,
        cv_auroc=vectors.cv_auroc[kept],
        train_midpoints=np.full_like(vectors.train_midpoints[kept], np.nan),
        removed=removed.astype(np.float32),
        origin="; ".join(part for part in (vectors.origin, f"without {', '.join(names)}") if part),
        created="",
    )


def without_removed(values: FloatArray, vectors: EmotionVectors) -> FloatArray:
    """Activations [texts, layers, width] without the directions that were projected out of the vectors.

    A vector's product with a text is the same before and after, once the directions are out of the vector.
    """
    return values if vectors.removed is None else project_out(values, orthonormal(vectors.removed))


def share_left(after: FloatArray, before: FloatArray) -> float:
    """Length of a vector [width] after a projection, as a share of its length before; nan without a length."""
    whole = float(np.linalg.norm(before.astype(np.float64)))
    return float(np.linalg.norm(after.astype(np.float64))) / whole if whole > 0 else float("nan")


@dataclass(frozen=True)
class Training:
    """The training material of a vector set.

    Attributes:
        vectors: The set.
        activations: Of its training texts as recorded, without any projection.
        neutral: Activations of the neutral texts as recorded; None where nothing of theirs was projected out.
        values: float32 [texts, layers, width], the training activations as the build used them, with what was
            projected out of the vectors later left out as well.
        blocks: Training rows of all emotions that the set was built from. Means of labelled texts are taken around
            the mean of all of them, so an emotion that was taken out of the set later still has a say.
        kept: Places of the set's emotions among those of the blocks, in the order of the set.
    """

    vectors: EmotionVectors
    activations: Activations
    neutral: Activations | None
    values: FloatArray
    blocks: tuple[Block, ...]
    kept: tuple[int, ...]

    def estimate(
        self,
        blocks: Sequence[Block] | None = None,
        *,
        values: FloatArray | None = None,
        estimator: Estimator | None = None,
    ) -> FloatArray:
        """Vectors of the set's emotions, float32 [emotions, layers, width].

        Args:
            blocks: Training rows instead of the set's own: resampled, shuffled or fewer; with the same emotions.
            values: Activations instead of `values`, such as those of some layers or without a projection.
            estimator: Instead of the set's own.
        """
        rows = self.values if values is None else values
        way = estimator or self.vectors.estimator
        built = [estimate(rows, block, way) for block in blocks or self.blocks]
        return np.concatenate(built)[list(self.kept)]

    def block_of(self, emotion: str) -> Block:
        """Training rows of an emotion.

        Raises:
            SettingsError: The set was built without texts of it.
        """
        for block in self.blocks:
            if emotion in block.emotions:
                return block
        raise unknown_texts(emotion)

    @property
    def components(self) -> tuple[tuple[FloatArray, ...], ...]:
        """What is projected out of the vectors, in this order: orthonormal [components, width] a layer each."""
        return projections(self.vectors, self.neutral)

    def as_scored(self, values: FloatArray) -> FloatArray:
        """Scored activations [texts, layers, width] whose product with an unprojected vector is that of the projected.

        The projections are symmetric, so a product with `P2 P1 v` is the product of `P1 P2 x` with v.
        """
        for components in reversed(self.components):
            values = project_out(values, components)
        return values


def training(model: LoadedModel, vectors: EmotionVectors, cache: ActivationCache | None = None) -> Job[Training]:
    """Reads what a vector set was made from, as a job; mostly from the cache.

    Args:
        model: The model of the vectors.
        vectors: The vectors.
        cache: Activations read before.

    Raises:
        SettingsError: The texts are not known (imported vectors).
        ModelError: A text cannot be read.
    """
    if not vectors.prompt_sets:
        raise unknown_texts(", ".join(vectors.emotions[:3]))
    texts = training_texts(vectors.prompt_sets)
    neutral = neutral_texts(model, vectors.reading) if vectors.neutral_projection else ()
    reading = record(model, (*texts, *neutral), vectors.reading, cache)
    read = yield from located(reading, model, vectors.prompt_sets, vectors.reading.chat)
    n = len(texts)
    return training_of(vectors, read.between(0, n), read.between(n, n + len(neutral)) if neutral else None)


def training_of(vectors: EmotionVectors, activations: Activations, neutral: Activations | None) -> Training:
    """The training material from activations that are already there; array operations only.

    Args:
        vectors: Vectors with their prompt sets.
        activations: Of all their training texts at least.
        neutral: Of neutral texts; needed where the vectors are without their main directions.

    Raises:
        SettingsError: The texts of an emotion are not known, or a text has no activations.
    """
    texts = [t for one in vectors.prompt_sets for t in one.part("train")]
    blocks = blocks_of(texts, places(activations.texts))
    built = [emotion for block in blocks for emotion in block.emotions]
    missing = [emotion for emotion in vectors.emotions if emotion not in built]
    if missing:
        raise unknown_texts(missing[0])
    values = activations.values
    for components in projections(vectors, neutral):
        values = project_out(values, components)
    kept = tuple(built.index(emotion) for emotion in vectors.emotions)
    return Training(vectors, activations, neutral, values, blocks, kept)


def projections(vectors: EmotionVectors, neutral: Activations | None) -> tuple[tuple[FloatArray, ...], ...]:
    """What was projected out of vectors, in the order in which it was: neutral directions, then chosen ones.

    Raises:
        SettingsError: Neutral directions were, and there are no neutral texts.
    """
    steps = []
    if vectors.neutral_projection:
        if neutral is None:
            raise SettingsError("The vectors are without neutral directions, but no neutral texts were read")
        steps.append(neutral_components(neutral.values))
    if vectors.removed is not None:
        steps.append(orthonormal(vectors.removed))
    return tuple(steps)


def unknown_texts(emotion: str) -> SettingsError:
    """What is said where vectors come without the texts they were built from."""
    return SettingsError(
        "The texts that these vectors were built from are not known",
        where=emotion,
        expected="vectors with their prompt sets",
        found="vectors without prompt sets, such as imported ones",
        remedy="Build the vectors here from their prompts",
    )


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
    prompt_sets = spelled_alike(prompt_sets)
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
    libraries = ("torch", "nnsight", "transformers", "numpy", "scipy", "scikit-learn")
    return {"emotion_core": __version__, "python": platform.python_version(), **{n: _version(n) for n in libraries}}


@cache
def _version(name: str) -> str:
    """Of an installed library; finding it out takes milliseconds."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


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
        sides = [block.sides(emotion) for emotion in block.emotions]
        with np.errstate(invalid="ignore"):
            rows += [(p.mean(axis=-1) + n.mean(axis=-1)) / 2 for p, n in side_scores(values, sides, own)]
    return np.stack(rows).astype(np.float32)
