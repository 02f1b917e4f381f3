"""A killed run goes on exactly where it was, and the exported network computes the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from demo_model.network import Network, Shape, to_transformers
from demo_model.shards import NO_EMOTION, Shard, row_starts
from demo_model.train import Plan, Training
from demo_model.workers import Worker, start

SHAPE = Shape(layers=2, width=32, heads=2, vocab=64, positions=32, probe_layer=0)
PLAN = Plan(rate=1e-3, rows=4, time=16, accumulate=2, long_every=3, compiled=False)


def _shard(seed: int) -> Shard:
    rng = np.random.default_rng(seed)
    emotions = rng.integers(0, NO_EMOTION + 1, 600).astype(np.uint8)
    starts = row_starts(np.full(60, 10), 16)
    return Shard((np.arange(600) * 7 % 64).astype(np.uint16), emotions, np.ones(600, np.uint8), starts)


def _training() -> Training:
    return Training(SHAPE, PLAN, {"a": _shard(0), "b": _shard(1)}, {"a": 0.7, "b": 0.3}, Worker())


def test_a_killed_run_goes_on_exactly(tmp_path: Path) -> None:
    whole = _training()
    expected = [whole.advance() for _ in range(8)]
    first = _training()
    found = [first.advance() for _ in range(5)]
    first.save(tmp_path / "stable.pt")
    del first
    resumed = _training()
    resumed.restore(tmp_path / "stable.pt")
    found += [resumed.advance() for _ in range(3)]
    assert found == expected
    for a, b in zip(whole.network.parameters(), resumed.network.parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_loss_falls() -> None:
    training = _training()
    losses = [training.advance()[0] for _ in range(60)]
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.05


def test_the_export_computes_the_same_logits() -> None:
    torch.manual_seed(0)
    network = Network(SHAPE).eval()
    for parameter in network.parameters():  # biases and norms are constant at the start and would hide a mix-up
        torch.nn.init.normal_(parameter, std=0.2)
    tokens = torch.randint(0, 64, (3, 20))
    with torch.no_grad():
        ours = network(tokens)[0] @ network.wte.weight.T
        theirs = to_transformers(network, eos=0)(tokens).logits
    assert torch.allclose(ours, theirs, atol=1e-4)


@pytest.mark.parametrize("lengths", [[5, 5, 5, 30], [16] * 4, [3], [100, 2, 2]])
def test_rows_begin_in_order_and_reach_every_document_start_within_a_row(lengths: list[int]) -> None:
    starts = row_starts(np.array(lengths), 12)
    assert starts[0] == 0
    assert (np.diff(starts) > 0).all()
    edges = np.cumsum([0, *lengths[:-1]])
    assert all((starts <= edge).any() and edge - starts[starts <= edge].max() < 12 for edge in edges)


def _sum_of_ranks(worker: Worker) -> None:
    parameter = torch.nn.Parameter(torch.zeros(3))
    parameter.grad = torch.full((3,), float(worker.rank + 1))
    figures = worker.add_up([parameter], torch.tensor([10.0]))
    assert parameter.grad.tolist() == [3.0, 3.0, 3.0]
    assert figures.tolist() == [20.0]


def test_two_workers_add_up_their_gradients() -> None:
    start(_sum_of_ranks, 2)
