"""Readings of generated texts in standard deviations of the unsteered ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.steering.plan import PlannedRow


def standardise(rows: Sequence[PlannedRow], readings: FloatArray) -> FloatArray:
    """Readings in standard deviations of the unsteered texts, centred prompt by prompt.

    The mean is each prompt's own; the standard deviation is pooled over prompts, within prompts.
    """
    prompts = np.array([row.prompt for row in rows])
    baseline = np.array([row.unsteered and not row.greedy for row in rows])
    if not baseline.any():
        baseline = np.array([row.unsteered for row in rows])
    baseline &= np.isfinite(readings).all(1)
    centred = np.full(readings.shape, np.nan, dtype=np.float64)
    squares, freedom = np.zeros(readings.shape[1]), 0
    for prompt in np.unique(prompts):
        own = readings[baseline & (prompts == prompt)].astype(np.float64)
        if not len(own):
            continue
        mine = prompts == prompt
        centred[mine] = readings[mine] - own.mean(0)
        squares += ((own - own.mean(0)) ** 2).sum(0)
        freedom += len(own) - 1
    spread = np.sqrt(squares / freedom) if freedom > 0 else np.zeros_like(squares)
    scaled = np.divide(centred, spread, out=np.full_like(centred, np.nan), where=spread > 0)
    return scaled.astype(np.float32)
