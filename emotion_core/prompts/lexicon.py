"""Finds words that name an emotion in a text.

Situational prompts must not name the emotion they show, or a vector built from them is a vector of the word. The word
list lies in lexicon_words.py; here is the matching: whole words in any case, hyphenated words also by their parts,
phrases, and plain uses ("kind of", "the content of", "the safe behind the picture") that are left alone.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from emotion_core.prompts import lexicon_words as words

_WORD = re.compile(r"[a-z]+(?:-[a-z]+)*")


class EmotionWord(NamedTuple):
    """A word that names an emotion, where it starts in the text, and whether it can mean nothing else."""

    word: str
    start: int
    certain: bool


def _one_pattern(entries: str) -> re.Pattern[str]:
    """One expression for a list of words, `*` standing for any letters."""
    return re.compile("|".join(re.escape(entry).replace(r"\*", "[a-z]*") for entry in sorted(set(entries.split()))))


def _phrase_pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    alternatives = "|".join(phrase.replace(" ", r"[\s-]+") for phrase in phrases)
    return re.compile(rf"(?<![a-z])(?:{alternatives})(?![a-z])")


_CERTAIN = _one_pattern(words.CERTAIN)
_AMBIGUOUS = _one_pattern(words.AMBIGUOUS)
_CERTAIN_PHRASE = _phrase_pattern(words.CERTAIN_PHRASES)
_AMBIGUOUS_PHRASE = _phrase_pattern(words.AMBIGUOUS_PHRASES)
_PLAIN = re.compile("|".join(rf"(?<![a-z-])(?:{use})(?![a-z])" for use in words.PLAIN_USES))


# Words repeat within a set, so remembering them makes a set of 1,700 texts a matter of milliseconds.
@lru_cache(maxsize=65536)
def certainty(word: str) -> bool | None:
    """True for a word that names an emotion, False for one that may, None for any other.

    Example:
        >>> certainty("terrified"), certainty("kind"), certainty("table")
        (True, False, None)
    """
    lower = word.lower()
    # A word in both lists, by a stem in one of them, is the more careful of the two: whole entries are not repeated.
    if _AMBIGUOUS.fullmatch(lower):
        return False
    if _CERTAIN.fullmatch(lower):
        return True
    if "-" in lower:
        found = [certainty(part) for part in lower.split("-")]
        return True if True in found else (False if False in found else None)
    return None


def find_emotion_words(text: str) -> list[EmotionWord]:
    """All emotion words of a text, in order, phrases as one entry.

    Args:
        text: Any text; case and the kind of apostrophe do not matter.

    Returns:
        Tuples (word as written, index of its first character, certain).

    Example:
        >>> find_emotion_words("Kind of quiet, and she was so scared.")
        [EmotionWord(word='scared', start=30, certain=True)]
    """
    # Lower-casing may change the length of a few letters (İ): only ASCII is folded, so that positions stay true.
    lower = re.sub("[A-Z]", lambda letter: letter.group().lower(), text)
    plain = [match.span() for match in _PLAIN.finditer(lower)]
    taken: list[tuple[int, int]] = []
    found: list[EmotionWord] = []

    def add(start: int, end: int, certain: bool) -> None:
        if not any(a < end and start < b for a, b in taken):
            taken.append((start, end))
            found.append(EmotionWord(text[start:end], start, certain))

    for pattern, certain in ((_CERTAIN_PHRASE, True), (_AMBIGUOUS_PHRASE, False)):
        for match in pattern.finditer(lower):
            add(*match.span(), certain)
    for match in _WORD.finditer(lower):
        start, end = match.span()
        verdict = certainty(match.group())
        if verdict is not None and not any(a <= start and end <= b for a, b in plain):
            add(start, end, verdict)
    return sorted(found, key=lambda one: one.start)
