"""The figures of a cross-talk matrix from its texts: mean changes, bands, specificity, coherence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.geometry.claims import holm
from emotion_core.steering.band import against_kinds
from emotion_core.steering.coherence import coherence_limits
from emotion_core.steering.generate import Written
from emotion_core.steering.measures import repetition


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


def column_bands(controls: FloatArray, kinds: Sequence[str]) -> FloatArray:
    """What 95 % of controls of every kind do to each read emotion, float32 [emotions, 2]; nan with too few of them.

    Args:
        controls: float32 [controls, emotions], mean changes.
        kinds: Of the controls.
    """
    bands = [against_kinds(float("nan"), column, kinds, tail=0.025) for column in controls.T]
    ends = [(np.nan, np.nan) if band is None else (band.low, band.high) for band in bands]
    return np.array(ends, dtype=np.float32).reshape(-1, 2)


def own_tests(
    own: FloatArray, controls: FloatArray, kinds: Sequence[str], strength: float
) -> tuple[FloatArray, FloatArray]:
    """Does steering with an emotion move its own reading more than steering with a control moves the control's own?

    Only in the direction of the strength: a reading that falls where it was pushed up is no effect of the emotion.

    Args:
        own: float32 [emotions], change of the own reading.
        controls: float32 [controls], change of each control's reading along itself.
        kinds: Of the controls.
        strength: Whose sign counts.

    Returns:
        p of each emotion, corrected for all of them (Holm), float32 [emotions]; and the ends between which the
        controls fall, one in twenty beyond each, float32 [2]. nan with too few controls.
    """
    sign = 1.0 if strength > 0 else -1.0
    tests = [against_kinds(sign * float(change), sign * controls.astype(np.float64), kinds) for change in own]
    p_values = np.array(
        [np.nan if t is None or not np.isfinite(c) else t.p_value for t, c in zip(tests, own, strict=True)]
    )
    first = next((test for test in tests if test is not None), None)
    ends = (np.nan, np.nan) if first is None else sorted((sign * first.low, sign * first.high))
    return holm(p_values).astype(np.float32), np.array(ends, dtype=np.float32)


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
    broken = np.array([w.broken for w in written])
    limits = coherence_limits(rows, surprise, repeated)
    coherent = []
    for direction in range(n_emotions):
        index = [i for i, r in enumerate(rows) if r.reported and r.strength and r.direction == direction]
        coherent.append(limits.keeps(surprise[index], repeated[index], broken[index]))
    return tuple(coherent)
