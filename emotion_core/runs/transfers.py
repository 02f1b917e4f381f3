"""Transfer between sources as a run: vectors of one set on the texts of another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from emotion_core.evaluation.transfer import TRANSFER_VERSION, Contrast, Transfer, plan_transfer, transfer
from emotion_core.models.owner import ModelOwner
from emotion_core.prompts.prompt_set import PromptSet
from emotion_core.runs.cache import ActivationCache
from emotion_core.runs.codec import from_bytes, from_plain, schema, to_bytes
from emotion_core.runs.keys import content_key, settings_json, vectors_digest
from emotion_core.runs.limits import require_texts, texts_of, within_tokens
from emotion_core.runs.recipes import described_sets, described_vectors
from emotion_core.runs.registry import JobRegistry
from emotion_core.runs.store import RunStore
from emotion_core.vectors.emotion_vectors import EmotionVectors

KIND = "transfer"
_FILE = "transfer.safetensors"


def start_transfer(
    registry: JobRegistry,
    owner: ModelOwner,
    vectors: EmotionVectors,
    target: PromptSet,
    contrast: Contrast | None,
    cache: ActivationCache,
    *,
    untrained: bool = False,
) -> str:
    """Starts scoring, or finds the finished run with the same content, and returns its run id.

    Raises:
        LimitError: There are more texts than the limits of the registry allow.
        SettingsError: Nothing of the target belongs to a direction, see `plan_transfer`.
        VectorFileError: An emotion of the contrast is unknown.
    """
    require_texts(registry.limits, (*vectors.prompt_sets, target))
    plan_transfer(vectors, target, contrast)  # refused now, not when its turn has come
    sides = None if contrast is None else settings_json(contrast)
    made = [vectors.estimator, vectors.neutral_projection, vectors.seed]
    sets = [one.sha256 for one in (*vectors.prompt_sets, target)]
    shape = [schema(Transfer), TRANSFER_VERSION]
    key = content_key(KIND, shape, owner.model.info.fingerprint, vectors_digest(vectors), made, sets, sides, untrained)
    found = registry.existing(KIND, key, share=False)
    if found is not None:
        return found
    source = " + ".join(one.name for one in vectors.prompt_sets)
    described = {
        "label": f"from {source} to {target.name}",
        "model": owner.model.info.name,
        "fingerprint": owner.model.info.fingerprint,
        **described_vectors(vectors),
        "sets": described_sets([target]),
        "contrast": sides,
        "untrained": untrained,
    }
    run_id = registry.store.create(KIND, json.dumps(described), key=key)
    job = transfer(owner.model, vectors, target, contrast, cache, untrained=untrained)
    texts = texts_of((*vectors.prompt_sets, target))
    return registry.start(run_id, within_tokens(registry.limits, owner.model, texts, job), save_transfer, owner.submit)


def contrast_of(described: Mapping[str, Any]) -> Contrast | None:
    """The sides that a run was asked for, from its settings.

    Raises:
        RunError: They were written by an incompatible version.
    """
    sides = described.get("contrast")
    return None if sides is None else from_plain(Contrast, sides)


def save_transfer(result: Transfer) -> dict[str, bytes]:
    """The files of a finished transfer."""
    return {_FILE: to_bytes(result)}


def load_transfer(store: RunStore, run_id: str) -> Transfer:
    """A finished transfer from its file.

    Raises:
        RunError: The file is missing, or was written by an incompatible version.
    """
    return from_bytes(Transfer, store.read(run_id, _FILE))
