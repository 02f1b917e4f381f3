"""Orthogonalised vectors as a run: a vector set of its own, with held-out scores, that every page can use."""

from __future__ import annotations

import json
from collections.abc import Sequence

from emotion_core.errors import SettingsError
from emotion_core.evaluation.heldout import heldout
from emotion_core.evaluation.orthogonalise import orthogonalise
from emotion_core.evaluation.scores import SCORES_VERSION, HeldOutScores
from emotion_core.models.loaded import LoadedModel
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs.builds import KIND, BuildResult, save_build
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import schema
from emotion_core.runs.keys import content_key, vectors_digest
from emotion_core.runs.limits import require_texts, texts_of, within_tokens
from emotion_core.runs.progress import Job
from emotion_core.runs.recipes import described_sets, described_vectors
from emotion_core.runs.registry import JobRegistry
from emotion_core.vectors.emotion_vectors import EmotionVectors


def start_orthogonal(
    registry: JobRegistry,
    owner: ModelOwner,
    vectors: EmotionVectors,
    emotions: Sequence[str],
    sets: Sequence[PromptSet],
    cache: ActivationCache,
    label: str,
) -> str:
    """Starts projecting directions out of vectors, or finds the finished run; returns its run id.

    Args:
        registry: Of the live runs.
        owner: Of the model.
        vectors: The vectors.
        emotions: Emotions of the vectors that are projected out.
        sets: Confound sets whose vectors are projected out.
        cache: Activations read before.
        label: Name of the vectors, for the new set's label.

    Raises:
        LimitError: The sets have more texts than the limits of the registry allow.
    """
    require_texts(registry.limits, sets)
    info = owner.model.info
    hashes = [one.sha256 for one in (*sets, *vectors.prompt_sets)]
    shape = [schema(HeldOutScores), SCORES_VERSION]
    key = content_key("orthogonal", shape, info.fingerprint, vectors_digest(vectors), list(emotions), hashes)
    found = registry.existing(KIND, key, share=False)
    if found is not None:
        return found
    names = ", ".join([*emotions, *(name for one in sets for name in one.emotions)])
    described = {
        "label": f"{label} without {names}",
        "model": info.name,
        "fingerprint": info.fingerprint,
        **described_vectors(vectors),
        "without": {"emotions": list(emotions), "sets": described_sets(sets)},
    }
    run_id = registry.store.create(KIND, json.dumps(described), key=key)
    work = without(owner.model, vectors, emotions, sets, cache)
    job = within_tokens(registry.limits, owner.model, texts_of(sets), work)
    return registry.start(run_id, job, save_build, owner.submit)


def without(
    model: LoadedModel,
    vectors: EmotionVectors,
    emotions: Sequence[str],
    sets: Sequence[PromptSet],
    cache: ActivationCache,
) -> Job[BuildResult]:
    """What is left of the vectors and its scores, as one job."""
    left = yield from orthogonalise(model, vectors, emotions=emotions, sets=sets, cache=cache)
    try:
        scores = yield from heldout(model, left, left.prompt_sets, cache)
    except SettingsError as error:
        return BuildResult(left, None, error.message)
    return BuildResult(left, scores)
