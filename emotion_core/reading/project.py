"""Projections of a text of any length, window by window, so that memory is bounded by what is kept of a window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from emotion_core.models.encode import Encoding
from emotion_core.models.loaded import LoadedModel
from emotion_core.reading.baseline import Baseline
from emotion_core.reading.windows import windows
from emotion_core.runs.progress import Job, Progress
from emotion_core.tracing.activations import FloatArray
from emotion_core.tracing.tokens import project_layers

T = TypeVar("T")
# Windows that are projected together.
AT_ONCE = 4


def read_windows(
    model: LoadedModel, baseline: Baseline, encoding: Encoding, take: Callable[[FloatArray, FloatArray], T]
) -> Job[list[T]]:
    """Reads a text on all directions of a baseline, as a job, and keeps what `take` makes of each window.

    Args:
        model: The model.
        baseline: Directions and zero points.
        encoding: The text.
        take: Gets the projections of a window's own tokens and the same standardised, both float32
            [tokens, layers, emotions + random]; a token's position is that in its window.
    """
    found: list[T] = []
    parts = windows(len(encoding), model.info.context)
    for first in range(0, len(parts), AT_ONCE):
        group = parts[first : first + AT_ONCE]
        cuts = [Encoding(encoding.ids[one.start : one.end], encoding.content[one.start : one.end]) for one in group]
        projected = yield from project_layers(model, cuts, baseline.by_layer)
        for one, rows in zip(group, projected, strict=True):
            own = one.first_kept - one.start
            found.append(take(rows[own:], baseline.tokens(rows)[own:]))
        if len(parts) > 1:
            yield Progress(len(found), len(parts), "reading windows")
    return found
