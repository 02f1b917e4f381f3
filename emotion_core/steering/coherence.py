"""Where the model still makes sense: limits from the unsteered texts, and the stretch of strengths that keeps them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from emotion_core.steering.plan import PlannedRow

Numbers = npt.NDArray[np.float64]

# A strength is coherent while its mean surprise and repetition stay within this many standard deviations of the
# unsteered texts' mean ...
COHERENCE_SDS = 2.0
# ... with this much room for repetition, whose standard deviation is often 0 in short unsteered texts.
REPETITION_ROOM = 0.05


def coherence_limits(rows: Sequence[PlannedRow], surprise: Numbers, repeated: Numbers) -> tuple[float, float]:
    """Highest surprise (nats a token) and repetition (share) that count as coherent, from the unsteered texts."""
    baseline = np.array([row.unsteered and not row.greedy for row in rows])
    nats = surprise[baseline & np.isfinite(surprise)]
    loops = repeated[baseline]
    if len(nats) < 2:
        return (float("inf"), float("inf"))
    limit = float(nats.mean() + COHERENCE_SDS * nats.std(ddof=1))
    return limit, float(loops.mean() + COHERENCE_SDS * loops.std(ddof=1) + REPETITION_ROOM)


def usable_window(strengths: Sequence[float], coherent: dict[float, bool]) -> tuple[float, float]:
    """The largest stretch of neighbouring coherent strengths that holds 0."""
    ordered = sorted(strengths)
    low = high = ordered.index(0.0)
    while low > 0 and coherent[ordered[low - 1]]:
        low -= 1
    while high < len(ordered) - 1 and coherent[ordered[high + 1]]:
        high += 1
    return ordered[low], ordered[high]
