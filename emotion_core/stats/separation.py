"""How far two samples of scores lie apart: AUROC by ranks and Cohen's d, each with its interval."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy

# Measures of separation by ranks, for whole stacks of score lists at once. Plain functions of arrays.

Scores = npt.NDArray[np.floating]
Array = npt.NDArray[np.float64]

# Counting wins one score at a time beats sorting while one side is this small.
_FEW = 32


def auroc(positive: Scores, negative: Scores) -> Array:
    """Chance that a positive score exceeds a negative one, ties counted half (Mann-Whitney U over n x m).

    Args:
        positive: float [..., positives].
        negative: float [..., negatives].

    Returns:
        float64 [...]; nan where a side is empty or a score is not a number.
    """
    n_positive, n_negative = positive.shape[-1], negative.shape[-1]
    shape = np.broadcast_shapes(positive.shape[:-1], negative.shape[:-1])
    if not n_positive or not n_negative:
        return np.full(shape, np.nan)
    if n_positive <= _FEW:
        wins = _wins(positive, negative)
    elif n_negative <= _FEW:
        wins = n_positive * n_negative - _wins(negative, positive)
    else:
        from scipy.stats import rankdata  # slow to import, and few scores do without

        both = np.concatenate(
            [np.broadcast_to(positive, (*shape, n_positive)), np.broadcast_to(negative, (*shape, n_negative))], axis=-1
        )
        ranks = np.asarray(rankdata(both, axis=-1), dtype=np.float64)
        wins = ranks[..., :n_positive].sum(axis=-1) - n_positive * (n_positive + 1) / 2
    broken = np.isnan(positive).any(axis=-1) | np.isnan(negative).any(axis=-1)
    return np.where(broken, np.nan, wins / (n_positive * n_negative))


def auroc_against_rest(scores: Scores, own: npt.NDArray[np.int64]) -> Array:
    """`auroc` of some scores of a list against the rest of it, which need not be taken out.

    Args:
        scores: float [lists, scores].
        own: int64 [lists, n], places of the positive ones.

    Returns:
        float64 [lists].
    """
    n, m = own.shape[-1], scores.shape[-1] - own.shape[-1]
    if not n or not m:
        return np.full(len(scores), np.nan)
    # Against all scores, its own among them, each of n scores wins half of n more times.
    wins = auroc(np.take_along_axis(scores, own, axis=-1), scores) * n * (n + m) - n * n / 2
    return np.asarray(wins / (n * m))


def balanced_accuracy(positive: Scores, negative: Scores, threshold: Scores) -> Array:
    """Mean of the shares on the right side of a threshold; a score exactly on it counts half.

    Args:
        positive: float [..., positives].
        negative: float [..., negatives].
        threshold: float [...].

    Returns:
        float64 [...]; nan where anything is not a number or a side is empty.
    """
    if not positive.shape[-1] or not negative.shape[-1]:
        return np.full(positive.shape[:-1], np.nan)
    line = np.asarray(threshold)[..., None]
    right = ((positive > line) + 0.5 * (positive == line)).mean(axis=-1)
    left = ((negative < line) + 0.5 * (negative == line)).mean(axis=-1)
    broken = np.isnan(positive).any(axis=-1) | np.isnan(negative).any(axis=-1) | np.isnan(threshold)
    return np.where(broken, np.nan, (right + left) / 2)


def _wins(few: Scores, many: Scores) -> Array:
    """How often a score of `few` exceeds one of `many`, ties half; one score at a time keeps memory small."""
    if few.ndim == many.ndim == 1:
        ordered = np.sort(many)
        return np.asarray((ordered.searchsorted(few) + ordered.searchsorted(few, "right")).sum() / 2)
    # Twice the wins of each of `many` are counted in eight bits, and added up once: sums of bits take the longest.
    shape = np.broadcast_shapes(few.shape[:-1], many.shape[:-1])
    twice = np.zeros((*shape, many.shape[-1]), dtype=np.uint8)
    for i in range(few.shape[-1]):
        one = few[..., i, None]
        twice += many < one
        twice += many <= one
    return np.asarray(twice.sum(axis=-1, dtype=np.int64) / 2)


def auroc_interval(
    value: float,
    n_positive: int,
    n_negative: int,
    level: float = 0.95,
    *,
    correlation: float = 0.0,
    design: float = 1.0,
    freedom: float | None = None,
) -> tuple[float, float]:
    """Score-type interval of an AUROC (Newcombe 2006, Statistics in Medicine 25:559, method 5).

    The variance is Hanley and McNeil's at the candidate value instead of at the estimate, so that an AUROC of 1 gets an
    interval with a width. For contrast pairs it is multiplied by what a correlation within pairs changes about the
    variance of the difference between the sides (see `d_interval`), where an AUROC of A stands for a d of
    sqrt(2) times the normal quantile of A, as it does for normal scores.

    Args:
        value: The AUROC, 0 to 1.
        n_positive: Positive scores.
        n_negative: Negative scores.
        level: Of confidence.
        correlation: Of the two scores within a contrast pair; 0 where the sides are independent.
        design: Factor of the variance, where texts are not independent units.
        freedom: Degrees of freedom of Student's t; None for the normal distribution.

    Returns:
        Lower and upper end; nan for both where there is no AUROC.
    """
    from scipy.optimize import brentq  # slow to import, and a build does without

    if not math.isfinite(value) or not n_positive or not n_negative:
        return math.nan, math.nan
    share = (1 + level) / 2
    quantile = float(
        scipy.special.ndtri(share) if freedom is None else scipy.special.stdtrit(freedom, share)
    ) * math.sqrt(design)

    def excess(candidate: float) -> float:
        variance = _variance(candidate, n_positive, n_negative) * _pairing(candidate, correlation)
        return abs(value - candidate) - quantile * math.sqrt(variance)

    tiny = 1e-9
    # The variance is 0 at 0 and at 1, where an AUROC of 0 or 1 would be its own limit: both sides start just inside.
    inside = min(max(value, tiny), 1 - tiny)
    low = 0.0 if inside == tiny or excess(tiny) <= 0 else float(brentq(excess, tiny, inside))
    high = 1.0 if inside == 1 - tiny or excess(1 - tiny) <= 0 else float(brentq(excess, inside, 1 - tiny))
    return low, high


def _variance(value: float, n_positive: int, n_negative: int) -> float:
    half = (n_positive + n_negative) / 2 - 1
    spread = 1 + half * ((1 - value) / (2 - value) + value / (1 + value))
    return value * (1 - value) * spread / (n_positive * n_negative)


def _pairing(value: float, correlation: float) -> float:
    """Variance of d for pairs with this correlation, as a share of that for independent sides."""
    if correlation == 0:
        return 1.0
    squared_d = 2 * float(scipy.special.ndtri(value)) ** 2
    return (2 * (1 - correlation) + squared_d * (1 + correlation**2) / 4) / (2 + squared_d / 4)


# The interval of Cohen's d, for contrast pairs and for sides that have nothing to do with each other.
#
# The two scores of a contrast pair go up and down together (by .8 and more over the pairs of some layers), and their
# difference is known the better for it. `paired_interval` uses that; taken as independent sides, ten such pairs with no
# difference at all were called different in 0 % of simulated sets instead of 5, and at d = 1 a quarter was missed.
#
# Independent sides: BCa bootstrap, corrected where the bootstrap is too narrow.
#
# With ten texts a side BCa alone covers a true d of 3 in 84 to 90 % of simulated sets instead of 95: where d is large
# its spread is mostly that of the pooled standard deviation, and small samples show too little of it, the less the
# longer the tails. `d_interval` therefore widens BCa by `stable_interval`, which knows the tails from the kurtosis. The
# two constants below were chosen on the grid of `benchmarks/coverage.py` and checked there on distributions, sizes and
# effects that played no part in the choice; both tables are in `docs/results.md`.


def cohens_d(positive: Scores, negative: Scores) -> Array:
    """Difference of the means in pooled standard deviations (Cohen 1988).

    Args:
        positive: float [..., positives].
        negative: float [..., negatives].

    Returns:
        float64 [...]; nan where there are fewer than three scores in all, a side is empty, or nothing varies.
    """
    n_positive, n_negative = positive.shape[-1], negative.shape[-1]
    shape = np.broadcast_shapes(positive.shape[:-1], negative.shape[:-1])
    if not n_positive or not n_negative or n_positive + n_negative < 3:
        return np.full(shape, np.nan)
    first, second = np.asarray(positive, np.float64), np.asarray(negative, np.float64)
    squares = _squares(first) + _squares(second)
    return _ratio(first.mean(axis=-1) - second.mean(axis=-1), squares, n_positive + n_negative - 2, first, second)


# Below this share of all the squares, what is left within the sides is mostly rounding.
_LEAST_WITHIN = 1e-6


def cohens_d_against_rest(scores: Scores, own: npt.NDArray[np.int64]) -> Array:
    """`cohens_d` of some scores of a list against the rest of it, which need not be taken out.

    The squares within the sides are those around the common mean less those of the sides' means around it.

    Args:
        scores: float [lists, scores].
        own: int64 [lists, n], places of the positive ones.

    Returns:
        float64 [lists].
    """
    n, m = own.shape[-1], scores.shape[-1] - own.shape[-1]
    if not n or not m or n + m < 3:
        return np.full(len(scores), np.nan)
    centred = np.asarray(scores, np.float64)
    with np.errstate(invalid="ignore"):
        centred = centred - centred.mean(axis=-1, keepdims=True)
        first = np.take_along_axis(centred, own, axis=-1).mean(axis=-1)
        second = -first * n / m
        squares = np.einsum("ds,ds->d", centred, centred)
        within = squares - n * first**2 - m * second**2
        spread = np.sqrt(within / (n + m - 2))
        d: Array = np.divide(first - second, spread, out=np.full(len(scores), np.nan), where=within > 0)
    for i in np.flatnonzero(within <= _LEAST_WITHIN * squares):
        chosen = np.zeros(n + m, dtype=np.bool_)
        chosen[own[i]] = True
        d[i] = cohens_d(scores[i, chosen], scores[i, ~chosen])
    return d


def _squares(scores: Array) -> Array:
    result: Array = ((scores - scores.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1)
    return result


def _ratio(difference: Array, squares: Array, freedom: int, first: Array, second: Array) -> Array:
    spread = np.sqrt(squares / freedom)
    # A constant has a spread of a few rounding errors, not zero: a ratio with it would look enormous.
    size = np.maximum(np.abs(first).max(axis=-1), np.abs(second).max(axis=-1))
    usable = spread > 1e-12 * size
    result: Array = np.divide(difference, spread, out=np.full(np.shape(difference), np.nan), where=usable)
    return result


RESAMPLES = 2000
# With fewer scores on a side a resample is often one score repeated, and the interval is fiction.
FEWEST = 4
TOO_FEW = f"no interval: fewer than {FEWEST} scored texts on a side"


class Interval(NamedTuple):
    """Ends of the two-sided interval and the one-sided lower bound, float64 [...]; nan where there are none."""

    low: Array
    high: Array
    bound: Array


def bca_interval(
    positive: Scores, negative: Scores, rng: np.random.Generator, resamples: int = RESAMPLES, level: float = 0.95
) -> Interval:
    """The BCa bootstrap interval of Cohen's d.

    The sides are resampled independently, in contrast pairs too: with ten pairs, resampling whole pairs covered the
    truth in only 88 to 92 % of simulated sets, independent sides in 94 to 95 % (more where the sides of a pair go
    up and down together).

    Args:
        positive: float [layers, positives].
        negative: float [layers, negatives].
        rng: Draws the resamples, positives first, as scipy does.
        resamples: How many.
        level: Of confidence, of the interval as well as of the bound (the lower end of the 90 % interval for .95).

    Returns:
        All three [layers]; nan at a layer with constant scores or a score that is not a number, and everywhere with
        fewer than four scores on a side.
    """
    shape = positive.shape[:-1]
    if min(positive.shape[-1], negative.shape[-1]) < FEWEST:
        return Interval(*(np.full(shape, np.nan) for _ in range(3)))
    first, second = np.asarray(positive, np.float64), np.asarray(negative, np.float64)
    drawn = _resampled_d(first, second, rng, resamples)  # (layers, resamples)
    observed = cohens_d(first, second)
    with np.errstate(invalid="ignore", divide="ignore"):
        below = ((drawn < observed[..., None]).mean(-1) + (drawn <= observed[..., None]).mean(-1)) / 2
        bias, acceleration = scipy.special.ndtri(below), _acceleration(first, second)
        z = scipy.special.ndtri(np.array([(1 - level) / 2, (1 + level) / 2, 1 - level]))
        ends = [_at(drawn, bias, acceleration, float(one)) for one in z]
    broken = ~np.isfinite(observed) | ~np.isfinite(drawn).all(axis=-1)
    return Interval(*(np.where(broken, np.nan, end) for end in ends))


def counts(n: int, resamples: int, rng: np.random.Generator) -> Array:
    """float64 [resamples, n], how often each of n scores is in each resample."""
    chosen = rng.integers(0, n, (resamples, n)) + n * np.arange(resamples)[:, None]
    return np.bincount(chosen.ravel(), minlength=resamples * n).reshape(resamples, n).astype(np.float64)


def _resampled_d(first: Array, second: Array, rng: np.random.Generator, resamples: int) -> Array:
    means, squares = [], []
    for scores in (first, second):
        n = scores.shape[-1]
        weights = counts(n, resamples, rng).T  # (n, resamples)
        centre = scores.mean(axis=-1, keepdims=True)
        with np.errstate(invalid="ignore"):
            total = (scores - centre) @ weights  # (layers, resamples)
            means.append(centre + total / n)
            squares.append(np.maximum((scores - centre) ** 2 @ weights - total**2 / n, 0.0))
    freedom = first.shape[-1] + second.shape[-1] - 2
    return _divide(means[0] - means[1], np.sqrt((squares[0] + squares[1]) / freedom))


def _acceleration(first: Array, second: Array) -> Array:
    """From the jackknife: d without each score in turn, in closed form."""
    cubes, squares = np.zeros(first.shape[:-1]), np.zeros(first.shape[:-1])
    for left, right, sign in ((first, second, 1.0), (second, first, -1.0)):
        n, m = left.shape[-1], right.shape[-1]
        centred = left - left.mean(axis=-1, keepdims=True)
        mean = left.mean(axis=-1, keepdims=True) - centred / (n - 1)
        own = (centred**2).sum(axis=-1, keepdims=True) - centred**2 * n / (n - 1)
        other = ((right - right.mean(axis=-1, keepdims=True)) ** 2).sum(axis=-1, keepdims=True)
        spread = np.sqrt((own + other) / (n + m - 3))
        values = sign * _divide(mean - right.mean(axis=-1, keepdims=True), spread)
        influence = (n - 1) * (values.mean(axis=-1, keepdims=True) - values)
        cubes += (influence**3).sum(axis=-1) / n**3
        squares += (influence**2).sum(axis=-1) / n**2
    return _divide(cubes / 6, squares**1.5)


def _at(drawn: Array, bias: Array, acceleration: Array, z: float) -> Array:
    """The corrected percentile of the resamples, by linear interpolation."""
    share = scipy.special.ndtr(bias + (bias + z) / (1 - acceleration * (bias + z)))  # (layers)
    ordered = np.sort(drawn, axis=-1)
    place = np.where(np.isfinite(share), share, 0.0) * (drawn.shape[-1] - 1)
    below: npt.NDArray[np.int64] = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, drawn.shape[-1] - 1)
    left = np.take_along_axis(ordered, below[..., None], axis=-1)[..., 0]
    right = np.take_along_axis(ordered, above[..., None], axis=-1)[..., 0]
    return np.where(np.isfinite(share), left + (right - left) * (place - below), np.nan)


def _divide(top: Array, bottom: Array) -> Array:
    result: Array = np.divide(top, bottom, out=np.full(np.shape(top), np.nan), where=bottom > 0)
    return result


# A few dozen scores cannot tell a normal distribution from one with slightly longer tails: the kurtosis (3 where the
# scores are normal) is never taken to be less than this.
LEAST_KURTOSIS = 3.3
# The kurtosis of a small sample with long tails is far below the true one, since the rare far scores are missing.
EXCESS_FACTOR = 2.5


def d_interval(
    positive: Scores,
    negative: Scores,
    rng: np.random.Generator,
    resamples: int = RESAMPLES,
    level: float = 0.95,
    *,
    pairs: bool = False,
) -> Interval:
    """The interval of Cohen's d: `stable_interval`, its ends moved half the way to those of `bca_interval` outside it.

    For contrast pairs it is `paired_interval`.

    The one-sided bound stays that of BCa: the rule of evidence asks whether d is above 0, and near 0 BCa covers well.
    Where BCa has no interval though d has a value (with four scores a side some resamples are constant), both are those
    of `stable_interval` alone.

    Args:
        positive: float [layers, positives].
        negative: float [layers, negatives].
        rng: Draws the resamples.
        resamples: How many.
        level: Of confidence, of the interval as well as of the bound.
        pairs: Whether the i-th positive and the i-th negative score are a pair.

    Returns:
        All three [layers]; nan at a layer with constant scores or a score that is not a number, and everywhere with
        fewer than four scores on a side.
    """
    if pairs:
        return paired_interval(positive, negative, level)
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


def paired_interval(positive: Scores, negative: Scores, level: float = 0.95) -> Interval:
    """The interval of Cohen's d of contrast pairs: `stable_interval` with the correlation within pairs in it.

    With a correlation r the large-sample variance of d is a + b d^2, where a = 2 (1 - r) / n and
    b = (kurtosis - 1) (1 + r^2) / (8 (n - 1)): squares of scores that correlate by r correlate by r^2. Student's t
    pays for the estimated spread; the two variances make 2 (n - 1) / (1 + r^2) degrees of freedom. Simulated for 10
    and 20 pairs, r from 0 to .9 and d from 0 to 2: coverage .95 to .98, level of the bound .039 to .049; ten pairs with
    r = .8 show a d of 1 in 99 % of sets.

    Args:
        positive: float [..., pairs].
        negative: float [..., pairs], in the same order.
        level: Of confidence, of the interval as well as of the bound.

    Returns:
        All three [...]; nan where nothing varies, and everywhere with fewer than four pairs.
    """
    n = positive.shape[-1]
    if n < FEWEST:
        return Interval(*(np.full(positive.shape[:-1], np.nan) for _ in range(3)))
    r = pair_correlation(positive, negative)
    b = (_tails(positive, negative) - 1) * (1 + r**2) / (8 * (n - 1))
    # Scores that go up and down exactly together would leave no spread at all.
    scale = np.sqrt(2 * np.maximum(1 - r, 1e-6) / n / b)
    centre = np.arcsinh(cohens_d(positive, negative) / (1 + 1.5 * b) / scale)
    low, high, bound = (
        np.asarray(scale * np.sinh(centre + scipy.special.stdtrit(2 * (n - 1) / (1 + r**2), share) * np.sqrt(b)))
        for share in ((1 - level) / 2, (1 + level) / 2, 1 - level)
    )
    return Interval(low, high, bound)


def corrected_d(positive: Scores, negative: Scores, *, pairs: bool) -> Array:
    """Cohen's d without its small-sample bias (Hedges 1981), the figure that the intervals are intervals of.

    d is too large by the factor 1 + 3 / (4 f), since 1 / s is on average larger than 1 / sigma; f = n + m - 2, for
    pairs 2 (n - 1) / (1 + r^2).

    Args:
        positive: float [..., positives].
        negative: float [..., negatives].
        pairs: Whether they come in pairs.

    Returns:
        float64 [...].
    """
    return cohens_d(positive, negative) * small_sample_factor(positive, negative, pairs=pairs)


def overlap(positive: Scores, negative: Scores, *, pairs: bool) -> Array:
    """Share of two normal distributions of equal spread that overlaps, 2 Phi(-|d| / 2) (Cohen 1988, section 2.2).

    Counted from the scores themselves (1 minus the Kolmogorov-Smirnov distance) the overlap is biased: ten scores a
    side from one and the same distribution would overlap by .65 on average. |d| has a bias away from 0 as well: d^2 is
    too large by the variance that d has at 0, which is taken off.

    Args:
        positive: float [..., positives].
        negative: float [..., negatives].
        pairs: Whether they come in pairs.

    Returns:
        float64 [...] between 0 and 1; nan where d is.
    """
    n, m = positive.shape[-1], negative.shape[-1]
    d = corrected_d(positive, negative, pairs=pairs)
    if not n or not m:
        return d
    variance = (1 / n + 1 / m) * (1 - pair_correlation(positive, negative) if pairs else 1.0)
    result: Array = 2 * scipy.special.ndtr(-np.sqrt(np.maximum(d**2 - variance, 0.0)) / 2)
    return result


def small_sample_factor(positive: Scores, negative: Scores, *, pairs: bool) -> Array:
    """What `corrected_d` multiplies d by, float64 [...]."""
    n, m = positive.shape[-1], negative.shape[-1]
    r = pair_correlation(positive, negative) if pairs else np.zeros(positive.shape[:-1])
    freedom = np.maximum(2 * (n - 1) / (1 + r**2) if pairs else n + m - 2 + r, 1.0)
    result: Array = 1 / (1 + 3 / (4 * freedom))
    return result


def pair_correlation(positive: Scores, negative: Scores) -> Array:
    """Pearson correlation within pairs, float64 [...]; 0 where a side does not vary."""
    first, second = (np.asarray(side, np.float64) for side in (positive, negative))
    with np.errstate(invalid="ignore", over="ignore"):
        a, b = (side - side.mean(axis=-1, keepdims=True) for side in (first, second))
        size = np.sqrt((a**2).sum(axis=-1) * (b**2).sum(axis=-1))
        result: Array = np.divide((a * b).sum(axis=-1), size, out=np.zeros(np.shape(size)), where=size > 0)
    return result


def _tails(positive: Scores, negative: Scores) -> Array:
    """Kurtosis that the variances are computed with, see the constants."""
    return np.asarray(np.maximum(LEAST_KURTOSIS, 3 + EXCESS_FACTOR * (pooled_kurtosis(positive, negative) - 3)))


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
    b = (_tails(positive, negative) - 1) / (4 * (n_positive + n_negative - 2))
    scale = np.sqrt((1 / n_positive + 1 / n_negative) / b)
    shrunk = cohens_d(positive, negative) / (1 + 1.5 * b)
    centre, half = np.arcsinh(shrunk / scale), scipy.special.ndtri((1 + level) / 2) * np.sqrt(b)
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
