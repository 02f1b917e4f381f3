"""Muon for the matrices inside the blocks, AdamW for everything else, and one schedule for both.

The schedule is warm-up, then constant, then a fall to zero that can be begun from any checkpoint: training can go on
later from before the fall without having fixed its length in advance.
"""

from __future__ import annotations

import torch

from demo_model.network import Network

WARM_UP = 60
ADAM_SHARE = 0.6  # of Muon's rate


def make(network: Network, rate: float) -> list[torch.optim.Optimizer]:
    """Both optimisers. Muon's update is scaled to AdamW's size so that one rate serves both."""
    named = list(network.named_parameters())
    matrices = [p for name, p in named if name.startswith("blocks.") and p.dim() == 2]
    tables = [p for name, p in named if not name.startswith("blocks.") and p.dim() == 2]
    small = [p for _, p in named if p.dim() < 2]
    muon = torch.optim.Muon(matrices, lr=rate, weight_decay=0.1, momentum=0.95, adjust_lr_fn="match_rms_adamw")
    groups = [{"params": tables, "weight_decay": 0.1}, {"params": small, "weight_decay": 0.0}]
    adam = torch.optim.AdamW(groups, lr=rate * ADAM_SHARE, betas=(0.9, 0.97), fused=True)
    for optimizer in (muon, adam):
        for group in optimizer.param_groups:
            group["full"] = group["lr"]
    return [muon, adam]


def set_rate(optimizers: list[torch.optim.Optimizer], step: int, decayed: float) -> float:
    """Set the rates of a step; ``decayed`` is how far they have fallen. Returns the factor from 0 to 1."""
    factor = min(1.0, (step + 1) / WARM_UP) * max(0.0, 1 - decayed)
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            group["lr"] = group["full"] * factor
    return factor
