"""The null band: where the effect of one more random direction would fall."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats


def null_band(controls: Sequence[float], freedom: int, comparisons: int = 1) -> tuple[float, float] | None:
    """Where the effect of one more random direction falls with 95 % probability.

    A Student prediction interval: percentiles of eight controls would be their extremes, which a ninth random
    direction leaves twice in nine times.

    Args:
        controls: Mean effect of each control; those at the opposite strength may stand with them, because the
            opposite of a random direction is as random.
        freedom: Number of different control directions.
        comparisons: Strengths that are looked at together (Bonferroni).
    """
    if freedom < 3 or len(controls) < 3:
        return None
    values = np.asarray(controls)
    quantile = stats.t.ppf(1 - 0.025 / comparisons, freedom - 1)
    half = float(quantile * values.std(ddof=1) * np.sqrt(1 + 1 / freedom))
    return float(values.mean()) - half, float(values.mean()) + half
