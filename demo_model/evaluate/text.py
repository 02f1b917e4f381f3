"""Unsteered text: repetition, samples as they come, and the loss on held-out text of every source."""

from __future__ import annotations

import math

import numpy as np
import torch

from demo_model import paths
from demo_model.evaluate.figures import Figure, repeated_share
from demo_model.evaluate.reader import Reader
from demo_model.sampler import rows_at
from demo_model.shards import Shard

OPENINGS = (
    "It was raining when", "My sister called and", "The bus stopped, and", "I opened the letter.",
    "At the market, Tom", "When the lights went out,", "She looked at the old photograph", "The dog",
    "After dinner we", "He had never seen", "On the first day of school,", "I could hear",
    "The kitchen smelled of", "Nobody had told me that", "The doctor said", "We walked along the river",
    "Once upon a time,", "The boss came in and", "Last night I", "There was a knock at the door.",
)  # fmt: skip


def quality(reader: Reader) -> tuple[list[Figure], list[str]]:
    """Repeated 4-grams over 200 continuations of 60 tokens; one sample of each opening to read."""
    prompts = [opening for opening in OPENINGS for _ in range(10)]
    texts = reader.continue_texts(prompts, 60, seed=1)
    share = float(np.mean([repeated_share(text) for text in texts]))
    samples = [
        opening + reader.tokenizer.decode(texts[number * 10]) for number, opening in enumerate(sorted(set(OPENINGS)))
    ]
    return [Figure("repeated 4-grams, 200 continuations", f"{share:.2%}", "< 3 %", share < 0.03)], samples


@torch.inference_mode()
def losses(reader: Reader, rows: int = 24) -> list[Figure]:
    """Nats a token on text that was kept back, where the shards are at hand."""
    figures = []
    for file in sorted((paths.TRAIN / "shards").glob("*.heldout.npz")):
        shard = Shard.load(file)
        batch = rows_at(shard, shard.starts[:: max(1, len(shard.starts) // rows)][:rows].tolist(), 256)
        log_probs = reader.model(batch.tokens).logits.log_softmax(-1)
        nats = -log_probs.gather(-1, batch.targets[..., None])[..., 0]
        loss = float((nats * (batch.weights > 0)).sum() / (batch.weights > 0).sum())
        figures.append(
            Figure(f"held-out loss, {file.name.split('.')[0]}", f"{loss:.2f} nats (perplexity {math.exp(loss):.0f})")
        )
    return figures
