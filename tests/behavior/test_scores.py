"""Pairs, Bradley-Terry scores and correlations on numbers whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr

from emotion_core.behavior.bradley_terry import elo, fit
from emotion_core.behavior.correlation import correlate
from emotion_core.behavior.pairs import check_count, count_comparisons, halves, plan_pairs
from emotion_core.errors import SettingsError


def answers(truth, bias, pairs, noise=0.0, seed=0):
    """Log-odds of the option named first, in both orders."""
    rng = np.random.default_rng(seed)
    lead = truth[pairs[:, 0]] - truth[pairs[:, 1]] + noise * rng.normal(size=len(pairs))
    return lead + bias, -lead + bias


@pytest.mark.parametrize("opponents", [None, 4])
def test_exact_answers_give_the_scores_and_the_order_bias_back(opponents):
    truth = np.random.default_rng(1).normal(size=20)
    pairs = plan_pairs(20, opponents)
    found = fit(20, pairs, *answers(truth, 0.7, pairs))
    np.testing.assert_allclose(found.score, truth - truth.mean(), atol=0.01)
    assert found.bias == pytest.approx(0.7, abs=0.01)
    assert (found.high - found.low).max() < 0.05, "answers that fit the scale leave nothing uncertain"
    assert elo(0.0) == 1500 and elo(np.log(10.0)) == pytest.approx(1900)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    rng, hits = np.random.default_rng(2), []
    for seed in range(40):
        truth = rng.normal(size=16) * 0.5
        pairs = plan_pairs(16)
        found = fit(16, pairs, *answers(truth, -1.0, pairs, noise=1.0, seed=seed))
        # The noise flattens a logistic scale; compare with the scale that very many pairs would give.
        many = np.tile(pairs, (60, 1))
        best = fit(16, many, *answers(truth, -1.0, many, noise=1.0, seed=999))
        hits.append((found.low <= best.score) & (best.score <= found.high))
    assert 0.88 < np.mean(hits) < 0.99


def test_an_option_that_always_wins_keeps_finite_scores():
    pairs = plan_pairs(3)
    found = fit(3, pairs, np.array([500.0, 500.0, 0.0]), np.array([-500.0, -500.0, 0.0]))
    assert np.isfinite(found.score).all() and found.score[0] > 5


def test_samples_are_regular_connected_and_of_the_promised_size():
    pairs = plan_pairs(101, 6, seed=3)
    assert 2 * len(pairs) == count_comparisons(101, 6) == 606
    assert set(np.bincount(pairs.ravel())) == {6}
    reached, edge = {0}, {0}
    while edge:
        near = {int(b) for a, b in [*pairs, *pairs[:, ::-1]] if int(a) in edge} - reached
        reached, edge = reached | near, near
    assert len(reached) == 101
    assert len(plan_pairs(64)) * 2 == 4032


def test_too_few_and_too_many_activities_are_refused_with_a_way_out():
    with pytest.raises(SettingsError, match="1 activity"):
        check_count(1, None)
    with pytest.raises(SettingsError, match=r"24,995,000 questions.*at most 4 opponents \(20,000 questions\)"):
        check_count(5000, None)
    check_count(5000, 4)


def test_halves_are_even_within_kinds():
    kinds = tuple(k for k in "abcd" for _ in range(8))
    half = halves(kinds, seed=5)
    assert half.sum() == 16 and all(half[i * 8 : i * 8 + 8].sum() == 4 for i in range(4))
    assert (half != halves(kinds, seed=6)).any()


def test_correlation_equals_scipy_and_finds_only_what_is_there():
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=40), rng.normal(size=(40, 3))
    columns = np.column_stack([x + noise[:, 0], noise[:, 1], -x + 0.1 * noise[:, 2], np.ones(40)])
    found = correlate(x, columns)
    for k in range(3):
        known = pearsonr(x, columns[:, k])
        assert found.r[k] == pytest.approx(known.statistic)
        interval = known.confidence_interval()
        assert (found.low[k], found.high[k]) == pytest.approx((interval.low, interval.high))
    assert found.p_value[0] < 0.001 and found.p_value[1] > 0.05 and found.p_value[2] == pytest.approx(1 / 10_001)
    assert np.isnan([found.r[3], found.p_value[3], found.q_value[3]]).all()
    assert (found.q_value[:3] >= found.p_value[:3]).all()


def test_few_points_are_permuted_in_every_order():
    found = correlate([1, 2, 3, 4], np.array([[1.0], [2], [3], [5]]))
    assert found.p_value[0] == pytest.approx(2 / 24) and np.isfinite(found.low[0])
    assert np.isnan(correlate([1.0, 2.0], np.ones((2, 1))).r[0])
