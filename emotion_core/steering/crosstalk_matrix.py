"""The figures of a cross-talk matrix from its texts: mean changes, bands, specificity, coherence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from emotion_core.steering.band import null_band
from emotion_core.steering.coherence import coherence_limits
from emotion_core.steering.generate import Written
from emotion_core.steering.measures import repetition
from emotion_core.tracing.activations import FloatArray


def mean_changes(written: Sequence[Written], readings: FloatArray, n_directions: int) -> FloatArray:
    """Mean change of every reading against the unsteered text of the same noise, float32 [directions, emotions]."""
    unsteered = {
        (w.row.prompt, w.row.sample): i for i, w in enumerate(written) if w.row.reported and not w.row.strength
    }
    table = np.full((n_directions, readings.shape[1]), np.nan, dtype=np.float32)
    cells: list[list[int]] = [[] for _ in range(n_directions)]
    for i, w in enumerate(written):
        if w.row.reported and w.row.strength and not w.broken:
            cells[w.row.direction].append(i)
    for direction, index in enumerate(cells):
        zero = [unsteered[written[i].row.prompt, written[i].row.sample] for i in index]
        changes = readings[index] - readings[zero]
        changes = changes[np.isfinite(changes).all(1)]
        if len(changes):
            table[direction] = changes.mean(0)
    return table


def column_bands(controls: FloatArray) -> FloatArray:
    """The null band of every read emotion from the controls' mean changes, float32 [emotions, 2].

    Args:
        controls: float32 [controls, emotions]; those without a readable text do not count.
    """
    usable = controls[np.isfinite(controls).all(1)]
    bands = [null_band([float(c) for c in column], len(usable)) for column in usable.T]
    return np.array([band or (np.nan, np.nan) for band in bands], dtype=np.float32).reshape(-1, 2)


def specificity(matrix: FloatArray) -> FloatArray:
    """Own change minus the mean of the others in the row, float32 [emotions]; nan with a single emotion."""
    n = len(matrix)
    if n < 2:
        return np.full(n, np.nan, dtype=np.float32)
    own = np.diagonal(matrix)
    others = (matrix.sum(axis=1) - own) / (n - 1)
    difference: FloatArray = (own - others).astype(np.float32)
    return difference


def coherent_rows(written: Sequence[Written], surprise: np.ndarray[Any, Any], n_emotions: int) -> tuple[bool, ...]:
    """Whether the texts of each steered emotion keep the unsteered texts' limits on average and none broke."""
    rows = [w.row for w in written]
    repeated = np.array([repetition(w.ids) for w in written])
    highest, loops = coherence_limits(rows, surprise, repeated)
    found = []
    for direction in range(n_emotions):
        index = [i for i, r in enumerate(rows) if r.reported and r.strength and r.direction == direction]
        seen = surprise[index][np.isfinite(surprise[index])]
        whole = not any(written[i].broken for i in index)
        found.append(bool(whole and len(seen) and seen.mean() <= highest and repeated[index].mean() <= loops))
    return tuple(found)
