import time

import numpy as np
import pytest
from vectors.planted import labelled_set, pair_set, planted_labels, planted_pairs

from emotion_core.base.jobs import run_to_end
from emotion_core.evaluation import nulls
from emotion_core.evaluation.nulls import permutations, starts, swaps
from emotion_core.stats.separation import auroc
from emotion_core.vectors.estimate import LabelledRows, PairRows, blocks_of, estimate, places, project


def halves(one, acts):
    return [blocks_of(one.part(split), places(acts.texts))[0] for split in ("train", "heldout")]


def test_swaps_and_permutations_keep_what_must_be_kept():
    one = labelled_set(("a", "b", "c"), 6, 0)
    acts, _ = planted_labels(one, 0.0)
    (block,) = blocks_of(one.texts, places(acts.texts))
    order, bounds = permutations(block, 50, np.random.default_rng(0)), starts(block)
    assert bounds.tolist() == [0, 6, 12, 18]
    topics = np.array(block.groups)
    for row in order:
        assert sorted(row) == list(range(18))
        for e in range(3):  # every topic has one text of each emotion, before and after
            assert sorted(topics[row[bounds[e] : bounds[e + 1]]]) == sorted(set(topics))
    assert len({tuple(row) for row in order}) == 50
    drawn = swaps(PairRows("x", np.arange(200), np.arange(200), ("t",) * 200), 50, np.random.default_rng(0))
    assert drawn.shape == (50, 200) and 0.45 < drawn.mean() < 0.55


def test_topics_of_a_single_emotion_are_shuffled_together():
    labels = np.repeat([0, 1], 5)
    block = LabelledRows(("a", "b"), np.arange(10), labels, tuple(f"t{i}" for i in range(10)))
    firsts = permutations(block, 300, np.random.default_rng(0))[:, :5]
    share = np.bincount(firsts.ravel(), minlength=10) / 300
    assert (np.abs(share - 0.5) < 0.12).all()


def test_shuffled_pair_vectors_equal_estimates_on_swapped_pairs():
    one = pair_set(12, 4)
    acts, _ = planted_pairs(one, 2.0)
    train, _ = halves(one, acts)
    scores_of = nulls.reextracted(acts.values, train, ("fear",), acts.values, 5, np.random.default_rng(3))
    swapped = swaps(train, 5, np.random.default_rng(3))
    for layer in range(2):
        ((_, scores),) = scores_of(layer)
        for k in range(5):
            turned = PairRows(
                "fear",
                np.where(swapped[k], train.negative, train.positive),
                np.where(swapped[k], train.positive, train.negative),
                train.groups,
            )
            vector = estimate(acts.values, turned, "difference")[0]
            expected = acts.values[:, layer] @ vector[layer]
            found = scores[k, 0]
            np.testing.assert_allclose(
                found - found.mean(), (expected - expected.mean()) * 12 / 1, rtol=2e-3, atol=0.05
            )


def test_shuffled_labelled_vectors_equal_estimates_on_shuffled_labels(monkeypatch):
    one = labelled_set(("a", "b", "c"), 6, 3)
    acts, _ = planted_labels(one, 2.0)
    train, test = halves(one, acts)
    held = acts.values[test.rows]
    order = permutations(train, 4, np.random.default_rng(5))
    wide = [nulls._BUDGET, 1]  # all draws in one chunk, and one draw a chunk
    for budget in wide:
        monkeypatch.setattr(nulls, "_BUDGET", budget)
        scores_of = nulls.reextracted(acts.values, train, ("c", "a"), held, 4, np.random.default_rng(5))
        scores = np.concatenate([scores for _, scores in scores_of(1)])
        for k in range(4):
            labels = np.empty(len(train), dtype=np.int64)
            labels[order[k]] = np.repeat(np.arange(3), 6)
            vectors = estimate(
                acts.values, LabelledRows(train.emotions, train.rows, labels, train.groups), "difference"
            )
            for e, number in enumerate((2, 0)):
                expected = held[:, 1] @ vectors[number, 1]
                np.testing.assert_allclose(scores[k, e] - scores[k, e].mean(), expected - expected.mean(), atol=1e-4)


def test_both_orders_of_multiplication_agree():
    rng = np.random.default_rng(0)
    block = LabelledRows(("a", "b"), np.arange(20), np.arange(20) % 2, ("",) * 20)
    order, bounds = permutations(block, 3, rng), starts(block)
    train = rng.normal(size=(20, 6)).astype(np.float32)
    few, many = rng.normal(size=(4, 6)).astype(np.float32), rng.normal(size=(60, 6)).astype(np.float32)
    many[:4] = few
    first = nulls._labelled_scores(train, order, bounds, few)
    second = nulls._labelled_scores(train, order, bounds, many)
    np.testing.assert_allclose(first, second[:, :, :4], atol=1e-5)


def test_null_p_values_are_uniform_without_a_difference_and_smallest_with_a_large_one():
    p_values = []
    for seed in range(60):
        one = pair_set(20, 10)
        acts, _ = planted_pairs(one, 0.0, seed)
        p_values.append(p_of(one, acts, seed))
    assert 0.4 < np.mean(p_values) < 0.6
    assert np.mean(np.array(p_values)[:, 0] <= 0.05) <= 0.12
    one = pair_set(20, 10)
    # One strong direction: vectors of shuffled training labels alone would point along it, half of them the right way.
    acts, _ = planted_pairs(one, 20.0)
    assert (p_of(one, acts, 0) < 0.02).all()


def p_of(one, acts, seed):
    train, test = halves(one, acts)
    rng = np.random.default_rng(seed)
    scores_of = nulls.reextracted(acts.values, train, ("fear",), acts.values, 100, rng)
    null = run_to_end(nulls.shuffled_labels(test, ("fear",), scores_of, 4, 100, rng))
    vector = estimate(acts.values, train, "difference")[0]
    return null.p_value(auroc(*project(acts.values, test.sides("fear"), vector))[None])[0]


@pytest.mark.parametrize("form", ["pairs", "labelled"])
def test_the_longer_null_is_that_of_all_layers(form):
    one = pair_set(20, 10) if form == "pairs" else labelled_set(("a", "b", "c"), 10, 5)
    acts = (planted_pairs if form == "pairs" else planted_labels)(one, 1.0)[0]
    train, test = halves(one, acts)

    def reextracted(rng):
        return nulls.reextracted(acts.values, train, train.emotions, acts.values, 40, rng)

    rng = np.random.default_rng(3)
    null = run_to_end(nulls.shuffled_labels(test, train.emotions, reextracted(rng), 4, 40, rng))
    rng = np.random.default_rng(3)
    found = nulls.shuffled_aurocs(test, train.emotions, reextracted(rng), 2, 40, rng)
    np.testing.assert_allclose(found, null.auroc[:, :, 2], atol=1e-12)
    scores = acts.values[:, 2, 0].astype(np.float64)
    first_axis = np.zeros((len(train.emotions), 4, 32), np.float32)
    first_axis[:, :, 0] = 1
    fixed = nulls.fixed(first_axis, acts.values, 40)
    expected = nulls.shuffled_aurocs(test, test.emotions, fixed, 2, 40, np.random.default_rng(1))
    for e, emotion in enumerate(test.emotions):
        found = nulls.relabelled_aurocs(test, emotion, scores, 40, np.random.default_rng(1))
        np.testing.assert_allclose(found, expected[:, e], atol=1e-12)


def test_pairs_of_a_topic_change_places_together_where_there_are_enough_topics():
    rows = np.arange(20)
    many = PairRows("fear", rows, rows + 20, tuple(str(i // 2) for i in range(20)))
    few = PairRows("fear", rows, rows + 20, tuple(str(i // 5) for i in range(20)))
    turned = swaps(many, 200, np.random.default_rng(0))
    assert (turned[:, ::2] == turned[:, 1::2]).all() and 0.4 < turned.mean() < 0.6
    turned = swaps(few, 200, np.random.default_rng(0))
    assert (turned[:, ::2] != turned[:, 1::2]).any()


def test_the_best_of_several_layers_is_seldom_better_than_chance():
    """Each layer at p <= .05 would find one of four in 1 - .95^4 = 19 % of null sets."""
    together, single = [], []
    rng = np.random.default_rng(0)
    for _ in range(300):
        null = nulls.Null(rng.normal(size=(100, 1, 4)), np.zeros((100, 1, 4)))
        observed = rng.normal(size=(1, 4))
        together.append(null.p_of_all_layers(observed).min() <= 0.05)
        single.append(null.p_value(observed).min() <= 0.05)
    assert np.mean(together) <= 0.085 < np.mean(single)


def test_p_value_counts_the_observed_one_and_ties():
    null = nulls.Null(np.array([[[0.5]], [[0.7]], [[0.9]]]), np.zeros((3, 1, 1)))
    assert null.p_value(np.array([[0.7]])) == 3 / 4
    assert null.p_value(np.array([[1.0]])) == 1 / 4
    assert np.isnan(null.p_value(np.array([[np.nan]]))).all()


def test_random_directions_are_at_chance_and_wide():
    one = labelled_set(("a", "b"), 0, 30)
    acts, _ = planted_labels(one, 3.0)
    (block,) = blocks_of(one.texts, places(acts.texts))
    null = nulls.random_directions(acts.values, block, ("a", "b"), 300, np.random.default_rng(0))
    assert null.auroc.shape == (300, 2, 4)
    assert abs(null.auroc.mean() - 0.5) < 0.05 and null.auroc.std() > 0.1
    np.testing.assert_allclose(null.auroc[:, 0] + null.auroc[:, 1], 1.0)


def test_a_layer_that_is_not_finite_has_no_null():
    one = pair_set(10, 5)
    acts, _ = planted_pairs(one, 1.0)
    acts.values[4, 2] = np.inf
    train, test = halves(one, acts)
    rng = np.random.default_rng(0)
    scores_of = nulls.reextracted(acts.values, train, ("fear",), acts.values, 20, rng)
    null = run_to_end(nulls.shuffled_labels(test, ("fear",), scores_of, 4, 20, rng))
    assert np.isnan(null.auroc[:, 0, 2]).all() and np.isfinite(null.auroc[:, 0, [0, 1, 3]]).all()


def test_171_emotions_take_seconds_a_layer_not_minutes():
    emotions = tuple(f"e{i}" for i in range(171))
    one = labelled_set(emotions, 8, 2)
    rng = np.random.default_rng(0)
    values = rng.normal(size=(len(one.texts), 1, 256)).astype(np.float32)
    train, test = (blocks_of(one.part(s), places([t.text for t in one.texts]))[0] for s in ("train", "heldout"))
    held = values[test.rows]
    test = LabelledRows(test.emotions, np.arange(len(test)), test.labels, test.groups)
    start = time.perf_counter()
    scores_of = nulls.reextracted(values, train, emotions, held, 200, rng)
    null = run_to_end(nulls.shuffled_labels(test, emotions, scores_of, 1, 200, rng))
    assert time.perf_counter() - start < 10
    assert abs(null.auroc.mean() - 0.5) < 0.01
