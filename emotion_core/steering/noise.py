"""Same-noise sampling: texts of one (prompt, sample) differ because of the strength, not because of the dice.

A token is drawn as argmax(logits / temperature + Gumbel noise), which is a draw from the softmax (the Gumbel-max
trick; Maddison et al. 2014, A* Sampling). The noise of a step depends on seed, prompt, sample and step alone, so all
strengths and all control directions see the same noise, whatever the batch or the order they are computed in.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import torch


def gumbel(seed: int, prompt: str, sample: int, step: int, vocabulary: int) -> torch.Tensor:
    """float32 [vocabulary], the noise of one step of one (prompt, sample)."""
    key = int.from_bytes(hashlib.sha256(prompt.encode()).digest()[:8], "big")
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, key, sample, step])))
    # -log of an exponential variate is Gumbel distributed; the tiny floor keeps log(0) away.
    noise = -np.log(np.maximum(rng.standard_exponential(vocabulary, dtype=np.float32), 1e-30))
    return torch.from_numpy(noise)


def choose(logits: torch.Tensor, noise: torch.Tensor | None, temperature: float, top_p: float) -> torch.Tensor:
    """Chosen tokens, int64 [rows].

    Args:
        logits: float32 [rows, vocabulary].
        noise: float32 [rows, vocabulary], or None for the most probable token.
        temperature: Above 0.
        top_p: Tokens outside of the smallest set with this probability are never chosen.
    """
    if noise is None:
        return logits.argmax(-1)
    # From the largest one down, so that a tiny temperature gives the most probable token and not infinities.
    scaled = (logits - logits.amax(-1, keepdim=True)) / max(temperature, 1e-6)
    if top_p < 1:
        ordered, order = scaled.sort(-1, descending=True)
        probability = ordered.softmax(-1)
        # A token stays while the probability of those before it is below top_p: the first one always does.
        outside = probability.cumsum(-1) - probability >= top_p
        scaled = scaled.masked_fill(outside.gather(-1, order.argsort(-1)), -torch.inf)
    return (scaled + noise.to(scaled.device)).argmax(-1)


@dataclass(frozen=True)
class Sampling:
    """Draws the tokens of rows of one prompt. It is sent along to where a model runs, so it holds plain values only.

    Attributes:
        seed: Of the run.
        prompt: Its text.
        samples: Sample of each row; None where the most probable token is taken.
        temperature: Above 0.
        top_p: See `choose`.
        first: Number of the step that is called 0.
    """

    seed: int
    prompt: str
    samples: tuple[int | None, ...]
    temperature: float
    top_p: float
    first: int = 0

    def __call__(self, logits: torch.Tensor, t: int) -> torch.Tensor:
        """Chosen tokens of step `first + t`, int64 [rows], of float32 [rows, vocabulary]."""
        streams = sorted({sample for sample in self.samples if sample is not None})
        if not streams:
            return choose(logits, None, self.temperature, self.top_p)
        vocabulary = logits.shape[-1]
        drawn = torch.stack([gumbel(self.seed, self.prompt, s, self.first + t, vocabulary) for s in streams])
        place = {s: i for i, s in enumerate(streams)}
        noise = drawn[[0 if sample is None else place[sample] for sample in self.samples]]
        noise[[sample is None for sample in self.samples]] = 0.0
        return choose(logits, noise, self.temperature, self.top_p)
