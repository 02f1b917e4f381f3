from __future__ import annotations

import csv
from pathlib import Path

import pytest

from emotion_core.prompts.lexicon import EmotionWord, certainty, find_emotion_words

WORDS_171 = (Path(__file__).parent / "words171.txt").read_text(encoding="utf-8").splitlines()

INFLECTIONS = (Path(__file__).parent / "inflections.txt").read_text(encoding="utf-8").splitlines()


def test_the_list_of_171_words_is_whole() -> None:
    assert len(WORDS_171) == 171


@pytest.mark.parametrize("word", WORDS_171)
def test_every_emotion_of_the_171_is_found_where_it_stands(word: str) -> None:
    found = find_emotion_words(f"By noon she was {word}, they say.")
    assert [(one.word, one.start) for one in found] == [(word, 16)]


@pytest.mark.parametrize("word", INFLECTIONS)
def test_inflections_and_synonyms_are_certain(word: str) -> None:
    assert certainty(word) is True


@pytest.mark.parametrize("word", ["kind", "content", "safe", "stuck", "hurt", "alert", "mad", "hope", "patient"])
def test_words_with_a_plain_sense_are_not_certain(word: str) -> None:
    assert find_emotion_words(f"It was {word} once more") == [EmotionWord(word, 7, False)]


PLAIN = [
    "The contents of the box, a kind of tin, and two kinds of screws.",
    "The water content is 8 percent; the content of the drawer is listed here.",
    "The safe behind the picture. He opened the safe.",
    "The patient is in bed four, and the patients in room six sleep.",
    "In spite of the rain they met at the amusement park.",
    "The verb is in the past tense. The nervous system has two parts.",
    "He bored a hole through the wall. The Amazon carries admirals and confidential letters.",
    "The smuggler, the scarf, the scarecrow and the miser were happening upon carousels in kindergarten.",
    "Desiree, please refuse the tires, press the handle and shut the alarm clock in the gadget drawer.",
    "The electric shock absorber, a bitter lemon, take care of the plants.",
]


@pytest.mark.parametrize("text", PLAIN)
def test_plain_words_are_left_alone(text: str) -> None:
    assert find_emotion_words(text) == []


def test_a_plain_use_does_not_hide_the_word_elsewhere() -> None:
    found = find_emotion_words("A kind of tea from a kind aunt")
    assert found == [EmotionWord("kind", 21, False)]


def test_case_hyphens_and_possessives() -> None:
    assert find_emotion_words("FEAR-driven") == [EmotionWord("FEAR-driven", 0, True)]
    assert find_emotion_words("Joy's cat is fear’s end")[1] == EmotionWord("fear", 13, True)
    assert find_emotion_words("GRIEF-STRICKEN, worn-out") == [
        EmotionWord("GRIEF-STRICKEN", 0, True),
        EmotionWord("worn-out", 16, False),
    ]


def test_positions_stay_true_after_letters_that_change_length_in_lower_case() -> None:
    text = "İİİ ẞ and anger"
    found = find_emotion_words(text)
    assert [text[one.start : one.start + len(one.word)] for one in found] == ["anger"]


def test_a_phrase_is_one_finding() -> None:
    assert find_emotion_words("ill at ease") == [EmotionWord("ill at ease", 0, True)]


def test_the_fear_set_has_no_certain_word() -> None:
    path = Path(__file__).parents[2] / "prompts" / "fear-calm.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    texts = [row[side] for row in rows for side in ("positive", "negative")]
    assert [one for text in texts for one in find_emotion_words(text) if one.certain] == []
