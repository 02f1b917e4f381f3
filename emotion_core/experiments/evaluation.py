"""Runs that test vectors: held-out scores, confounds, number of texts, other ways of making them, what is left."""

from __future__ import annotations

from dataclasses import dataclass

from emotion_core.base.ask import Seed, enforce
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.evaluation.confounds import ConfoundScore, orthogonalise, score_confounds
from emotion_core.evaluation.heldout import heldout
from emotion_core.evaluation.report import size_curve
from emotion_core.evaluation.sample_size import SizePoint
from emotion_core.evaluation.scores import SCORES_VERSION, HeldOutScores
from emotion_core.evaluation.transfer import TRANSFER_VERSION, Contrast, Transfer, plan_transfer, transfer
from emotion_core.evaluation.variants import Variant, variants
from emotion_core.experiments.experiment import Bench, Experiment, Size
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs import builds
from emotion_core.runs.builds import BuildResult
from emotion_core.vectors.build import unknown_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors


@dataclass(frozen=True)
class OnSets:
    """Vectors on prompt sets.

    Attributes:
        sets: Whose held-out rows are scored, or whose contrasts.
        confounds: Contrasts beside the built-in ones in held-out scores.
        seed: Of the null draws.
    """

    sets: tuple[PromptSet, ...]
    confounds: tuple[PromptSet, ...] = ()
    seed: Seed = 0

    def __post_init__(self) -> None:
        enforce(self)


@dataclass(frozen=True)
class OnOwnTexts:
    """Vectors on the texts they were built from: nothing is asked."""


@dataclass(frozen=True)
class Without:
    """What to take out of vectors.

    Attributes:
        emotions: Emotions of the vectors whose own vectors are projected out.
        sets: Confound sets whose vectors are.
        name: Name of the vectors, for the label of what is left.
    """

    emotions: tuple[str, ...]
    sets: tuple[PromptSet, ...]
    name: str = "vectors"


@dataclass(frozen=True)
class ToAnotherSource:
    """Vectors of one source on the texts of another.

    Attributes:
        target: The other set; all of its rows are scored.
        contrast: Emotions as two sides; None takes emotions by name.
        untrained: The same with the model's untrained twin beside it.
        seed: Of the shuffles.
    """

    target: PromptSet
    contrast: Contrast | None = None
    untrained: bool = False
    seed: Seed = 0

    def __post_init__(self) -> None:
        enforce(self)


@dataclass(frozen=True)
class Confounds:
    """Every vector on every contrast of some confound sets."""

    scores: tuple[ConfoundScore, ...]


@dataclass(frozen=True)
class Sizes:
    """The curve over the number of training rows."""

    points: tuple[SizePoint, ...]


@dataclass(frozen=True)
class Ways:
    """One row an emotion and way of making its vector."""

    rows: tuple[Variant, ...]


def _confounds(bench: Bench, settings: OnSets) -> Job[Confounds]:
    return Confounds((yield from score_confounds(bench.model, bench.vectors, bench.cache, settings.sets)))


def _sizes(bench: Bench, settings: OnOwnTexts) -> Job[Sizes]:
    return Sizes((yield from size_curve(bench.model, bench.vectors, bench.vectors.prompt_sets, bench.cache)))


def _ways(bench: Bench, settings: OnOwnTexts) -> Job[Ways]:
    return Ways((yield from variants(bench.model, bench.vectors, bench.cache)))


def _left(bench: Bench, settings: Without) -> Job[BuildResult]:
    """What is left of the vectors, and its scores."""
    left = yield from orthogonalise(
        bench.model, bench.vectors, emotions=settings.emotions, sets=settings.sets, cache=bench.cache
    )
    try:
        scores = yield from heldout(bench.model, left, left.prompt_sets, bench.cache)
    except SettingsError as error:
        return BuildResult(left, None, error.message)
    return BuildResult(left, scores)


def _across(bench: Bench, settings: ToAnotherSource) -> Job[Transfer]:
    return transfer(
        bench.model,
        bench.vectors,
        settings.target,
        settings.contrast,
        bench.cache,
        seed=settings.seed,
        untrained=settings.untrained,
    )


def _check_across(settings: ToAnotherSource, vectors: EmotionVectors) -> None:
    plan_transfer(vectors, settings.target, settings.contrast)


def _across_label(settings: ToAnotherSource, vectors: EmotionVectors) -> str:
    return f"from {_names_of(vectors)} to {settings.target.name}"


def _names_of(vectors: EmotionVectors) -> str:
    return " + ".join(one.name for one in vectors.prompt_sets)


def _read_both(settings: ToAnotherSource, vectors: EmotionVectors) -> Size:
    return Size(sets=(*vectors.prompt_sets, settings.target))


def _set_names(settings: OnSets, vectors: EmotionVectors) -> str:
    return " + ".join(one.name for one in settings.sets)


def _without_names(settings: Without, vectors: EmotionVectors) -> str:
    names = [*settings.emotions, *(name for one in settings.sets for name in one.emotions)]
    return f"{settings.name} without {', '.join(names)}"


def _read_sets(settings: OnSets | Without, vectors: EmotionVectors) -> Size:
    return Size(sets=settings.sets + (settings.confounds if isinstance(settings, OnSets) else ()))


def _with_texts(settings: OnOwnTexts, vectors: EmotionVectors) -> None:
    """Refuses vectors without their texts, of which nothing can be made again."""
    if not vectors.prompt_sets:
        raise unknown_texts(", ".join(vectors.emotions[:3]))


def _scored(bench: Bench, settings: OnSets) -> Job[HeldOutScores]:
    return heldout(
        bench.model, bench.vectors, settings.sets, bench.cache, confound_sets=settings.confounds, seed=settings.seed
    )


def _read_own(settings: OnOwnTexts, vectors: EmotionVectors) -> Size:
    return Size(sets=vectors.prompt_sets)


HELDOUT = Experiment(
    kind="heldout",
    asks=OnSets,
    gives=HeldOutScores,
    job=_scored,
    label=_set_names,
    size=_read_sets,
    version=SCORES_VERSION,
)
TRANSFER = Experiment(
    kind="transfer",
    asks=ToAnotherSource,
    gives=Transfer,
    job=_across,
    label=_across_label,
    size=_read_both,
    check=_check_across,
    version=TRANSFER_VERSION,
)
CONFOUNDS = Experiment(
    kind="confounds", asks=OnSets, gives=Confounds, job=_confounds, label=_set_names, size=_read_sets
)
SIZES = Experiment(
    kind="sizes",
    asks=OnOwnTexts,
    gives=Sizes,
    job=_sizes,
    label=lambda settings, vectors: f"number of rows of {_names_of(vectors)}",
    version=1,
    size=_read_own,
    check=_with_texts,
)
VARIANTS = Experiment(
    kind="variants",
    asks=OnOwnTexts,
    gives=Ways,
    job=_ways,
    label=lambda settings, vectors: f"ways of making the vectors of {_names_of(vectors)}",
    version=2,
    size=_read_own,
    check=_with_texts,
)
# Its result is a vector set like any other, so in the store it is a build.
ORTHOGONAL = Experiment(
    kind="orthogonal",
    asks=Without,
    gives=BuildResult,
    job=_left,
    label=_without_names,
    size=_read_sets,
    version=SCORES_VERSION,
    stored_as=builds.KIND,
    save=builds.save_build,
    load=builds.load_build,
)
