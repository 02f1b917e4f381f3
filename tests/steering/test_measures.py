"""Repetition and loops on texts that can be counted by hand."""

from __future__ import annotations

import pytest

from emotion_core.steering.summary import first_difference, longest_loop, repetition


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("", 0.0),
        ("abcd", 0.0),
        ("abcde", 0.0),
        ("aaaaa", 1 / 2),  # aaaa aaaa
        ("aaaaaaaa", 4 / 5),
        ("abcabcabc", 1 / 2),  # abca bcab cabc abca bcab cabc
        ("abcdefabcd", 1 / 7),
        ("abcdefgh", 0.0),
    ],
)
def test_repetition_is_the_share_of_4_grams_seen_before(text, share):
    assert repetition([ord(c) for c in text]) == pytest.approx(share)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", 0),
        ("a", 0),
        ("abcabcabc", 6),
        ("aaaa", 0),  # three tokens repeat the one before: too few to be a loop
        ("aaaaa", 4),
        ("xyzaaaaaaw", 5),
        ("ababab", 4),
        ("abcdabc", 0),  # not one whole period
        ("abcdabcd", 4),
        ("abcdefghijklmabcdefghijklm", 0),  # a period of 13 is longer than the longest looked for
        ("abcdefghijklabcdefghijkl", 12),
        ("abcabcabcxyaaaaaaaaa", 8),  # the longest of two
        ("thequickbrown", 0),
    ],
)
def test_longest_loop_counts_the_tokens_that_repeat(text, tokens):
    assert longest_loop([ord(c) for c in text]) == tokens


@pytest.mark.parametrize(
    ("a", "b", "index"), [("abc", "abc", None), ("abc", "abd", 2), ("abc", "ab", 2), ("", "a", 0), ("", "", None)]
)
def test_first_difference(a, b, index):
    assert first_difference([ord(c) for c in a], [ord(c) for c in b]) == index
    assert first_difference([ord(c) for c in b], [ord(c) for c in a]) == index
