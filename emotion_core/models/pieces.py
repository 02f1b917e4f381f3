"""Tokens as a person reads them, where a character may be spelled by several tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence

# What a decoder gives for bytes that are no whole character.
_PART = "\ufffd"
# A character has at most four bytes; a token may end one character and begin the next.
_MOST = 6


def spelled(decode: Callable[[Sequence[int]], str], ids: Sequence[int]) -> list[str]:
    """The text of each token of a sequence.

    A tokenizer that works on bytes spells a rare character, such as an emoji or a letter of another script, with
    several tokens, none of which can be read alone. The character then stands at the last of them, where the model has
    all of it, and the others are empty.

    Args:
        decode: Token ids to text, as they are.
        ids: Consecutive tokens of a text; a part of a character that is never finished stays a replacement character.

    Returns:
        As many texts as tokens; joined they give the text again where the tokenizer allows it.
    """
    texts = [decode([i]) for i in ids]
    start = 0
    while start < len(texts):
        end = _end_of_character(decode, ids, start) if _PART in texts[start] else None
        if end is None:
            start += 1
            continue
        texts[start:end] = [""] * (end - start - 1) + [decode(ids[start:end])]
        start = end
    return texts


def _end_of_character(decode: Callable[[Sequence[int]], str], ids: Sequence[int], start: int) -> int | None:
    """One past the token with which the characters begun at `start` are whole, None where they never are."""
    for end in range(start + 2, min(start + _MOST, len(ids)) + 1):
        if _PART not in decode(ids[start:end]):
            return end
    return None
