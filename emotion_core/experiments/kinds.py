"""Every kind of run over vectors by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emotion_core.base.errors import RunError
from emotion_core.experiments.behavior import BEHAVIORS, PREFERENCES
from emotion_core.experiments.evaluation import CONFOUNDS, HELDOUT, ORTHOGONAL, SIZES, TRANSFER, VARIANTS
from emotion_core.experiments.experiment import Experiment
from emotion_core.experiments.geometry import MAP_CHECKS, TWIN
from emotion_core.experiments.reading import READING
from emotion_core.experiments.replication.rows import REPLICATION
from emotion_core.experiments.steering import CROSSTALK, NEXT_TOKEN, SWEEP

_ALL: tuple[Experiment[Any, Any], ...] = (
    *(HELDOUT, TRANSFER, CONFOUNDS, SIZES, VARIANTS, ORTHOGONAL),
    *(MAP_CHECKS, TWIN),
    *(SWEEP, CROSSTALK, NEXT_TOKEN),
    READING,
    *(PREFERENCES, BEHAVIORS),
    REPLICATION,
)
EXPERIMENTS: dict[str, Experiment[Any, Any]] = {experiment.kind: experiment for experiment in _ALL}


def experiment_of(kind: str, described: Mapping[str, Any]) -> Experiment[Any, Any]:
    """The kind of a stored run.

    Args:
        kind: As the store has it.
        described: Its settings there.

    Raises:
        RunError: It is no run over vectors.
    """
    name = described.get("experiment") or (ORTHOGONAL.kind if "without" in described else kind)
    if name not in EXPERIMENTS:
        raise RunError("This run cannot be done again from what is stored", remedy="Start again from the form")
    return EXPERIMENTS[name]
