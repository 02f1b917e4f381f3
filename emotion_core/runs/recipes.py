"""What vectors were made from, kept with every run over them, and the vectors again when only that is left."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from emotion_core import __version__
from emotion_core.base.activations import ActivationCache
from emotion_core.base.errors import EmotionCoreError, RunError
from emotion_core.base.jobs import Job
from emotion_core.models.loaded import LoadedModel
from emotion_core.prompts.builtin import PLANTED, builtin_names, load_prompts
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs import builds
from emotion_core.runs.codec import from_plain, settings_json, vectors_digest
from emotion_core.runs.store import Run, RunStore
from emotion_core.vectors.build import build
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors
from emotion_core.vectors.file import load_vectors

_LOOKED_AT = 100  # finished builds whose vectors are compared with those of a run
_FORM = "Start again from the form"


def described_vectors(vectors: EmotionVectors) -> dict[str, Any]:
    """What a run over vectors notes down of them: their digest, and what they were built from."""
    return {"vectors": vectors_digest(vectors), "build": _recipe_of(vectors)}


def origin(model: str, fingerprint: str, texts: Sequence[str] = ()) -> str:
    """The line that says where a figure is from.

    Args:
        model: Its name.
        fingerprint: Of its weights.
        texts: Names of the prompt sets that vectors were built from; none where they are not known.

    Example:
        >>> origin("demo", "f968ba34c9cbd3b6", ["fear-calm"])
        'Model demo (f968ba34c9cb), vectors from fear-calm. Emotion directions 0.2.0.'
    """
    vectors = f", vectors from {' + '.join(texts)}" if texts else ""
    return f"Model {model} ({fingerprint[:12]}){vectors}. Emotion directions {__version__}."


def origin_of(run: Run) -> str:
    """The same of what a run made."""
    described = json.loads(run.settings)
    recipe = described.get("build") or described
    texts = [one["name"] for one in recipe.get("prompt_sets", ())]
    return origin(described.get("model", ""), described.get("fingerprint", ""), texts)


def origin_of_vectors(vectors: EmotionVectors) -> str:
    """The same of what is computed from vectors."""
    return origin(vectors.model.name, vectors.model.fingerprint, [one.name for one in vectors.prompt_sets])


def is_over(run: Run, vectors: EmotionVectors) -> bool:
    """Whether a run was made with these vectors."""
    return bool(json.loads(run.settings).get("vectors") == vectors_digest(vectors))


def _recipe_of(vectors: EmotionVectors) -> dict[str, Any] | None:
    if not vectors.prompt_sets:
        return None
    return {
        "prompt_sets": described_sets(vectors.prompt_sets),
        "settings": {
            "estimator": vectors.estimator,
            "reading": settings_json(vectors.reading),
            "neutral_projection": vectors.neutral_projection,
            "seed": vectors.seed,
        },
    }


def described_sets(sets: Sequence[PromptSet]) -> list[dict[str, str]]:
    """What a run over vectors and further prompt sets notes down of the sets; `named_sets` reads it."""
    return [{"name": one.name, "sha256": one.sha256} for one in sets]


def require_recipe(found: object) -> dict[str, Any]:
    """The recipe in the settings of a run.

    Raises:
        RunError: There is none.
    """
    if not isinstance(found, dict) or "prompt_sets" not in found:
        raise RunError("This run cannot be done again from what is stored", remedy=_FORM)
    return found


def sets_of(recipe: dict[str, Any]) -> tuple[PromptSet, ...]:
    """The built-in prompt sets with the recipe's content.

    Raises:
        RunError: One of them was uploaded, or has changed since.
    """
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
        raise RunError("This run cannot be done again from what is stored", remedy=_FORM)
    return tuple(sets)


def named_sets(named: Sequence[dict[str, str]], vectors: EmotionVectors | None = None) -> tuple[PromptSet, ...]:
    """Prompt sets as `described_sets` noted them down: those that the vectors carry, else the built-in ones.

    Raises:
        RunError: One of them is neither.
    """
    carried = {} if vectors is None else {(one.name, one.sha256): one for one in vectors.prompt_sets}
    found = [carried.get((one["name"], one["sha256"])) for one in named]
    return tuple(one or sets_of({"prompt_sets": [name]})[0] for one, name in zip(found, named, strict=True))


def build_settings(recipe: dict[str, Any]) -> BuildSettings:
    """How the recipe reads the sets; recipes of version 0.1 do not say that they read the first token too."""
    settings = recipe["settings"]
    return from_plain(BuildSettings, {**settings, "reading": {"first_token": True, **settings["reading"]}})


def kept_vectors(store: RunStore, described: dict[str, Any]) -> EmotionVectors | None:
    """The vectors of a run, where a build or an upload still holds them, made from the same texts in the same way."""
    wanted = described.get("vectors"), described.get("build")
    for run in store.recent(builds.KIND, _LOOKED_AT) + store.recent("upload", _LOOKED_AT):
        if run.state == "done" and json.loads(run.settings).get("fingerprint") == described["fingerprint"]:
            try:
                vectors = load_vectors(store.read(run.id, builds.VECTORS_FILE))
            except EmotionCoreError:
                continue  # a damaged file is somebody else's trouble
            recipe = json.loads(json.dumps(_recipe_of(vectors)))  # a file of a stranger may name other texts
            if (vectors_digest(vectors), recipe) == wanted:
                return vectors
    return None


def built_again(model: LoadedModel, described: dict[str, Any], cache: ActivationCache) -> Job[EmotionVectors]:
    """The vectors of a run from their recipe.

    Raises:
        RunError: They were built from uploaded texts, or come out different.
    """
    recipe = require_recipe(described.get("build"))
    vectors = yield from build(model, sets_of(recipe), build_settings(recipe), cache)
    if vectors_digest(vectors) != described["vectors"]:
        raise RunError(
            "The vectors of this run are gone, and building them again gives others",
            remedy=_FORM,
        )
    return vectors
