"""How unusual an effect is among the effects of random directions."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

Array = npt.NDArray[np.float64]
FEWEST = 3


def against_controls(effects: Array, controls: Array) -> Array:
    """Two-sided p-value of effects, float64 as `effects`: could they be one more random direction?

    The counterpart of `steering.band.null_band`: p is below .05 exactly where an effect leaves its band. Directions of
    one norm are compared, so a harm that any push does is part of what random directions do.

    Args:
        effects: float64 of any shape.
        controls: float64 [controls], effect of each random direction; nan where fewer than 3 are finite or all are
            equal.
    """
    known = controls[np.isfinite(controls)]
    if len(known) < FEWEST or not known.std(ddof=1) > 0:
        return np.full(np.shape(effects), np.nan)
    spread = known.std(ddof=1) * np.sqrt(1 + 1 / len(known))
    with np.errstate(invalid="ignore"):
        result: Array = 2 * stats.t.sf(np.abs(effects - known.mean()) / spread, len(known) - 1)
    return result
