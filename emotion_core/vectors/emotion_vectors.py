"""Emotion vectors of one build: a vector for every emotion and layer, and how they came about."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal, get_args

import numpy as np

from emotion_core.base.activations import FloatArray, ModelInfo, ReadingPosition
from emotion_core.base.ask import Ask, Seed, enforce
from emotion_core.base.errors import VectorFileError
from emotion_core.prompts.prompt_set import PromptSet

# What vectors can be built with.
Built = Literal["difference", "pca", "logistic"]
ESTIMATORS: tuple[Built, ...] = get_args(Built)
# Imported vectors may have been made in any way; nothing is estimated by `unknown`.
Estimator = Literal[Built, "unknown"]


@dataclass(frozen=True)
class EmotionVectors:
    """Vectors with their length, in the units of the residual stream.

    Attributes:
        model: The model they belong to; applying them to another one is refused.
        emotions: Names, in the order of the first axis.
        values: float32 [emotions, layers, width].
        residual_norms: float32 [layers], mean length of the residual stream over neutral text: the unit of strength.
        selected_layers: Layer chosen for each emotion by cross-validation on its training prompts.
        selected_layer: The layer chosen for all emotions together.
        cv_auroc: float32 [emotions, layers], the cross-validated AUROC the choice was made on; nan where too few rows.
        train_midpoints: float32 [emotions, layers], halfway between the training means of the two sides on the unit
            direction: the threshold for accuracy.
        reading: Where the texts were read.
        estimator: `difference` in means, `pca` of the differences, `logistic` regression, or `unknown` for vectors
            of another tool.
        neutral_projection: Whether the main directions of neutral text were projected out.
        prompt_sets: The prompt sets they were built from (at most one a form), held-out rows included; empty for
            imported vectors, whose training rows are unknown.
        seed: Seed of every random choice of the build.
        origin: Where they come from: format and name of an imported file, or what was projected out of vectors built
            here; empty for vectors as built.
        removed: float32 [directions, layers, width] that were projected out of the vectors after the build, None where
            none were.
        versions: Versions of this project and of the libraries, by name.
        created: When they were saved, ISO 8601 in UTC; empty before.
    """

    model: ModelInfo
    emotions: tuple[str, ...]
    values: FloatArray
    residual_norms: FloatArray
    selected_layers: tuple[int, ...]
    selected_layer: int
    cv_auroc: FloatArray
    train_midpoints: FloatArray
    reading: ReadingPosition = field(default_factory=ReadingPosition)
    estimator: Estimator = "difference"
    neutral_projection: bool = False
    prompt_sets: tuple[PromptSet, ...] = ()
    seed: int = 0
    origin: str = ""
    removed: FloatArray | None = None
    versions: dict[str, str] = field(default_factory=dict, compare=False)
    created: str = field(default="", compare=False)

    @property
    def n_layers(self) -> int:
        """Number of layers."""
        return int(self.values.shape[1])

    @property
    def units(self) -> FloatArray:
        """float32 [emotions, layers, width], each of length 1 (a zero vector stays zero)."""
        lengths = np.linalg.norm(self.values, axis=-1, keepdims=True)
        units: FloatArray = np.divide(self.values, lengths, out=np.zeros_like(self.values), where=lengths > 0)
        return units

    def index(self, emotion: str) -> int:
        """Position of an emotion.

        Raises:
            VectorFileError: The vectors have no such emotion.
        """
        if emotion not in self.emotions:
            shown = ", ".join(self.emotions[:12]) + (", ..." if len(self.emotions) > 12 else "")
            raise VectorFileError(
                f"There is no vector for '{emotion}'",
                expected=f"one of {shown}",
                remedy="Choose one of these or build vectors from a prompt set that has it",
            )
        return self.emotions.index(emotion)

    def layer_of(self, emotion: str) -> int:
        """The layer chosen for one emotion."""
        return self.selected_layers[self.index(emotion)]


# What a visitor chooses when vectors are built.

ESTIMATOR_WORDS = {
    "difference": "difference in means",
    "pca": "first principal component",
    "logistic": "logistic regression",
}
ESTIMATOR = (
    "How a direction is drawn from the activations. Difference in means is the usual choice: mean of the positive "
    "texts minus mean of the negative ones."
)
_NAMES = {name: words.capitalize() for name, words in ESTIMATOR_WORDS.items()}
NEUTRAL = (
    "Project out the main directions in which neutral texts differ from each other (half of their variance). In real "
    "models such a direction can be many times as large as any emotion; in others the emotions lie along it."
)
FOLDS = "Parts of the training texts, kept together by topic, on which the layer is chosen."


@dataclass(frozen=True)
class BuildSettings:
    """Settings of a build.

    Attributes:
        estimator: `difference` in means, `pca` of the differences, or `logistic` regression.
        reading: Which tokens of the texts are read.
        neutral_projection: Whether the main directions of neutral text are projected out.
        seed: Of the folds.
        folds: Parts that the training texts are cut into, by topic, to choose the layer.
    """

    estimator: Annotated[Built, Ask("Estimator", ESTIMATOR, names=_NAMES)] = "difference"
    reading: ReadingPosition = field(default_factory=ReadingPosition)
    neutral_projection: Annotated[bool, Ask("Project out neutral directions", NEUTRAL)] = False
    seed: Seed = 0
    folds: Annotated[
        int,
        Ask("Folds", FOLDS, least=2, most=20),
    ] = 5

    def __post_init__(self) -> None:
        enforce(self)
