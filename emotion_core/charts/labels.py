"""Which points of a crowded scatter get their name written beside them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from emotion_core.evaluation.auroc import Array

# Pixels of the plot that the choice is made for, and of a letter; on a wider page names only get more room.
PLOT = (620.0, 420.0)
_LETTER, _LINE, _GAP, _DOT = 6.2, 13.0, 7.0, 4.0


def readable(x: Array, y: Array, names: Sequence[str], always: Sequence[str] = ()) -> list[bool]:
    """Chooses names that cover neither each other nor a point: first those asked for, then from the outside in.

    Args:
        x: float64 [points].
        y: float64 [points].
        names: One a point, written to the right of it.
        always: Names that are written whatever they cover.

    Returns:
        Whether to write each name.
    """
    across, down = _scaled(x, PLOT[0]), _scaled(y, PLOT[1])
    outside = -np.hypot((across - PLOT[0] / 2) / PLOT[0], (down - PLOT[1] / 2) / PLOT[1])
    order = sorted(range(len(names)), key=lambda i: (names[i] not in always, outside[i]))
    dots = [(across[i] - _DOT, down[i] - _DOT, across[i] + _DOT, down[i] + _DOT) for i in range(len(names))]
    boxes: list[tuple[float, float, float, float]] = []
    chosen = [False] * len(names)
    for i in order:
        left, top = across[i] + _GAP, down[i] - _LINE / 2
        box = (left, top, left + _LETTER * len(names[i]), top + _LINE)
        others = boxes + dots[:i] + dots[i + 1 :]
        if names[i] in always or not any(_overlap(box, other) for other in others):
            chosen[i] = True
            boxes.append(box)
    return chosen


def _scaled(values: Array, size: float) -> Array:
    low, high = np.nanmin(values), np.nanmax(values)
    scaled: Array = (values - low) / (high - low) * size if high > low else np.full(len(values), size / 2)
    return scaled


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
