"""Batches: every text once, within the limit, all of one padded length, and little padding."""

import numpy as np
import pytest

from emotion_core.tracing.record import length_sorted, padded_length


def test_a_padded_length_holds_the_text_and_is_its_own():
    for length in range(1, 5000):
        padded = padded_length(length)
        assert length <= padded and padded_length(padded) == padded
        assert padded == 16 if length < 16 else padded - length < max(4, length / 16 + 1)


def test_there_are_few_padded_lengths():
    assert len({padded_length(n) for n in range(1, 65)}) == 13
    for start in (64, 128, 512):
        assert len({padded_length(n) for n in range(start + 1, 2 * start + 1)}) == 16


@pytest.mark.parametrize("seed", range(6))
def test_batches_of_one_padded_length_and_no_more_of_them_than_needed(seed):
    lengths = np.random.default_rng(seed).integers(1, 300, 200).tolist()
    batches = length_sorted(lengths, 1000)
    assert sorted(i for batch in batches for i in batch) == list(range(200))
    needed = 0
    for padded in {padded_length(n) for n in lengths}:
        own = sum(padded_length(n) == padded for n in lengths)
        needed += -(-own // max(1, 1000 // padded))
    assert len(batches) == needed
    for batch in batches:
        assert len({padded_length(lengths[i]) for i in batch}) == 1
        assert len(batch) == 1 or len(batch) * padded_length(lengths[batch[0]]) <= 1000


def test_many_texts_are_padded_by_little():
    lengths = np.random.default_rng(0).normal(57, 14, 400).clip(10, 200).astype(int).tolist()
    spent = sum(padded_length(n) for n in lengths)
    assert sum(lengths) <= spent < 1.04 * sum(lengths)


def test_few_requests_elsewhere():
    lengths = np.random.default_rng(0).integers(20, 120, 200).tolist()
    assert len(length_sorted(lengths, multiple=64)) <= sum(lengths) / 2048 + 5


def test_nothing_to_batch():
    assert length_sorted([]) == []
