"""Pairs, Bradley-Terry scores and correlations on numbers whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr

from emotion_core.base.errors import SettingsError
from emotion_core.behavior.preference_settings import check_count, count_comparisons, halves, plan_pairs
from emotion_core.behavior.scale import both_orders, elo, fit
from emotion_core.stats.intervals import fisher_interval, pearson


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


def test_correlations_and_their_intervals_are_those_of_scipy():
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=40), rng.normal(size=(40, 3))
    columns = np.column_stack([x + noise[:, 0], noise[:, 1], -x + 0.1 * noise[:, 2], np.ones(40)])
    r = pearson(x, columns)
    low, high = fisher_interval(r, 40)
    for k in range(3):
        known = pearsonr(x, columns[:, k])
        assert r[k] == pytest.approx(known.statistic)
        interval = known.confidence_interval()
        assert (low[k], high[k]) == pytest.approx((interval.low, interval.high))
    assert np.isnan(r[3]) and np.isnan(pearson([1.0, 2.0], np.ones((2, 1)))[0])


def log_odds(kind: str, n: int = 16, seed: int = 0) -> tuple:
    """Pairs and log-odds in both orders of a model of some kind, with a little noise."""
    rng = np.random.default_rng(seed)
    truth, pairs = rng.normal(size=n), plan_pairs(n)
    a, b = truth[pairs[:, 0]], truth[pairs[:, 1]]
    noise = 0.05 * rng.normal(size=(2, len(pairs)))
    if kind == "prefers":
        return pairs, a - b + 0.3 + noise[0], b - a + 0.3 + noise[1]
    if kind == "always first":  # with differences of the log-odds that never show in an answer
        return pairs, 5 + 0.2 * (a - b) + noise[0], 5 + 0.2 * (b - a) + noise[1]
    if kind == "by the words":  # the more of some word, the more A, wherever it stands
        return pairs, a + b + noise[0], b + a + noise[1]
    return pairs, 20 * noise[0], 20 * noise[1]


def test_a_model_that_always_takes_the_first_has_no_preferences_to_test():
    found = both_orders(16, *log_odds("always first"))
    assert not found.testable and np.isnan(found.p_value)


def test_a_model_that_answers_by_the_words_wherever_they_stand_has_none_either():
    found = both_orders(16, *log_odds("by the words"))
    assert not found.testable and found.r < -0.9


def test_a_model_that_prefers_is_testable_and_one_that_answers_at_random_seldom():
    assert both_orders(16, *log_odds("prefers")).testable
    lucky = [both_orders(16, *log_odds("noise", seed=seed)).testable for seed in range(200)]
    assert np.mean(lucky) < 0.09
