"""By how much a direction beats a rival, or itself on a confound, with the interval of that difference.

Two AUROCs that differ by .07 on ten pairs say nothing about which is the better one: each alone is uncertain by about
.12. What decides is the interval of the difference. It is made from an interval of each AUROC that has a width at 1
as well, and from how far the two AUROCs err together, by the method of variance estimates recovery (MOVER: Zou &
Donner 2008, Statistics in Medicine 27:1693, with a correlation as in Zou 2007, Psychological Methods 12:399). A
rival is scored on the same texts as the direction, and the two err together as far as DeLong's covariance says
(DeLong, DeLong & Clarke-Pearson 1988, Biometrics 44:837), summed over units as in Obuchowski 1997 (Biometrics 53:567).
A confound has texts of its own, and the two errors are independent.

Simulated at a true gap of 0 (10, 20 and 50 pairs, AUROCs of .6 to .97, correlations of 0 to .8 within pairs and 0 to .7
between the scores, normal and skewed), the lower end lies above 0 in 0 to 4 % of the sets, where 2.5 % is nominal; near
1 it almost never does. With 40 pairs a true gap of .2 to a rival is found in 66 % of sets where nothing correlates, and
in 94 % and more where scores correlate by .5 within pairs and with the rival's; a gap of .2 to a confound set of 20
pairs in 43 to 94 %.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from emotion_core.base.numbers import finite
from emotion_core.stats.separation import Array, Scores, auroc, auroc_interval

GapKind = Literal["rival", "confound"]
Outcome = Literal["beats it", "cannot be told from", "explained by"]

LEVEL = 0.95
# Topics take the place of pairs as the unit from this many on; a spread over fewer is known too badly to be of use.
FEWEST_TOPICS = 8
# Two AUROCs on fewer texts a side err in steps so coarse that no interval of their difference kept its level.
FEWEST_UNITS = 4


@dataclass(frozen=True)
class Gap:
    """AUROC of a direction minus what might explain it.

    Attributes:
        name: Of the rival, or what the confound set stands for.
        kind: A rival has scored the same texts; a confound is the same direction on texts that differ in it alone.
        gap: The difference of the two AUROCs, -1 to 1; nan where one cannot be had.
        low: Lower end of its 95 % interval.
        high: Upper end.
    """

    name: str
    kind: GapKind
    gap: float
    low: float
    high: float

    @property
    def outcome(self) -> Outcome:
        """`beats it` above 0, `explained by` below 0, and in between the two cannot be told apart.

        Where no interval can be had nothing is beaten.
        """
        if self.low > 0:
            return "beats it"
        return "explained by" if self.high < 0 else "cannot be told from"

    def to_json(self) -> dict[str, Any]:
        """For the command line; nothing in it is nan."""
        return {k: finite(v) if isinstance(v, float) else v for k, v in asdict(self).items()}


@dataclass(frozen=True)
class AurocEstimate:
    """One AUROC with what its uncertainty needs.

    Attributes:
        auroc: The AUROC; nan without scores.
        low: Lower end of its interval; nan with fewer than four scores on a side.
        high: Upper end.
        influence: float64 [units], share of each unit (pair, topic or text) in the error of the AUROC.
    """

    auroc: float
    low: float
    high: float
    influence: Array


def paired_gap(
    name: str,
    direction: tuple[Scores, Scores],
    rival: tuple[Scores, Scores],
    *,
    pairs: bool,
    topics: Sequence[str] | tuple[Sequence[str], Sequence[str]] | None = None,
    level: float = LEVEL,
) -> Gap:
    """AUROC of a direction minus that of a rival on the same texts.

    Args:
        name: Of the rival.
        direction: Scores of the positive and of the negative texts, float [positives] and [negatives].
        rival: Its scores of the same texts in the same order.
        pairs: Whether the i-th positive and the i-th negative text are a pair; otherwise all texts are apart.
        topics: Topic of each pair, or of each positive and of each negative text.
        level: Of confidence, two-sided.
    """
    first, second = (auroc_estimate(*scores, pairs=pairs, topics=topics, level=level) for scores in (direction, rival))
    return _gap(name, "rival", first, second, _correlation(first.influence, second.influence))


def independent_gap(name: str, direction: AurocEstimate, confound: AurocEstimate) -> Gap:
    """AUROC of a direction on its own texts minus that on a confound set, two sets of texts.

    Args:
        name: What the confound set stands for.
        direction: The direction on held-out texts, see `auroc_estimate`.
        confound: The same direction on the confound set.
    """
    return _gap(name, "confound", direction, confound, 0.0)


def confound_gap(name: str, direction: tuple[float, float, float], confound: tuple[float, float, float]) -> Gap:
    """The same from AUROC, lower and upper end of each, as they are stored."""
    first, second = (AurocEstimate(*ends, np.zeros(0)) for ends in (direction, confound))
    return independent_gap(name, first, second)


def auroc_estimate(
    positive: Scores,
    negative: Scores,
    *,
    pairs: bool,
    topics: Sequence[str] | tuple[Sequence[str], Sequence[str]] | None = None,
    level: float = LEVEL,
) -> AurocEstimate:
    """The AUROC of scores with its interval, which respects pairs and, where there are enough of them, topics.

    Args:
        positive: float [positives].
        negative: float [negatives]; with `pairs` as many, in the same order.
        pairs: Whether they come in pairs.
        topics: As for `paired_gap`.
        level: Of confidence.
    """
    value = float(auroc(positive, negative))
    if not math.isfinite(value):
        return AurocEstimate(math.nan, math.nan, math.nan, np.zeros(0))
    first, second = _influences(positive, negative, value)
    n, m = len(first), len(second)
    own = first + second if pairs else np.concatenate([first, second])
    units, design = own, 1.0
    grouped = _topic_units(own, pairs, topics)
    if grouped is not None:
        units = grouped
        single, together = _variance(own), _variance(units)
        # Texts of one topic err together or they do not: they never make up for each other's errors.
        design = max(1.0, together / single) if single > 0 else 1.0
    if min(n, m) < FEWEST_UNITS:
        return AurocEstimate(value, math.nan, math.nan, units)
    within = within_pair_correlation(positive, negative) if pairs else 0.0
    # The two sides' spreads each have n - 1 degrees of freedom; those of pairs that go together are one.
    own_freedom = 2 * (n - 1) / (1 + within**2) if pairs else min(n, m) - 1
    freedom = own_freedom if grouped is None else min(own_freedom, len(units) - 1)
    low, high = auroc_interval(value, n, m, level, correlation=within, design=design, freedom=freedom)
    return AurocEstimate(value, low, high, units)


def within_pair_correlation(positive: Scores, negative: Scores) -> float:
    """Spearman correlation of the two sides of contrast pairs; 0 where a side is constant or has under 4 scores."""
    if len(positive) < FEWEST_UNITS:
        return 0.0
    from scipy.stats import rankdata  # slow to import, and a build does without

    return _pearson(rankdata(positive), rankdata(negative))


def _gap(name: str, kind: GapKind, first: AurocEstimate, second: AurocEstimate, correlation: float) -> Gap:
    """MOVER: the margins of both AUROCs, as the sides of a triangle whose angle is their correlation."""
    gap = first.auroc - second.auroc
    if not all(math.isfinite(end) for end in (first.low, first.high, second.low, second.high)):
        return Gap(name, kind, gap, math.nan, math.nan)

    def margin(a: float, b: float) -> float:
        return math.sqrt(max(0.0, a * a + b * b - 2 * correlation * a * b))

    low = gap - margin(first.auroc - first.low, second.high - second.auroc)
    high = gap + margin(first.high - first.auroc, second.auroc - second.low)
    return Gap(name, kind, gap, max(low, -1.0), min(high, 1.0))


def _influences(positive: Scores, negative: Scores, value: float) -> tuple[Array, Array]:
    """What each text adds to the error of the AUROC, from its placement among the other side's scores."""
    above = _share_below(np.sort(negative), positive)
    below = 1 - _share_below(np.sort(positive), negative)
    return (above - value) / len(positive), (below - value) / len(negative)


def _share_below(ordered: Scores, scores: Scores) -> Array:
    left, right = np.searchsorted(ordered, scores, "left"), np.searchsorted(ordered, scores, "right")
    result: Array = (left + right) / (2.0 * len(ordered))
    return result


def _topic_units(
    own: Array, pairs: bool, topics: Sequence[str] | tuple[Sequence[str], Sequence[str]] | None
) -> Array | None:
    """Influences summed over topics; None where there are too few topics, or each unit has one of its own."""
    if topics is None:
        return None
    names = list(topics) if pairs else [*topics[0], *topics[1]]
    _, number = np.unique(np.asarray(names, dtype=str), return_inverse=True)
    count = int(number.max()) + 1
    if not FEWEST_TOPICS <= count < len(own):
        return None
    result: Array = np.bincount(number, weights=own, minlength=count).astype(np.float64)
    return result


def _variance(influence: Array) -> float:
    n = len(influence)
    return float((influence**2).sum() * n / (n - 1)) if n > 1 else 0.0


def _correlation(first: Array, second: Array) -> float:
    if len(first) != len(second) or len(first) < FEWEST_UNITS:
        return 0.0
    return _pearson(first, second)


def _pearson(first: npt.NDArray[np.floating], second: npt.NDArray[np.floating]) -> float:
    a, b = first - first.mean(), second - second.mean()
    size = math.sqrt(float((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / size if size > 1e-12 else 0.0
