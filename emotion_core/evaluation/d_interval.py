"""The interval of Cohen's d: BCa bootstrap, corrected where the bootstrap is too narrow.

With ten texts a side BCa alone covers a true d of 3 in 84 to 90 % of simulated sets instead of 95: where d is large its
spread is mostly that of the pooled standard deviation, and small samples show too little of it, the less the longer the
tails. `d_interval` therefore widens BCa by `stable_interval`, which knows the tails from the kurtosis. The two
constants below were chosen on the grid of `benchmarks/coverage.py` and checked there on distributions, sizes and
effects that played no part in the choice; both tables are in `docs/results.md`.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtri

from emotion_core.evaluation.auroc import Array, Scores
from emotion_core.evaluation.bootstrap import FEWEST, RESAMPLES, Interval, bca_interval
from emotion_core.evaluation.effect_size import cohens_d

# A few dozen scores cannot tell a normal distribution from one with slightly longer tails: the kurtosis (3 where the
# scores are normal) is never taken to be less than this.
LEAST_KURTOSIS = 3.3
# The kurtosis of a small sample with long tails is far below the true one, since the rare far scores are missing.
EXCESS_FACTOR = 2.5


def d_interval(
    positive: Scores, negative: Scores, rng: np.random.Generator, resamples: int = RESAMPLES, level: float = 0.95
) -> Interval:
    """The interval of Cohen's d: `stable_interval`, its ends moved half the way to those of `bca_interval` outside it.

    The one-sided bound stays that of BCa: the rule of evidence asks whether d is above 0, and near 0 BCa covers well.
    Where BCa has no interval though d has a value (with four scores a side some resamples are constant), both are those
    of `stable_interval` alone.

    Args:
        positive: float [layers, positives].
        negative: float [layers, negatives].
        rng: Draws the resamples.
        resamples: How many.
        level: Of confidence, of the interval as well as of the bound.

    Returns:
        All three [layers]; nan at a layer with constant scores or a score that is not a number, and everywhere with
        fewer than four scores on a side.
    """
    bca = bca_interval(positive, negative, rng, resamples, level)
    if min(positive.shape[-1], negative.shape[-1]) < FEWEST:
        return bca
    low, high = stable_interval(positive, negative, level)
    lower, _ = stable_interval(positive, negative, 2 * level - 1)
    return Interval(
        np.fmin(low, (low + bca.low) / 2),
        np.fmax(high, (high + bca.high) / 2),
        np.where(np.isfinite(bca.bound), bca.bound, lower),
    )


def stable_interval(positive: Scores, negative: Scores, level: float = 0.95) -> tuple[Array, Array]:
    """The interval of Cohen's d from its variance-stabilising transformation, for scores of any kurtosis.

    The large-sample variance of d is a + b d^2, with a = 1/n + 1/m, b = (kurtosis - 1) / (4 f) and f = n + m - 2, by
    the delta method (for normal scores, kurtosis 3: Hedges & Olkin 1985, section 5.B; the spread of a sample variance
    for any kurtosis: Cramer 1946, section 27.4). So asinh(d / sqrt(a / b)) has the variance b whatever d is. The mean
    of d is too large by the factor 1 + 3 b / 2 (the second-order term; Hedges' correction where the scores are normal),
    which is divided out first. Skewness is left out: with the same shape on both sides and n = m its terms cancel.

    Args:
        positive: float [..., positives].
        negative: float [..., negatives].
        level: Of confidence.

    Returns:
        Both ends, float64 [...]; nan where d is.
    """
    n_positive, n_negative = positive.shape[-1], negative.shape[-1]
    tails = np.maximum(LEAST_KURTOSIS, 3 + EXCESS_FACTOR * (pooled_kurtosis(positive, negative) - 3))
    b = (tails - 1) / (4 * (n_positive + n_negative - 2))
    scale = np.sqrt((1 / n_positive + 1 / n_negative) / b)
    shrunk = cohens_d(positive, negative) / (1 + 1.5 * b)
    centre, half = np.arcsinh(shrunk / scale), ndtri((1 + level) / 2) * np.sqrt(b)
    return np.asarray(scale * np.sinh(centre - half)), np.asarray(scale * np.sinh(centre + half))


def pooled_kurtosis(positive: Scores, negative: Scores) -> Array:
    """The kurtosis of the scores about the mean of their own side, with the usual correction for the sample's size.

    The same as 3 + `scipy.stats.kurtosis(..., bias=False)` of the centred scores of both sides together.

    Returns:
        float64 [...]; nan where nothing varies or there are fewer than four scores in all.
    """
    sides = [np.asarray(side, np.float64) for side in (positive, negative)]
    with np.errstate(invalid="ignore"):
        centred = np.concatenate([side - side.mean(axis=-1, keepdims=True) for side in sides], axis=-1)
    n = centred.shape[-1]
    if n < 4:
        return np.full(centred.shape[:-1], np.nan)
    spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True))
    standard = np.divide(centred, spread, out=np.full(centred.shape, np.nan), where=spread > 0)
    return np.asarray(3 + (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * ((standard**4).mean(axis=-1) - 3) + 6))
