"""Measures of a generated text that need no judge: repetition of its tokens."""

from __future__ import annotations

from collections.abc import Sequence

GRAM = 4


def repetition(ids: Sequence[int]) -> float:
    """Share of 4-grams that stood in the text before, 0 to 1; 0 for a text shorter than two 4-grams."""
    grams = [tuple(ids[i : i + GRAM]) for i in range(len(ids) - GRAM + 1)]
    if len(grams) < 2:
        return 0.0
    return 1.0 - len(set(grams)) / len(grams)


def longest_loop(ids: Sequence[int], longest_period: int = 12) -> int:
    """Tokens in the longest stretch that repeats itself with one period: 6 for `a b c a b c a b c`, else 0."""
    longest = 0
    for period in range(1, min(longest_period, len(ids) - 1) + 1):
        run = 0
        for i in range(period, len(ids)):
            run = run + 1 if ids[i] == ids[i - period] else 0
            if run >= max(period, GRAM):
                longest = max(longest, run)
    return longest


def first_difference(ids: Sequence[int], other: Sequence[int]) -> int | None:
    """Index of the first token that differs, None where the texts are the same."""
    for i, (a, b) in enumerate(zip(ids, other, strict=False)):
        if a != b:
            return i
    return None if len(ids) == len(other) else min(len(ids), len(other))
