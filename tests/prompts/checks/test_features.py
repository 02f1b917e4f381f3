"""The small judgements that checks are made of."""

from __future__ import annotations

import sys

import pytest

from emotion_core.prompts.checks.duplicates import near_duplicates
from emotion_core.prompts.checks.finding import contrasts, listed, words_of
from emotion_core.prompts.checks.giveaways import giveaways, length, person, question, tense
from emotion_core.prompts.checks.topics import split_sizes, topics
from emotion_core.prompts.prompt_set import PromptSet, PromptText

from .sets import changed, invented


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I left the house.", "first"),
        ("Our train is late.", "first"),
        ("You’re alone with my dog.", "second"),
        ("Give her your coat.", "second"),
        ("She hears steps.", "third"),
        ("The house, number II, is empty.", "third"),
    ],
)
def test_person(text: str, expected: str) -> None:
    assert person(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The door was open.", "past"),
        ("The door is open.", "present"),
        ("She said the door is open.", ""),
        ("He walked home and opened the door.", "past"),
        ("He needs the bed in the closed room.", ""),
        ("Steps on the stairs.", ""),
    ],
)
def test_tense(text: str, expected: str) -> None:
    assert tense(text) == expected


def test_question() -> None:
    assert (question("Who is there?"), question("Nobody.")) == ("question", "statement")


def test_words() -> None:
    assert words_of("It’s the Ärzte's 3rd_time!") == ["it’s", "the", "ärzte's", "rd", "time"]


def test_listed() -> None:
    assert listed([]) == ""
    assert listed(["a", "b"], shown=2) == "a; b"
    assert listed(["a", "b", "c", "d"], shown=2) == "a; b; and 2 more"


def test_contrasts(pairs: PromptSet, labelled: PromptSet) -> None:
    (one,) = contrasts(pairs)
    assert (one.label, one.own.sum(), len(one.texts)) == ("fear", 50, 100)
    assert [(c.label, int(c.own.sum()), len(c.texts)) for c in contrasts(labelled)] == [
        ("joy", 20, 80),
        ("fear", 20, 80),
        ("anger", 20, 80),
        ("pride", 20, 80),
    ]


def test_too_large_a_group_is_noted_and_not_compared(monkeypatch: pytest.MonkeyPatch, labelled: PromptSet) -> None:
    module = sys.modules["emotion_core.prompts.checks.duplicates"]
    monkeypatch.setattr(module, "MOST", 19)
    (finding,) = near_duplicates(labelled)
    assert finding.severity == "note"
    assert "anger; fear; joy; pride" in finding.detail


@pytest.mark.parametrize(("changes", "found"), [(1, True), (3, True), (9, False)])
def test_near_duplicates_by_words_changed(changes: int, found: bool) -> None:
    sentence = "alone in the parking garage at midnight you hear a second set of steps that stops whenever yours stop"
    words = sentence.split()
    other = [*words]
    for k in range(changes):
        other[2 * k + 1] = ["brown", "kettle", "of", "fourteen", "mud", "sing", "plum", "tall", "xylem"][k]
    texts = tuple(
        PromptText(" ".join(one), "joy", "labelled", "", "train", None, i + 1) for i, one in enumerate((words, other))
    )
    assert bool(near_duplicates(PromptSet("two", "labelled", texts))) == found


def test_a_word_that_chance_explains_is_no_giveaway(pairs: PromptSet) -> None:
    # Six of forty positive texts and no negative one: enough in size, p = .01, but hundreds of words were tried.
    spoiled = changed(pairs, lambda t: t.row <= 6 and t.side == "positive", text=lambda t: t.text + " Quokka.")
    assert giveaways(spoiled) == []


def test_a_small_difference_in_length_is_no_finding_however_many_texts_show_it() -> None:
    # A word more in 14 is under a tenth; two more in some of the texts are over it, but tell too little of the label.
    large = invented(["joy", "fear"], 400)
    assert length(changed(large, lambda t: t.emotion == "joy", text=lambda t: t.text + " ba")) == []
    assert (
        length(changed(large, lambda t: t.emotion == "joy" and t.row % 3 == 0, text=lambda t: t.text + 5 * " ba")) == []
    )
    even = invented(["joy", "fear"], 400, n_words=40)
    assert length(changed(even, lambda t: t.emotion == "joy", text=lambda t: t.text + " ba be bi")) == []


def test_topics_that_lean_to_an_emotion_are_told_although_others_have_them_too(labelled: PromptSet) -> None:
    # Joy and fear have two topics each; the others have all twenty, those four among them.
    spoiled = changed(labelled, lambda t: t.emotion == "joy", topic=lambda t: f"topic {t.row % 2}")
    leaning = changed(spoiled, lambda t: t.emotion == "fear", topic=lambda t: f"topic {2 + t.row % 2}")
    (finding,) = topics(leaning)
    assert finding.severity == "warning"
    assert finding.detail.startswith("The topic tells the emotion")


def test_a_pair_counts_once(pairs: PromptSet) -> None:
    few = PromptSet("few", "pairs", pairs.part("train")[:10] + pairs.part("heldout"))
    assert [one.detail for one in split_sizes(few)] == ["Fewer than 8 training pairs: fear (5)"]
