"""Where the model still makes sense: limits from the unsteered texts, and the stretch of strengths that keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from emotion_core.steering.plan import PlannedRow

Numbers = npt.NDArray[np.float64]

# A strength is coherent while the mean of its texts lies within this many standard deviations (of single unsteered
# texts) of the unsteered mean, on either side: texts as predictable as a loop have left it as those that fall apart.
COHERENCE_SDS = 1.0
# Room for repetition beyond the same limit: its standard deviation is often 0 in short unsteered texts.
REPETITION_ROOM = 0.05


class Limits(NamedTuple):
    """What counts as coherent, for the mean of the texts of a strength.

    Attributes:
        surprise: Highest surprise, nats a token.
        repetition: Highest repetition, a share.
        least_surprise: Lowest surprise.
    """

    surprise: float
    repetition: float
    least_surprise: float

    def keeps(self, surprise: Numbers, repeated: Numbers, broken: npt.NDArray[np.bool_]) -> bool:
        """Whether texts keep the limits on average and none broke; their surprise is nan where they are empty."""
        seen = surprise[np.isfinite(surprise)]
        if not len(seen) or broken.any():
            return False
        return bool(self.least_surprise <= seen.mean() <= self.surprise and repeated.mean() <= self.repetition)


def coherence_limits(rows: Sequence[PlannedRow], surprise: Numbers, repeated: Numbers) -> Limits:
    """Surprise (nats a token) and repetition (share) that count as coherent, from the sampled unsteered texts."""
    baseline = np.array([row.unsteered and not row.greedy for row in rows])
    nats = surprise[baseline & np.isfinite(surprise)]
    loops = repeated[baseline]
    if len(nats) < 2:
        return Limits(float("inf"), float("inf"), float("-inf"))
    room = COHERENCE_SDS * float(nats.std(ddof=1))
    most = float(loops.mean() + COHERENCE_SDS * loops.std(ddof=1) + REPETITION_ROOM)
    return Limits(float(nats.mean()) + room, most, float(nats.mean()) - room)


def usable_window(strengths: Sequence[float], coherent: dict[float, bool]) -> tuple[float, float]:
    """The largest stretch of neighbouring coherent strengths that holds 0."""
    ordered = sorted(strengths)
    low = high = ordered.index(0.0)
    while low > 0 and coherent[ordered[low - 1]]:
        low -= 1
    while high < len(ordered) - 1 and coherent[ordered[high + 1]]:
        high += 1
    return ordered[low], ordered[high]


def outer_strengths(window: tuple[float, float]) -> tuple[float, ...]:
    """The ends of a window that steer: what controls are written at."""
    return tuple(s for s in window if s != 0)
