"""Does a run again from its settings, under its old id, so that every link to it works again.

What a visitor uploaded is not kept beyond the result it went into. Where a run needs such texts, or vectors that are
gone and cannot be rebuilt, doing it again begins at the form.
"""

from __future__ import annotations

import json
from typing import Any

from emotion_core.base.activations import ActivationCache
from emotion_core.base.errors import EmotionCoreError, RunError
from emotion_core.base.jobs import Job
from emotion_core.experiments.experiment import Bench, Experiment, asked, launch, never, require_size, work
from emotion_core.experiments.kinds import experiment_of
from emotion_core.models.owner import ModelOwner
from emotion_core.runs import builds
from emotion_core.runs.limits import require_texts
from emotion_core.runs.recipes import build_settings, built_again, kept_vectors, require_recipe, sets_of
from emotion_core.runs.registry import JobRegistry, stop_flag
from emotion_core.runs.store import Run, RunStore

_ENDED = ("expired", "interrupted", "failed", "cancelled")


def can_redo(run: Run, store: RunStore | None = None) -> bool:
    """Whether a run that ended without a result, or lost it, can be done again without its form."""
    return run.state in _ENDED and not why_not(run, store)


def why_not(run: Run, store: RunStore | None = None) -> str:
    """Why a run cannot be done again from what is stored; empty where nothing is known against it.

    Args:
        run: The run.
        store: Where its vectors may still be, when they cannot be built again; None looks at the run alone.
    """
    try:
        described = json.loads(run.settings)
        if _is_build(run, described):
            sets_of(require_recipe(described))
        else:
            _require_settings(experiment_of(run.kind, described), described, store)
    except EmotionCoreError as error:  # of the run, or of settings that are refused by now
        return error.message
    return ""


def redo(registry: JobRegistry, owner: ModelOwner, run: Run, cache: ActivationCache) -> str:
    """Starts a run again, or finds the finished one with the same content, and returns its run id.

    Args:
        registry: Of the live runs.
        owner: Of the model of the run.
        run: A build, or a run over vectors.
        cache: Activations read before.

    Raises:
        RunError: It cannot be done again from what is stored, or its model is another one.
        LimitError: It asks for more than is allowed here.
    """
    described = json.loads(run.settings)
    if described.get("fingerprint") != owner.info.fingerprint:
        raise RunError(
            "The run belongs to another model",
            expected=str(described.get("model", ""))[:80],
            found=owner.info.name,
            remedy="Choose that model first",
        )
    found = registry.existing(run.kind, run.key, share=True)
    if found is not None:
        return found
    if _is_build(run, described):
        sets = sets_of(require_recipe(described))
        require_texts(registry.limits, sets)
        built = builds.build_and_score(owner, sets, build_settings(described), cache)
        registry.store.reopen(run.id)
        return registry.start(run.id, built, builds.save_build, owner.submit, again=True)
    experiment = experiment_of(run.kind, described)
    kept = kept_vectors(registry.store, described)
    if kept is None:
        sets_of(require_recipe(described.get("build")))  # refused now, not when its turn has come
    settings = asked(experiment, described, kept)
    if kept is not None:
        require_size(registry.limits, experiment.size(settings, kept))

    def again() -> Job[Any]:
        vectors = kept if kept is not None else (yield from built_again(owner.model, described, cache))
        require_size(registry.limits, experiment.size(settings, vectors))
        stopped = stop_flag(run.id).is_set if experiment.partial else never
        bench = Bench(owner.model, vectors, cache, stopped, registry.store)
        return (yield from work(registry.limits, experiment, bench, settings))

    registry.store.reopen(run.id)
    return launch(registry, owner, experiment, settings, again(), run.id, again=True)


def _is_build(run: Run, described: dict[str, Any]) -> bool:
    """Whether it makes vectors from texts; what is left of vectors without a direction opens like a build too."""
    return run.kind == builds.KIND and "without" not in described and "experiment" not in described


def _require_settings(experiment: Experiment[Any, Any], described: dict[str, Any], store: RunStore | None) -> None:
    """Refuses a run whose settings were not kept, or whose vectors are gone for good.

    Raises:
        RunError: They are neither kept nor built from built-in texts; or it was asked about texts that are gone.
    """
    kept = None
    try:
        sets_of(require_recipe(described.get("build")))
    except RunError:
        kept = None if store is None else kept_vectors(store, described)
        if kept is None:
            if described.get("asked", ()) is None:
                asked(experiment, described)  # says that
            raise
    asked(experiment, described, kept)
