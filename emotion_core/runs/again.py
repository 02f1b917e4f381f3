"""For every kind of run over vectors: what it was asked to do, its limits, its job, and its files, to do it again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emotion_core.behavior.behavior_settings import BehaviorSettings
from emotion_core.errors import RunError
from emotion_core.evaluation.heldout import heldout
from emotion_core.models.loaded import LoadedModel
from emotion_core.runs import (
    behaviors,
    builds,
    checkups,
    crosstalks,
    heldouts,
    next_tokens,
    orthogonal,
    preferences,
    readings,
    sweeps,
    variants,
)
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import from_plain
from emotion_core.runs.limits import require_sweep, strings_in, texts_of
from emotion_core.runs.progress import Job
from emotion_core.runs.recipes import named_sets
from emotion_core.runs.requests import behaviors_of, preferences_of, reading_of, require_asked
from emotion_core.runs.settings import Settings
from emotion_core.steering.crosstalk import crosstalk, n_matrix_texts
from emotion_core.steering.crosstalk_settings import CrossTalkSettings
from emotion_core.steering.next_token import next_token_dose
from emotion_core.steering.plan import n_texts
from emotion_core.steering.settings import SweepSettings
from emotion_core.steering.sweep import sweep
from emotion_core.vectors.emotion_vectors import EmotionVectors

_Stopped = Callable[[], bool]
# Directions taken out of vectors: a run of the kind "build", whose result opens like one.
ORTHOGONAL = "orthogonal"


@dataclass(frozen=True)
class Again:
    """How one kind of run is done again.

    Attributes:
        asked: Reads what it was asked to do from its settings; raises RunError where that was not kept.
        job: The work, on a model and vectors.
        save: The files of its result.
        require: Refuses what is larger than allowed; None where its job does.
        partial: A stopped one leaves a part.
        texts: What its model reads, to be counted in tokens.
    """

    asked: Callable[[dict[str, Any]], Any]
    job: Callable[[LoadedModel, EmotionVectors, Any, ActivationCache, _Stopped], Job[Any]]
    save: Callable[[Any], Mapping[str, bytes]]
    require: Callable[[Settings, Any], None] | None = None
    partial: bool = False
    texts: Callable[[EmotionVectors, Any], list[str]] = lambda vectors, asked: strings_in(asked)


def _sweep_size(limits: Settings, asked: SweepSettings) -> None:
    require_sweep(limits, n_texts(asked), asked.max_new_tokens)


def _matrix_size(limits: Settings, asked: CrossTalkSettings) -> None:
    require_sweep(limits, n_matrix_texts(asked, len(asked.emotions)), asked.max_new_tokens)


def _next_size(limits: Settings, asked: SweepSettings) -> None:
    require_sweep(limits, len(asked.prompts) * len(asked.strengths) * (1 + asked.controls), 1)


def _behaviors_size(limits: Settings, asked: dict[str, Any]) -> None:
    behaviors.require_size(limits, from_plain(BehaviorSettings, asked["settings"]))


def _sets_asked(described: dict[str, Any]) -> list[dict[str, str]]:
    """The noted names of prompt sets; those that did not come with the vectors have to be built in."""
    named: list[dict[str, str]] = require_asked(described if "sets" in described else None)["sets"]
    carried = (described.get("build") or {}).get("prompt_sets", [])
    named_sets([one for one in named if one not in carried])
    return named


def _without_asked(described: dict[str, Any]) -> dict[str, Any]:
    asked: dict[str, Any] = require_asked(described.get("without"))
    return {**asked, "sets": _sets_asked({**described, "sets": asked["sets"]})}


def _texts_of_sets(vectors: EmotionVectors, asked: list[dict[str, str]]) -> list[str]:
    return texts_of(named_sets(asked, vectors))


def _own_texts(vectors: EmotionVectors, asked: object) -> list[str]:
    return texts_of(vectors.prompt_sets)


AGAIN: dict[str, Again] = {
    sweeps.KIND: Again(
        lambda described: from_plain(SweepSettings, described["settings"]),
        sweep,
        sweeps.save_sweep,
        _sweep_size,
        partial=True,
    ),
    crosstalks.KIND: Again(
        lambda described: from_plain(CrossTalkSettings, described["settings"]),
        lambda model, vectors, asked, cache, stopped: crosstalk(model, vectors, asked, stopped),
        crosstalks.save_crosstalk,
        _matrix_size,
        partial=True,
    ),
    next_tokens.KIND: Again(
        lambda described: from_plain(SweepSettings, described["settings"]),
        lambda model, vectors, asked, cache, stopped: next_token_dose(model, vectors, asked),
        next_tokens.save_next_token,
        _next_size,
    ),
    readings.KIND: Again(
        lambda described: reading_of(described.get("asked")),
        lambda model, vectors, asked, cache, stopped: readings.read(model, vectors, asked, cache),
        readings.save_reading,
    ),
    preferences.KIND: Again(
        lambda described: preferences_of(described.get("asked")),
        lambda model, vectors, asked, cache, stopped: preferences.ask_and_steer(model, vectors, asked, cache),
        preferences.save_preferences,
    ),
    behaviors.KIND: Again(  # the texts before its scenarios come from the vectors
        lambda described: require_asked(described.get("asked")),
        lambda model, vectors, asked, cache, stopped: behaviors.measure(
            model, vectors, behaviors_of(asked, vectors), cache
        ),
        behaviors.save_behaviors,
        _behaviors_size,
    ),
    heldouts.KIND: Again(
        _sets_asked,
        lambda model, vectors, asked, cache, stopped: heldout(model, vectors, named_sets(asked, vectors), cache),
        heldouts.save_heldout,
        texts=_texts_of_sets,
    ),
    checkups.CONFOUNDS: Again(
        _sets_asked,
        lambda model, vectors, asked, cache, stopped: checkups.confounds(
            model, vectors, named_sets(asked, vectors), cache
        ),
        checkups.save_confounds,
        texts=_texts_of_sets,
    ),
    checkups.SIZES: Again(
        lambda described: None,
        lambda model, vectors, asked, cache, stopped: checkups.sizes(model, vectors, cache),
        checkups.save_sizes,
        texts=_own_texts,
    ),
    variants.KIND: Again(
        lambda described: None,
        lambda model, vectors, asked, cache, stopped: variants.compare(model, vectors, cache),
        variants.save_variants,
        texts=_own_texts,
    ),
    ORTHOGONAL: Again(
        _without_asked,
        lambda model, vectors, asked, cache, stopped: orthogonal.without(
            model, vectors, asked["emotions"], named_sets(asked["sets"], vectors), cache
        ),
        builds.save_build,
        texts=lambda vectors, asked: texts_of(named_sets(asked["sets"], vectors)),
    ),
}


def again_of(kind: str, described: dict[str, Any]) -> Again:
    """How a run over vectors is done again.

    Raises:
        RunError: A run of this kind cannot be.
    """
    name = ORTHOGONAL if "without" in described else kind
    if name not in AGAIN:
        raise RunError("This run cannot be done again from what is stored", remedy="Start again from the form")
    return AGAIN[name]
