"""What a visitor chooses when vectors are built."""

from __future__ import annotations

from dataclasses import dataclass, field

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.errors import SettingsError
from emotion_core.vectors.emotion_vectors import ESTIMATORS, Estimator


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

    estimator: Estimator = "difference"
    reading: ReadingPosition = field(default_factory=ReadingPosition)
    neutral_projection: bool = False
    seed: int = 0
    folds: int = 5

    def __post_init__(self) -> None:
        if self.estimator not in ESTIMATORS:
            raise SettingsError("Unknown estimator", expected=" or ".join(ESTIMATORS), found=str(self.estimator))
        if self.folds < 2:
            raise SettingsError(
                "The layer is chosen on at least two folds", expected="2 or more", found=str(self.folds)
            )
