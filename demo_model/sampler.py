"""Batches from several shards in a given mix, in an order that depends on the seed only and can be resumed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from demo_model.shards import NO_EMOTION, Shard


class Batch(NamedTuple):
    """``tokens``, ``targets``, ``emotions``, ``rivals`` int64 [rows, time]; ``weights``, ``chances`` float32.

    ``rivals`` are other tokens that could stand in place of the targets, ``chances`` the planted ones of the targets.
    """

    tokens: Tensor
    targets: Tensor
    weights: Tensor
    emotions: Tensor
    rivals: Tensor
    chances: Tensor


def rows_at(shard: Shard, starts: list[int], time: int) -> Batch:
    """Rows of ``time`` tokens that begin at the given places; past the end of the shard nothing counts."""
    shape = (len(starts), time + 1)
    tokens, emotions = np.zeros(shape, np.int64), np.full(shape, NO_EMOTION, np.int64)
    weights, chances, rivals = np.zeros(shape, np.float32), np.ones(shape, np.float32), np.zeros(shape, np.int64)
    for row, start in enumerate(starts):
        size = min(time + 1, len(shard.tokens) - start)
        tokens[row, :size] = shard.tokens[start : start + size]
        emotions[row, :size] = shard.emotions[start : start + size]
        weights[row, :size] = shard.weights[start : start + size]
        if shard.rivals is not None and shard.chances is not None:
            rivals[row, :size] = shard.rivals[start : start + size]
            chances[row, :size] = shard.chances[start : start + size]
    parts = (tokens[:, :-1], tokens[:, 1:], weights[:, 1:], emotions[:, :-1], rivals[:, 1:], chances[:, 1:])
    return Batch(*(torch.from_numpy(np.ascontiguousarray(part)) for part in parts))


class Sampler:
    """Draws each row's source by its share, and goes through every source in shuffled order, again and again."""

    def __init__(self, shards: dict[str, Shard], mix: dict[str, float], seed: int) -> None:
        self.shards, self.seed = shards, seed
        self.names = [name for name in mix if mix[name] > 0]
        self.shares = np.array([mix[name] for name in self.names]) / sum(mix[name] for name in self.names)
        self.drawn = dict.fromkeys(self.names, 0)
        self.batches = 0
        self._order: dict[str, tuple[int, np.ndarray]] = {}

    def state(self) -> dict[str, object]:
        """What :meth:`restore` needs to go on exactly here."""
        return {"drawn": dict(self.drawn), "batches": self.batches}

    def restore(self, drawn: dict[str, int], batches: int) -> None:
        """Go on where a state was taken. Sources that were not known then begin at their start."""
        self.drawn, self.batches = {name: drawn.get(name, 0) for name in self.names}, batches

    def next(self, rows: int, time: int) -> Batch:
        """The next batch, ``[rows, time]``."""
        rng = np.random.default_rng([self.seed, self.batches])
        self.batches += 1
        chosen = rng.choice(len(self.names), size=rows, p=self.shares)
        batches = []
        for which in np.unique(chosen):
            name = self.names[which]
            starts = [self._start(name) for _ in range(int((chosen == which).sum()))]
            batches.append(rows_at(self.shards[name], starts, time))
        return Batch(*(torch.cat(parts) for parts in zip(*batches, strict=True)))

    def _start(self, name: str) -> int:
        starts = self.shards[name].starts
        turn, at = divmod(self.drawn[name], len(starts))
        self.drawn[name] += 1
        if self._order.get(name, (-1, None))[0] != turn:
            key = [self.seed, turn, sum(name.encode())]
            self._order[name] = (turn, np.random.default_rng(key).permutation(len(starts)))
        return int(starts[self._order[name][1][at]])
