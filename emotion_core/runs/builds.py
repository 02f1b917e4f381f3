"""A build as a run: vectors from prompt sets, and their held-out scores, stored together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from emotion_core.base.activations import RECORDER_VERSION, ActivationCache, ModelInfo
from emotion_core.base.errors import SettingsError
from emotion_core.base.jobs import Job
from emotion_core.evaluation.heldout import heldout
from emotion_core.evaluation.scores import SCORES_VERSION, HeldOutScores
from emotion_core.exchange.open_file import Answers, Found, check_fit, import_vectors
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.builtin import built_in_confounds, load_prompts
from emotion_core.prompts.prompt_set import PromptSet, n_units, spelled_alike
from emotion_core.runs.codec import content_key, from_bytes, schema, settings_json, to_bytes
from emotion_core.runs.limits import require_texts, texts_of, within_tokens
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.vectors.build import NEUTRAL_SET, build
from emotion_core.vectors.emotion_vectors import BuildSettings, EmotionVectors
from emotion_core.vectors.file import load_vectors, vector_bytes

# Raised where an estimator gives other vectors from the same texts: the logistic regression is fitted to its end.
_REVISED = {"logistic": 1}
KIND = "build"
ALONE = "vectors"  # vectors without scores, as commands and the rows of a table build them
VECTORS_FILE = "vectors.safetensors"
SCORES_FILE = "heldout.safetensors"
_REASON_FILE = "not-scored.txt"


@dataclass(frozen=True)
class BuildResult:
    """What a finished build left.

    Attributes:
        vectors: The vectors.
        scores: Their held-out scores on their own prompt sets; None where nothing is held out.
        reason: Why there are no scores; empty where there are.
    """

    vectors: EmotionVectors
    scores: HeldOutScores | None
    reason: str = ""


def build_key(fingerprint: str, prompt_sets: tuple[PromptSet, ...], settings: BuildSettings) -> str:
    """What the result of a build depends on."""
    sets = [one.sha256 for one in (*prompt_sets, load_prompts(NEUTRAL_SET), *built_in_confounds())]
    version = SCORES_VERSION + _REVISED.get(settings.estimator, 0)
    return content_key(KIND, schema(HeldOutScores), version, RECORDER_VERSION, fingerprint, sets, settings)


def find_or_build(
    store: RunStore,
    model: LoadedModel,
    sets: Sequence[PromptSet],
    settings: BuildSettings,
    cache: ActivationCache | None,
) -> Job[EmotionVectors]:
    """Vectors as a job: those of a finished build of these sets, else built and kept."""
    info, chosen = model.info, spelled_alike(sets)
    key = build_key(info.fingerprint, chosen, settings)
    run = store.find(KIND, key) or store.find(ALONE, key)
    if run is not None:
        return load_vectors(store.read(run.id, VECTORS_FILE))
    vectors = yield from build(model, chosen, settings, cache)
    run_id = store.create(ALONE, _described(info, chosen, settings), key=key)
    store.finish(run_id, {VECTORS_FILE: vector_bytes(vectors)})
    return vectors


def _described(info: ModelInfo, prompt_sets: tuple[PromptSet, ...], settings: BuildSettings) -> str:
    return json.dumps(
        {
            "label": " + ".join(one.name for one in prompt_sets),
            "model": info.name,
            "fingerprint": info.fingerprint,
            "prompt_sets": [{"name": s.name, "sha256": s.sha256, "units": n_units(s.texts)} for s in prompt_sets],
            "settings": settings_json(settings),
        }
    )


def start_build(
    registry: JobRegistry,
    owner: ModelOwner,
    prompt_sets: tuple[PromptSet, ...],
    settings: BuildSettings,
    cache: ActivationCache,
    *,
    share: bool = False,
) -> str:
    """Starts a build, or finds the finished one with the same content, and returns its run id.

    Args:
        registry: Of the live runs.
        owner: Of the model.
        prompt_sets: What to build from.
        settings: How.
        cache: Activations read before.
        share: Join an unfinished run with the same content instead of starting a second one.

    Raises:
        LimitError: More texts, or more open jobs, than the limits of the registry allow.
    """
    require_texts(registry.limits, prompt_sets)
    key = build_key(owner.info.fingerprint, prompt_sets, settings)
    found = registry.existing(KIND, key, share=share)
    if found is not None:
        return found
    run_id = registry.store.create(KIND, _described(owner.info, prompt_sets, settings), key=key)
    texts = texts_of(prompt_sets)
    job = within_tokens(registry.limits, owner.model, texts, build_and_score(owner, prompt_sets, settings, cache))
    return registry.start(run_id, job, save_build, owner.submit)


def build_and_score(
    owner: ModelOwner, prompt_sets: tuple[PromptSet, ...], settings: BuildSettings, cache: ActivationCache
) -> Job[BuildResult]:
    """Builds the vectors and scores them on the held-out rows, as one job."""
    vectors = yield from build(owner.model, prompt_sets, settings, cache)
    try:
        scores = yield from heldout(owner.model, vectors, prompt_sets, cache)
    except SettingsError as error:
        # Nothing is held out: the vectors are good to have all the same.
        return BuildResult(vectors, None, error.message)
    return BuildResult(vectors, scores)


def save_build(result: BuildResult) -> dict[str, bytes]:
    """The files of a finished build."""
    vectors = vector_bytes(result.vectors)
    if result.scores is None:
        return {VECTORS_FILE: vectors, _REASON_FILE: result.reason.encode()}
    return {VECTORS_FILE: vectors, SCORES_FILE: to_bytes(result.scores)}


def load_build(store: RunStore, run_id: str) -> BuildResult:
    """A finished build from its files.

    Raises:
        RunError: A file is missing, or was written by an incompatible version.
        VectorFileError: The vector file is damaged.
    """
    vectors = load_vectors(store.read(run_id, VECTORS_FILE))
    if _REASON_FILE in store.files(run_id):
        return BuildResult(vectors, None, store.read(run_id, _REASON_FILE).decode())
    if store.get(run_id).kind != KIND:  # a file that was opened or imported
        return BuildResult(vectors, None, "They were not built here, so they are scored on texts you choose.")
    return BuildResult(vectors, from_bytes(HeldOutScores, store.read(run_id, SCORES_FILE)))


# An import as a run: another tool's vectors completed for a model, whose residual norms have to be measured.

UPLOAD = "upload"  # as a vector file that was opened: a run with vectors and nothing else


def start_import(
    registry: JobRegistry, owner: ModelOwner, found: Found, answers: Answers, cache: ActivationCache
) -> str:
    """Starts an import and returns its run id.

    Raises:
        VectorFileError: The vectors do not fit the model; nothing is started.
        SettingsError: A name or a layer is missing; nothing is started.
    """
    info = owner.info
    check_fit(found, answers, info)
    described = {"label": f"{found.source} (imported)", "model": info.name, "fingerprint": info.fingerprint}
    run_id = registry.store.create(UPLOAD, json.dumps(described))
    job = import_vectors(owner.model, found, answers, cache)
    return registry.start(run_id, job, lambda made: {VECTORS_FILE: vector_bytes(made)}, owner.submit)
