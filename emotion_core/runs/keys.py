"""Content keys of runs: the same key, the same result."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from typing import Any

from emotion_core.vectors.emotion_vectors import EmotionVectors

# Raise it when results computed before must not be shown again.
RESULT_VERSION = 3


def settings_json(settings: Any) -> dict[str, Any]:
    """A settings dataclass as plain JSON values."""
    return dataclasses.asdict(settings)


def content_key(*parts: object) -> str:
    """sha256 over everything a result depends on; dataclasses count by their fields.

    The version of the package is not among them: what a release changes in a result raises the version of its kind.

    Args:
        *parts: Fingerprints, hashes and settings, in a fixed order.
    """
    plain = [settings_json(part) if dataclasses.is_dataclass(part) else part for part in parts]
    document = json.dumps([RESULT_VERSION, *plain], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(document.encode()).hexdigest()


def vectors_digest(vectors: EmotionVectors) -> str:
    """sha256 over what vectors contribute to a result: model, emotions, numbers, layers, reading position."""
    digest = hashlib.sha256(vectors.model.fingerprint.encode())
    for array in (vectors.values, vectors.residual_norms, vectors.train_midpoints):
        digest.update(array.tobytes())
    layers = [list(vectors.selected_layers), vectors.selected_layer]
    digest.update(json.dumps([list(vectors.emotions), layers, vectors.reading.key]).encode())
    return digest.hexdigest()
