"""Does a run again from its settings, under its old id, so that every link to it works again.

What a visitor uploaded is not kept beyond the result it went into. Where a run needs such texts, or vectors that are
gone and cannot be rebuilt, doing it again begins at the form.
"""

from __future__ import annotations

import json
from typing import Any

from emotion_core.errors import RunError
from emotion_core.models.owner import ModelOwner
from emotion_core.runs import builds
from emotion_core.runs.again import AGAIN, Again
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.limits import require_texts, strings_in, within_tokens
from emotion_core.runs.progress import Job
from emotion_core.runs.recipes import build_settings, built_again, kept_vectors, require_recipe, sets_of
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.run import Run
from emotion_core.runs.stopping import keeping, stop_flag

_ENDED = ("expired", "interrupted", "failed", "cancelled")


def can_redo(run: Run) -> bool:
    """Whether a run that ended without a result, or lost it, can be done again without its form."""
    return run.state in _ENDED and not why_not(run)


def why_not(run: Run) -> str:
    """Why a run cannot be done again from what is stored; empty where nothing is known against it."""
    try:
        described = json.loads(run.settings)
        if run.kind == builds.KIND:
            sets_of(require_recipe(described))
        else:
            _again_of(run).asked(described)
            sets_of(require_recipe(described.get("build")))
    except RunError as error:
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
    if described.get("fingerprint") != owner.model.info.fingerprint:
        raise RunError(
            "The run belongs to another model",
            expected=str(described.get("model", ""))[:80],
            found=owner.model.info.name,
            remedy="Choose that model first",
        )
    found = registry.existing(run.kind, run.key, share=True)
    if found is not None:
        return found
    if run.kind == builds.KIND:
        sets = sets_of(require_recipe(described))
        require_texts(registry.limits, sets)
        built = builds.build_and_score(owner, sets, build_settings(described), cache)
        registry.store.reopen(run.id)
        return registry.start(run.id, built, builds.save_build, owner.submit, again=True)
    again = _again_of(run)
    asked = again.asked(described)
    if again.require is not None:
        again.require(registry.limits, asked)
    kept = kept_vectors(registry.store, described)
    if kept is None:
        sets_of(require_recipe(described.get("build")))  # refused now, not when its turn has come

    def work() -> Job[Any]:
        vectors = kept if kept is not None else (yield from built_again(owner.model, described, cache))
        job = again.job(owner.model, vectors, asked, cache, stop_flag(run.id).is_set)
        return (yield from within_tokens(registry.limits, owner.model, strings_in(asked), job))

    job = keeping(work(), registry.store, run.id, again.save) if again.partial else work()
    registry.store.reopen(run.id)
    return registry.start(run.id, job, again.save, owner.submit, again=True)


def _again_of(run: Run) -> Again:
    if run.kind not in AGAIN:
        raise RunError("This run cannot be done again from what is stored", remedy="Start again from the form")
    return AGAIN[run.kind]
