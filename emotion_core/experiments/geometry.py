"""Runs that check a map of emotions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from emotion_core.base.ask import Ask, enforce
from emotion_core.evaluation.transfer import TwinVectors, read_twin
from emotion_core.experiments.evaluation import OnOwnTexts
from emotion_core.experiments.experiment import Experiment, Size
from emotion_core.geometry.emotion_map import require_emotions
from emotion_core.runs.map_checks import MapChecks, check_map


@dataclass(frozen=True)
class MapSettings:
    """What is checked.

    Attributes:
        clusters: Groups of k-means.
    """

    clusters: Annotated[int, Ask("Groups", "Groups of k-means.", least=2, most=2000)] = 10

    def __post_init__(self) -> None:
        enforce(self)


MAP_CHECKS = Experiment(
    kind="map-checks",
    asks=MapSettings,
    gives=MapChecks,
    job=lambda bench, settings: check_map(bench.model, bench.vectors, settings.clusters, bench.cache),
    label=lambda settings, vectors: "checks of the map",
    size=lambda settings, vectors: Size(sets=vectors.prompt_sets),
    check=lambda settings, vectors: require_emotions(vectors),
    version=2,
)
TWIN = Experiment(
    kind="untrained-twin",
    asks=OnOwnTexts,
    gives=TwinVectors,
    job=lambda bench, settings: read_twin(bench.model, bench.vectors, bench.cache),
    label=lambda settings, vectors: "untrained twin",
    size=lambda settings, vectors: Size(sets=vectors.prompt_sets),
)
