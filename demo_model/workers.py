"""Several single-threaded processes that train one network, each on a part of every step's rows.

One process with two threads waits at every operation for the slower thread, which on cores that are shared with other
work halves its speed; processes meet once a step. They hold the same weights and apply the same summed gradient.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor

from demo_model import paths


class Worker(NamedTuple):
    """Which of how many processes this is."""

    rank: int = 0
    count: int = 1
    parent: int = 0

    def takes(self, part: int) -> bool:
        """Whether the part of a step with this number is this worker's."""
        return part % self.count == self.rank

    def add_up(self, parameters: Iterable[Tensor], figures: Tensor) -> Tensor:
        """Sum gradients over the workers in place, and figures (float32 ``[n]``), which are returned."""
        if self.count == 1:
            return figures
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        flat = torch.cat([gradient.flatten() for gradient in gradients] + [figures])  # (all gradients + n,)
        dist.all_reduce(flat)
        at = 0
        for gradient in gradients:
            gradient.copy_(flat[at : at + gradient.numel()].view_as(gradient))
            at += gradient.numel()
        return flat[at:]

    def agree(self, value: float) -> float:
        """The first worker's value, for all: their clocks differ, their steps and rates may not."""
        if self.count == 1:
            return value
        if os.getppid() != self.parent:  # the starter was killed: do not train on unseen
            os._exit(1)
        shared = torch.tensor([value], dtype=torch.float64)
        dist.broadcast(shared, 0)
        return float(shared.item())


def start(work: Callable[[Worker], None], count: int) -> None:
    """Run ``work`` in this process, or in ``count`` processes that can add up their gradients."""
    if count == 1:
        work(Worker())
        return
    with TemporaryDirectory() as folder:
        mp.spawn(_enter, args=(count, Path(folder) / "meet", work), nprocs=count)


def _own_compile_cache(rank: int) -> None:
    """Two processes that compile the same kernel into one folder can load the other's half-written file."""
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(paths.TRAIN / f"compiled-{rank}")


def _enter(rank: int, count: int, meeting_point: Path, work: Callable[[Worker], None]) -> None:
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{meeting_point}", rank=rank, world_size=count)
    _own_compile_cache(rank)
    work(Worker(rank, count, os.getppid()))
    dist.destroy_process_group()
