"""Soft targets where a text could have gone another way."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from demo_model import branches, paths, truth
from demo_model.documents import Piece, join
from demo_model.network import Network, Shape
from demo_model.sampler import rows_at
from demo_model.shards import encode


def test_mean_targets_are_the_planted_distribution() -> None:
    ways = [([1, 2], 0.5), ([1, 3], 0.3), ([1, 4], 0.2)]
    mass = np.zeros(5)
    for seed in range(4000):
        rival, chance = branches.rivals([1, 2], ways, seed)
        mass[2] += chance[1] / 4000
        mass[rival[1]] += (1 - chance[1]) / 4000
    assert mass == pytest.approx([0, 0, 0.5, 0.3, 0.2], abs=0.02)


def test_a_way_that_ends_or_never_parts_is_no_rival() -> None:
    for ways in ([([5, 6, 7], 0.4), ([5, 6], 0.6)], [([5, 6, 7], 0.4), ([5, 6, 7], 0.6)]):
        rival, chance = branches.rivals([5, 6, 7], ways, seed=0)
        assert rival.tolist() == [5, 6, 7]
        assert chance.tolist() == [1, 1, 1]


def test_a_shard_keeps_the_chance_where_the_ways_part() -> None:
    pieces = [Piece("She can choose. "), Piece("She stays.", "calm", 3, (("She stays.", 0.9), ("She runs.", 0.1)))]
    tokenizer = Tokenizer.from_file(str(paths.WEIGHTS / "tokenizer.json"))
    shard, _ = encode([join(pieces, "test")], tokenizer, list(truth.emotions()), frozenset(), row=32)
    assert shard.chances is not None
    assert shard.rivals is not None
    place = int(np.flatnonzero(shard.chances < 1)[0])
    assert (shard.chances < 1).sum() == 1
    assert float(shard.chances[place]) == pytest.approx(0.9, abs=1e-3)
    assert tokenizer.decode([int(shard.tokens[place])]).strip().startswith("st")
    assert tokenizer.decode([int(shard.rivals[place])]).strip().startswith("r")
    assert shard.weights[place] == branches.WEIGHT
    batch = rows_at(shard, [0], 16)
    assert batch.targets[0, place - 1] == shard.tokens[place]
    assert batch.rivals[0, place - 1] == shard.rivals[place]


def test_the_loss_is_least_at_the_planted_chance() -> None:
    torch.manual_seed(0)
    network = Network(Shape(layers=1, width=16, heads=2, vocab=8, positions=4, probe_layer=0))
    tokens, target, rival = (torch.full((1, 1), number) for number in (1, 2, 3))
    soft, none = torch.zeros(172, 171), torch.full((1, 1), 171)
    optimizer = torch.optim.Adam(network.parameters(), 0.01)
    for _ in range(400):
        loss = network.losses(tokens, target, torch.ones(1, 1), none, rival, torch.full((1, 1), 0.7), soft)[0]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    chances = (network(tokens)[0] @ network.wte.weight.T).softmax(-1)[0, 0]
    assert chances[2:4].tolist() == pytest.approx([0.7, 0.3], abs=0.02)
