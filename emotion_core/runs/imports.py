"""An import as a run: another tool's vectors completed for a model, whose residual norms have to be measured."""

from __future__ import annotations

import json

from emotion_core.base.cache import ActivationCache
from emotion_core.exchange.found import Answers, Found
from emotion_core.exchange.open_file import check_fit, import_vectors
from emotion_core.models.owner import ModelOwner
from emotion_core.runs.builds import VECTORS_FILE
from emotion_core.runs.registry import JobRegistry
from emotion_core.vectors.file import vector_bytes

KIND = "upload"  # as a vector file that was opened: a run with vectors and nothing else


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
    run_id = registry.store.create(KIND, json.dumps(described))
    job = import_vectors(owner.model, found, answers, cache)
    return registry.start(run_id, job, lambda made: {VECTORS_FILE: vector_bytes(made)}, owner.submit)
