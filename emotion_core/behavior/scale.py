"""Scores from pairwise choices, with the place in the question kept apart, and whether there is a scale at all."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy

from emotion_core.behavior.preference_settings import Pairs
from emotion_core.evaluation.controls import rank_p
from emotion_core.stats.intervals import pearson

# Scores from pairwise choices, with what the place in the question adds kept apart.
#
# The model: the log-odds of choosing the first option are score(first) - score(second) + bias (Bradley and Terry 1952,
# Biometrika 39:324; with an order effect Davidson and Beaver 1977, Biometrics 33:693). Choices are probabilities here,
# so the fit is a quasi-likelihood (Papke and Wooldridge 1996), and its intervals come from a sandwich covariance
# clustered by pair: they say how far scores would move if other pairs had been asked, not how sure the model is of an
# answer.

Array = npt.NDArray[np.float64]
ELO_PER_NAT = 400 / math.log(10)
ELO_MEAN = 1500.0
_RIDGE = 1e-4  # keeps scores finite where one option always wins
_Z = float(scipy.special.ndtri(0.975))


@dataclass(frozen=True)
class Scores:
    """A fitted scale.

    Attributes:
        score: float64 [activities], nats (log-odds against an average opponent), mean 0.
        low: float64 [activities], lower end of the 95 % interval.
        high: float64 [activities].
        bias: Nats that being named first adds.
        bias_low: Lower end of its 95 % interval.
        bias_high: Upper end.
    """

    score: Array
    low: Array
    high: Array
    bias: float
    bias_low: float
    bias_high: float


def elo(nats: Array | float) -> Array | float:
    """The same scale in Elo points: 400 points are odds of 10 to 1, and the mean is 1500."""
    return ELO_MEAN + ELO_PER_NAT * nats


def fit(n: int, pairs: Pairs, forth: Array, back: Array) -> Scores:
    """Fits scores and order bias.

    Args:
        n: Number of activities.
        pairs: int64 [pairs, 2].
        forth: float64 [pairs], log-odds of the first of the pair when it is named first.
        back: float64 [pairs], log-odds of the second of the pair when that one is named first.
    """
    a, b = pairs[:, 0], pairs[:, 1]
    chosen = np.stack([_chance(forth), _chance(back)])  # (orders, pairs)
    score, bias = np.zeros(n), 0.0
    for _ in range(100):
        lead = np.stack([score[a] - score[b], score[b] - score[a]]) + bias
        expected = _chance(lead)
        rest, weight = chosen - expected, expected * (1 - expected)
        gradient = _gradient(n, a, b, rest, score)
        information = _information(n, a, b, weight)
        change = np.linalg.solve(information, gradient)
        change *= min(1.0, 5.0 / max(float(np.abs(change).max()), 1e-12))  # no leap out of the region of the fit
        score, bias = score + change[:n], bias + float(change[n])
        if np.abs(change).max() < 1e-10:
            break
    mean = score.mean()
    spread = _sandwich(n, a, b, rest, np.asarray(np.linalg.inv(information), np.float64))
    errors = _Z * np.sqrt(np.maximum(np.diag(spread), 0.0))
    score = score - mean
    return Scores(score, score - errors[:n], score + errors[:n], bias, bias - float(errors[n]), bias + float(errors[n]))


def _chance(log_odds: Array) -> Array:
    result: Array = 1 / (1 + np.exp(-np.clip(log_odds, -30, 30)))
    return result


def _gradient(n: int, a: Pairs, b: Pairs, rest: Array, score: Array) -> Array:
    """float64 [n + 1]."""
    lean = rest[0] - rest[1]
    gradient = np.zeros(n + 1)
    np.add.at(gradient, a, lean)
    np.add.at(gradient, b, -lean)
    gradient[n] = rest.sum()
    gradient[:n] -= _RIDGE * score
    return gradient


def _information(n: int, a: Pairs, b: Pairs, weight: Array) -> Array:
    """float64 [n + 1, n + 1]."""
    return _products(n, a, b, weight[0] + weight[1], weight[0] - weight[1], weight.sum(axis=0)) + _RIDGE * np.eye(n + 1)


def _sandwich(n: int, a: Pairs, b: Pairs, rest: Array, inverse: Array) -> Array:
    """Covariance of scores and bias, both orders of a pair one cluster, float64 [n + 1, n + 1]."""
    lean, both = rest[0] - rest[1], rest[0] + rest[1]
    middle = _products(n, a, b, lean**2, lean * both, both**2)
    # The scores are centred after the fit, so their common shift is no uncertainty.
    centring = np.eye(n + 1)
    centring[:n, :n] -= 1 / n
    bread = centring @ inverse
    freedom = max(1, len(a) - n)
    result: Array = bread @ middle @ bread.T * (len(a) / freedom)
    return result


def _products(n: int, a: Pairs, b: Pairs, own: Array, cross: Array, bias: Array) -> Array:
    """Sum over pairs of x x' with x = (e_a - e_b, bias), for given weights of its three kinds of products."""
    matrix = np.zeros((n + 1, n + 1))
    np.add.at(matrix, (a, a), own)
    np.add.at(matrix, (b, b), own)
    np.add.at(matrix, (a, b), -own)
    np.add.at(matrix, (b, a), -own)
    np.add.at(matrix[n], a, cross)
    np.add.at(matrix[n], b, -cross)
    matrix[:n, n] = matrix[n, :n]
    matrix[n, n] = bias.sum()
    return matrix


# Does a model choose between activities at all, or only between first and second?

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
