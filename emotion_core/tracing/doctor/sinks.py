"""Tokens and dimensions that hold most of the residual stream's length, whatever the text says.

Many models park attention on one token, mostly the first, and make its residual stream many times as long as that of
the others (attention sinks, Xiao et al. 2024), along a few dimensions (massive activations, Sun et al. 2024). A mean
over tokens that holds such a token is mostly that token, and a length that holds it is a length of nothing. Which
tokens and dimensions they are differs from model to model, so they are looked up in each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from emotion_core.base.activations import FloatArray
from emotion_core.base.later import torch
from emotion_core.models.loaded import LoadedModel
from emotion_core.tracing.doctor.hooks import forward

SINK = 5.0  # times as long as the median token of the same text and layer


@dataclass(frozen=True)
class StreamSizes:
    """How long the residual stream of one text is, by layer.

    Attributes:
        times: float32 [layers, tokens], length of each token over the median of the tokens behind the first.
        shares: float32 [layers, width], share of each dimension in the squared length of the tokens behind the first.
    """

    times: FloatArray
    shares: FloatArray

    def longest(self, token: int) -> tuple[float, int]:
        """How many times as long as the median a token becomes, and at which layer."""
        layer = int(self.times[:, token].argmax())
        return float(self.times[layer, token]), layer

    @property
    def sinks(self) -> tuple[int, ...]:
        """Places of the tokens that are `SINK` times as long as the median at some layer."""
        return tuple(int(i) for i in np.flatnonzero(self.times.max(axis=0) >= SINK))


def stream_sizes(model: LoadedModel, ids: Sequence[int]) -> StreamSizes:
    """Runs one text, on its own, and measures the residual stream behind every block.

    Args:
        model: With its weights on this machine.
        ids: Tokens of the text, one at least.
    """
    seen, _ = forward(model, torch.tensor([list(ids)], device=model.info.device))
    times, shares = [], []
    for outputs in seen.outputs:
        tokens = outputs[0][0].float()  # (tokens, width)
        rest = tokens[1:] if len(tokens) > 1 else tokens
        length = tokens.norm(dim=-1)
        median = rest.norm(dim=-1).median().clamp_min(1e-12)
        energy = rest.square().mean(0)
        times.append((length / median).cpu().numpy())
        shares.append((energy / energy.sum().clamp_min(1e-12)).cpu().numpy())
    return StreamSizes(np.stack(times).astype(np.float32), np.stack(shares).astype(np.float32))
