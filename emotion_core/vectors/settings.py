"""What a visitor chooses when vectors are built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.ask import Ask, Seed, enforce
from emotion_core.vectors.emotion_vectors import Built

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
