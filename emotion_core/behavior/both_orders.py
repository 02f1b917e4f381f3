"""Does a model choose between activities at all, or only between first and second?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emotion_core.behavior.pairs import Pairs
from emotion_core.evaluation.controls import rank_p
from emotion_core.stats.correlation import pearson

Array = npt.NDArray[np.float64]
SHUFFLES = 2000
LEVEL = 0.05
NOT_TESTABLE = (
    "Not testable here: which activity is named first decides the answers, what the activities are does not, so there "
    "is no preference that an emotion could go with."
)


@dataclass(frozen=True)
class BothOrders:
    """Whether what is chosen when named first is also chosen when named second.

    Attributes:
        r: Correlation over activities between the share of questions won when named first and that when named second;
            nan where one of the two does not vary, as with a model that always answers the first.
        p_value: Share of shuffled activities that agree as well, (k + 1) / (n + 1); nan as `r`.
    """

    r: float
    p_value: float

    @property
    def testable(self) -> bool:
        """Whether the answers depend on the activities; where they do not, there is no preference to relate to."""
        return bool(np.isfinite(self.p_value) and self.p_value <= LEVEL)


def both_orders(n: int, pairs: Pairs, forth: Array, back: Array, seed: int = 0) -> BothOrders:
    """Reliability of the choices over the two orders, beside shuffled activities.

    The choice itself is compared, not its log-odds: where being named first decides every answer, a difference of the
    log-odds that never shows in an answer is no preference. A model whose answer depends on the words of an activity
    in the same way wherever it stands (so that it says A more often near them) gets a negative r. The questions in
    which an activity stands first and those in which it stands second are different ones, so without preference the
    two shares are independent.

    Args:
        n: Number of activities.
        pairs: int64 [pairs, 2].
        forth: float64 [pairs], log-odds of the first of the pair when it is named first.
        back: float64 [pairs], log-odds of the second of the pair when that one is named first.
        seed: Of the shuffles.
    """
    first = np.concatenate([pairs[:, 0], pairs[:, 1]])
    second = np.concatenate([pairs[:, 1], pairs[:, 0]])
    won = (np.concatenate([forth, back]) > 0).astype(np.float64)  # (questions,), by the activity named first
    named_first = np.bincount(first, won, n) / np.maximum(1, np.bincount(first, minlength=n))
    named_second = np.bincount(second, 1 - won, n) / np.maximum(1, np.bincount(second, minlength=n))
    r = pearson(named_first, named_second[:, None])
    shuffled = np.random.default_rng([seed, 0xB0]).permuted(np.broadcast_to(named_second, (SHUFFLES, n)), axis=1)
    return BothOrders(float(r[0]), float(rank_p(r, pearson(named_first, shuffled.T)[:, None])[0]))
