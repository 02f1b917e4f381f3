"""Does a run again from its settings, under its old id, so that every link to it works again.

What a visitor uploaded is not kept beyond the result it went into. Where a run needs such texts, or vectors that are
gone and cannot be rebuilt, doing it again begins at the form.
"""

from __future__ import annotations

import json
from typing import Any

from emotion_core.errors import EmotionCoreError, RunError
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.builtin import PLANTED, builtin_names, load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs import builds, sweeps
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import from_plain
from emotion_core.runs.keys import vectors_digest
from emotion_core.runs.limits import require_sweep, require_texts
from emotion_core.runs.progress import Job
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.run import Run
from emotion_core.runs.stopping import keeping, stop_flag
from emotion_core.runs.store import RunStore
from emotion_core.steering.plan import n_texts
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.sweep import Sweep, sweep
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import EmotionVectors
from emotion_core.vectors.file import load_vectors
from emotion_core.vectors.settings import BuildSettings

_LOOKED_AT = 100  # finished builds whose vectors are compared with those of a sweep


def can_redo(run: Run) -> bool:
    """Whether a run that ended without a result, or lost it, can be done again without its form."""
    try:
        _sets(_recipe(run))
    except RunError:
        return False
    return run.state in ("expired", "interrupted", "failed", "cancelled")


def redo(registry: JobRegistry, owner: ModelOwner, run: Run, cache: ActivationCache) -> str:
    """Starts a run again, or finds the finished one with the same content, and returns its run id.

    Args:
        registry: Of the live runs.
        owner: Of the model of the run.
        run: A build or a sweep.
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
        sets = _sets(_recipe(run))
        require_texts(registry.limits, sets)
        built = builds.build_and_score(owner, sets, _build_settings(described["settings"]), cache)
        registry.store.reopen(run.id)
        return registry.start(run.id, built, builds.save_build, owner.submit, again=True)
    swept = keeping(_sweep_again(registry, owner, run, cache), registry.store, run.id, sweeps.save_sweep)
    registry.store.reopen(run.id)
    return registry.start(run.id, swept, sweeps.save_sweep, owner.submit, again=True)


def _sweep_again(registry: JobRegistry, owner: ModelOwner, run: Run, cache: ActivationCache) -> Job[Sweep]:
    described = json.loads(run.settings)
    settings = from_plain(SweepSettings, described["settings"])
    require_sweep(registry.limits, n_texts(settings), settings.max_new_tokens)
    kept = _kept_vectors(registry.store, described)
    recipe = _recipe(run)
    sets, how = ((), BuildSettings()) if kept is not None else (_sets(recipe), _build_settings(recipe["settings"]))

    def work() -> Job[Sweep]:
        vectors = kept
        if vectors is None:
            vectors = yield from build(owner.model, sets, how, cache)
            if vectors_digest(vectors) != described["vectors"]:
                raise RunError(
                    "The vectors of this sweep are gone, and building them again gives others",
                    remedy="Start a new sweep from the form",
                )
        return (yield from sweep(owner.model, vectors, settings, cache, stop_flag(run.id).is_set))

    return work()


def _kept_vectors(store: RunStore, described: dict[str, Any]) -> EmotionVectors | None:
    """The vectors of a sweep, where a build or an upload still holds them."""
    for run in store.recent(builds.KIND, _LOOKED_AT) + store.recent("upload", _LOOKED_AT):
        if run.state == "done" and json.loads(run.settings).get("fingerprint") == described["fingerprint"]:
            try:
                vectors = load_vectors(store.read(run.id, builds.VECTORS_FILE))
            except EmotionCoreError:
                continue  # a damaged file is somebody else's trouble
            if vectors_digest(vectors) == described["vectors"]:
                return vectors
    return None


def _recipe(run: Run) -> dict[str, Any]:
    """What a build, or the build of a sweep's vectors, was made from."""
    described = json.loads(run.settings)
    found = described if run.kind == builds.KIND else described.get("build")
    if run.kind not in (builds.KIND, sweeps.KIND) or not isinstance(found, dict) or "prompt_sets" not in found:
        raise RunError("This run cannot be done again from what is stored", remedy="Start again from the form")
    return found


def _sets(recipe: dict[str, Any]) -> tuple[PromptSet, ...]:
    """The built-in prompt sets with the recipe's content."""
    there = dict.fromkeys((*builtin_names(present_only=True), *PLANTED))
    sets = []
    for one in recipe["prompt_sets"]:
        found = load_prompts(one["name"]) if one["name"] in there else None
        if found is None or found.sha256 != one["sha256"]:
            raise RunError(
                "The texts of this run were uploaded, and are not kept beyond its result",
                where=str(one["name"])[:80],
                remedy="Upload them again on the page Build vectors",
            )
        sets.append(found)
    if not sets:
        raise RunError("This run cannot be done again from what is stored", remedy="Start again from the form")
    return tuple(sets)


def _build_settings(plain: dict[str, Any]) -> BuildSettings:
    return from_plain(BuildSettings, plain)
