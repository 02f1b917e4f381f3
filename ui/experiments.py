"""Starting and opening runs over vectors from a page: every kind through the same door as the command line."""

from __future__ import annotations

from typing import Any, TypeVar

from emotion_core.base.errors import SettingsError
from emotion_core.experiments.experiment import Experiment, has_result, load, start
from emotion_core.vectors.emotion_vectors import EmotionVectors
from ui.services import activation_cache, common_registry, registry, store
from ui.working import Working

S = TypeVar("S")
R = TypeVar("R")


def start_run(
    working: Working,
    experiment: Experiment[S, Any],
    settings: S,
    *,
    vectors: EmotionVectors | None = None,
    everybody: bool = False,
) -> str:
    """Starts a run over the chosen vectors, or finds it; returns its id.

    Args:
        working: What is worked with.
        experiment: The kind of run.
        settings: What is asked.
        vectors: Instead of the chosen ones.
        everybody: It belongs to all visitors: joined where it is already under way, and nobody's own.

    Raises:
        EmotionCoreError: It cannot be started, and why.
    """
    chosen = vectors if vectors is not None else working.vectors
    if chosen is None:
        raise SettingsError("There are no vectors to work with", remedy="Choose a vector set in the sidebar")
    jobs = common_registry() if everybody else registry()
    return start(jobs, working.owner, chosen, experiment, settings, activation_cache(), share=everybody)


def run_result(run_id: str, experiment: Experiment[Any, R]) -> R:
    """The result of a finished run, or what a stopped one left.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return load(store(), run_id, experiment)


def is_kept(run_id: str, experiment: Experiment[Any, Any]) -> bool:
    """Whether a run has something to show, whole or in part."""
    return has_result(store(), run_id, experiment)
