"""Imports a file for a model, as a job: strengths need the model's residual norms, which no other tool keeps."""

from __future__ import annotations

import numpy as np

from emotion_core.base.activations import ReadingPosition
from emotion_core.base.cache import ActivationCache
from emotion_core.base.jobs import Job
from emotion_core.exchange.complete import check_fit, complete
from emotion_core.exchange.found import Answers, Found
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.record import record
from emotion_core.vectors.build import neutral_texts
from emotion_core.vectors.emotion_vectors import EmotionVectors


def import_vectors(
    model: LoadedModel, found: Found, answers: Answers, cache: ActivationCache | None = None
) -> Job[EmotionVectors]:
    """Measures the residual norms over neutral text and completes the vectors.

    Raises:
        VectorFileError: The vectors do not fit the model.
        SettingsError: A name or a layer is missing.
        ModelError: The neutral texts cannot be read.
    """
    check_fit(found, answers, model.info)
    reading = ReadingPosition()
    neutral = yield from record(model, neutral_texts(model, reading), reading, cache)
    norms = neutral.token_norms.mean(axis=0, dtype=np.float64).astype(np.float32)
    return complete(found, answers, model.info, norms)
