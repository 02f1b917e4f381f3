"""Which vectors stand for the emotion words that are expected to move, where a set has not exactly these words.

The templates and system prompts name words of the 171; a set such as fear-calm or emotions-12 has a few core emotions
under other names. Only words of the same emotion stand in for each other: an opposite would count the same vector
twice. What has no vector is said and never silently dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Expectation = Literal["rise", "fall"]

# For each expected word the names that may stand in for it, the nearest first; case is ignored.
STANDS_IN: dict[str, tuple[str, ...]] = {
    "afraid": ("fear", "frightened", "scared", "terror"),
    "alarmed": ("fear", "afraid", "frightened"),
    "anxious": ("anxiety", "worried", "nervous", "fear"),
    "vigilant": ("alert", "on edge"),
    "suspicious": ("suspicion", "paranoid"),
    "desperate": ("desperation", "despair"),
    "distressed": ("distress", "desperation", "desperate"),
    "sad": ("sadness", "unhappy"),
    "heartbroken": ("grief", "sadness", "sad"),
    "grief-stricken": ("grief", "sadness", "sad"),
    "lonely": ("loneliness", "sadness", "sad"),
    "ashamed": ("shame", "guilt", "guilty"),
    "calm": ("calmness", "peaceful", "serene"),
    "peaceful": ("peace", "calm", "serene"),
    "at ease": ("calm", "relaxed"),
    "content": ("contentment", "satisfied", "calm"),
    "hopeful": ("hope", "optimistic"),
    "optimistic": ("optimism", "hopeful", "hope"),
    "happy": ("happiness", "joy", "joyful"),
    "elated": ("elation", "joy", "joyful"),
    "triumphant": ("triumph", "pride", "proud"),
    "proud": ("pride",),
    "loving": ("love",),
    "compassionate": ("compassion", "love", "kind"),
    "angry": ("anger",),
    "guilty": ("guilt",),
    "bitter": ("bitterness", "resentful", "anger"),
    "bored": ("boredom",),
    "listless": ("boredom", "bored"),
}


@dataclass(frozen=True)
class Expected:
    """Expectations in the words of the vectors.

    Attributes:
        ways: For each emotion of the set that an expectation is about, whether it should rise or fall.
        stands_for: For each of them the expected words that it is read for.
        unmatched: Expected words without a vector, and those whose vector is already expected to go the other way.
    """

    ways: dict[str, Expectation]
    stands_for: dict[str, tuple[str, ...]]
    unmatched: tuple[str, ...]


def match_expected(rise: Sequence[str], fall: Sequence[str], emotions: Sequence[str]) -> Expected:
    """Finds the vectors of expected words: the word itself, else the first stand-in that the set has.

    Args:
        rise: Words that should rise.
        fall: Words that should fall.
        emotions: Names of the set's vectors.

    Example:
        >>> match_expected(["afraid", "alarmed"], ["calm"], ["fear"])
        Expected(ways={'fear': 'rise'}, stands_for={'fear': ('afraid', 'alarmed')}, unmatched=('calm',))
    """
    names = {name.casefold(): name for name in reversed(emotions)}
    ways: dict[str, Expectation] = {}
    stands: dict[str, tuple[str, ...]] = {}
    unmatched: list[str] = []
    wanted: list[tuple[str, Expectation]] = [*((word, "rise") for word in rise), *((word, "fall") for word in fall)]
    for word, way in wanted:
        options = (word, *STANDS_IN.get(word.casefold(), ()))
        found = next((names[one.casefold()] for one in options if one.casefold() in names), None)
        if found is None or ways.setdefault(found, way) != way:
            unmatched.append(word)
        else:
            stands[found] = (*stands.get(found, ()), word)
    return Expected(ways, stands, tuple(unmatched))


def named_by(words: Sequence[str], emotions: Sequence[str]) -> tuple[str, ...] | None:
    """The vectors that words stand for, in their order; None where one has none or two have the same."""
    found = [next(iter(match_expected([word], [], emotions).ways), "") for word in words]
    return tuple(found) if all(found) and len(set(found)) == len(found) else None
