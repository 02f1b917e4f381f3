"""Length-sorted batches: texts of similar length together, so that little is spent on padding."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from emotion_core.models.encode import Encoding

# Enough tokens to keep two cores busy, few enough to answer a cancel and to stay small in memory.
TOKENS_PER_BATCH = 2048


def length_sorted(lengths: Sequence[int], tokens_per_batch: int = TOKENS_PER_BATCH) -> list[list[int]]:
    """Splits indices into batches of at most `tokens_per_batch` padded tokens, longest texts first.

    Longest first: the first batch needs the most memory, so a model that fits at all fails at once or not at all.

    Returns:
        Lists of indices into `lengths`; every index once.
    """
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    batches: list[list[int]] = []
    for index in order:
        if batches and (len(batches[-1]) + 1) * lengths[batches[-1][0]] <= tokens_per_batch:
            batches[-1].append(index)
        else:
            batches.append([index])
    return batches


# Matrix products over a multiple of 16 tokens gave the same bits for a row whatever the other rows were (one thread,
# float32, three trained models); other lengths differed in the last bits for half of the texts. So what is read of a
# text, and kept in a cache that visitors share, does not depend on which texts it was read together with.
LENGTH_MULTIPLE = 16


def pad_right(encodings: Sequence[Encoding], pad_id: int, device: str, context: int) -> torch.Tensor:
    """Token ids int64 [rows, tokens], rows filled up on the right to a common multiple of 16, or to the context.

    In a causal model no token sees what stands to its right, and positions count from the left. Padding on the right
    therefore changes nothing for the tokens that are read, and needs neither a mask nor position ids; padding on the
    left (nnsight's default for strings) needs both to be right in every architecture.
    """
    longest = max(len(e) for e in encodings)
    longest = max(longest, min(context, longest + -longest % LENGTH_MULTIPLE))
    rows = [[*e.ids, *([pad_id] * (longest - len(e)))] for e in encodings]
    return torch.tensor(rows, dtype=torch.int64, device=device)
