"""Columns of made-up controls, for readings that are made by hand."""

from __future__ import annotations

import numpy as np

from emotion_core.evaluation.controls import Kind
from emotion_core.vectors.estimate import IntArray


def columns(emotions: int, controls: int, kinds: tuple[Kind, ...] = ("random",)) -> list[dict[Kind, IntArray]]:
    """For each emotion the same columns: behind the emotions `controls` of each kind, one kind after another."""
    places = {kind: emotions + i * controls + np.arange(controls) for i, kind in enumerate(kinds)}
    return [places] * emotions
