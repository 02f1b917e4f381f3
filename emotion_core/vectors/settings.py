"""What a visitor chooses when vectors are built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.ask import Ask, Seed, enforce
from emotion_core.vectors.emotion_vectors import Built


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

    estimator: Annotated[Built, Ask("Estimator", "How a direction is made out of the readings.")] = "difference"
    reading: ReadingPosition = field(default_factory=ReadingPosition)
    neutral_projection: Annotated[
        bool, Ask("Neutral projection", "Project out the main directions of neutral text.")
    ] = False
    seed: Seed = 0
    folds: Annotated[
        int,
        Ask("Folds", "Parts that the training texts are cut into, by topic, to choose the layer.", least=2, most=20),
    ] = 5

    def __post_init__(self) -> None:
        enforce(self)
