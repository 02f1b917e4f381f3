"""Batches: every text once, within the limit, and no split of the sorted texts that costs less."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from emotion_core.tracing.record import LENGTH_MULTIPLE, TOKENS_PER_TRACE, length_sorted


def padded(length: int) -> int:
    return length + -length % LENGTH_MULTIPLE


def cost(batches: list[list[int]], lengths: list[int]) -> int:
    return sum(len(b) * padded(max(lengths[i] for i in b)) + TOKENS_PER_TRACE for b in batches)


def cheapest(lengths: list[int]) -> int:
    """Of all splits of the sorted texts, with no limit on a batch."""
    order, n = sorted(range(len(lengths)), key=lambda i: -lengths[i]), len(lengths)
    costs = []
    for k in range(n):
        for cuts in combinations(range(1, n), k):
            marks = [0, *cuts, n]
            costs.append(cost([order[a:b] for a, b in pairwise(marks)], lengths))
    return min(costs)


@pytest.mark.parametrize("seed", range(6))
def test_no_split_costs_less(seed):
    lengths = np.random.default_rng(seed).integers(1, 300, 10).tolist()
    batches = length_sorted(lengths, 10**6)
    assert sorted(i for batch in batches for i in batch) == list(range(10))
    assert cost(batches, lengths) == cheapest(lengths)


def test_many_texts_are_padded_by_little_more_than_to_the_multiple():
    lengths = np.random.default_rng(0).normal(57, 14, 400).clip(10, 200).astype(int).tolist()
    batches = length_sorted(lengths)
    spent = sum(len(b) * padded(max(lengths[i] for i in b)) for b in batches)
    least = sum(padded(n) for n in lengths)
    assert least <= spent < 1.03 * least
    assert max(len(b) * max(lengths[i] for i in b) for b in batches) <= 2048


def test_nothing_to_batch():
    assert length_sorted([]) == []
