"""Length-sorted batches: texts of similar length together, so that little is spent on padding."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from emotion_core.models.encode import Encoding

# Enough tokens to keep two cores busy, few enough to answer a cancel and to stay small in memory.
TOKENS_PER_BATCH = 2048

# Matrix products over a multiple of 16 tokens gave the same bits for a row whatever the other rows were (one thread,
# float32, three trained models); other lengths differed in the last bits for half of the texts. So what is read of a
# text, and kept in a cache that visitors share, does not depend on which texts it was read together with.
LENGTH_MULTIPLE = 16

# What opening a trace costs, as tokens that could be read meanwhile: a batch of its own must save this much padding.
TOKENS_PER_TRACE = 128


def length_sorted(lengths: Sequence[int], tokens_per_batch: int = TOKENS_PER_BATCH) -> list[list[int]]:
    """Splits indices into batches of at most `tokens_per_batch` tokens, longest texts first, with the least padding.

    Texts are padded to a multiple of 16, see `pad_right`. A batch ends where the next multiple begins if that saves
    more padding than one more trace costs; of all such splits the cheapest is taken. Longest first: the first batch
    needs the most memory, so a model that fits at all fails at once or not at all.

    Args:
        lengths: Tokens of each text.
        tokens_per_batch: Limit on rows times the longest of a batch; a longer text is a batch of its own.

    Returns:
        Lists of indices into `lengths`; every index once.
    """
    order = sorted(range(len(lengths)), key=lambda i: (-lengths[i], i))
    padded = [lengths[i] + -lengths[i] % LENGTH_MULTIPLE for i in order]
    starts = [k for k in range(len(order)) if not k or padded[k] != padded[k - 1]]
    batches: list[list[int]] = []
    for begin, end in _cheapest(padded, [*starts, len(order)], tokens_per_batch):
        rows = max(1, tokens_per_batch // max(1, lengths[order[begin]]))
        batches += [order[k : min(k + rows, end)] for k in range(begin, end, rows)]
    return batches


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


def _cheapest(padded: Sequence[int], marks: Sequence[int], tokens_per_batch: int) -> list[tuple[int, int]]:
    """Ranges between marks whose padded tokens and traces together cost least (dynamic programming from the end).

    Args:
        padded: Padded lengths, longest first.
        marks: Where a range may begin or end: 0, the starts of shorter lengths, and the number of texts.
        tokens_per_batch: As in `length_sorted`.
    """
    best: list[tuple[float, int]] = [(0.0, len(marks) - 1)] * len(marks)  # cost from a mark on, and the next mark
    for a in reversed(range(len(marks) - 1)):
        longest = max(1, padded[marks[a]])
        rows = max(1, tokens_per_batch // longest)
        options = []
        for b in range(a + 1, len(marks)):
            texts = marks[b] - marks[a]
            options.append((texts * longest + TOKENS_PER_TRACE * -(-texts // rows) + best[b][0], b))
        best[a] = min(options)
    found, a = [], 0
    while a < len(marks) - 1:
        found.append((marks[a], marks[best[a][1]]))
        a = best[a][1]
    return found
