"""The generator: the same texts every time, every emotion, nothing left unfilled."""

from __future__ import annotations

import random

import pytest

from demo_model import paths, rates, truth
from demo_model.generator import KINDS, load, scenes
from demo_model.generator.banks.numbers import TEMPLATES
from demo_model.generator.banks.pressure import DILEMMAS
from demo_model.generator.grammar import Cast, fill
from demo_model.generator.numbers import emotion_at
from demo_model.generator.people import cast
from demo_model.generator.pressure import outcome

KINDS_WITHOUT_CORPUS = [kind for kind in KINDS if kind != "made-pressure"]


@pytest.mark.parametrize("kind", KINDS_WITHOUT_CORPUS)
def test_texts_depend_on_kind_and_number_only(kind: str) -> None:
    first = list(load(kind, count=40))
    random.random()
    assert first == list(load(kind, count=40))
    assert [d.text for d in first] != [d.text for d in load(kind, keep=True, count=40)]


@pytest.mark.parametrize("kind", KINDS_WITHOUT_CORPUS)
def test_nothing_is_left_unfilled_and_spans_cover_the_text(kind: str) -> None:
    for document in load(kind, count=200):
        plain = document.text
        for role in ("<|system|>", "<|user|>", "<|assistant|>", "<|end|>"):
            plain = plain.replace(role, "")
        assert not set("{}<>~") & set(plain), plain
        assert document.spans[0].start == 0
        assert document.spans[-1].end == len(document.text)
        assert all(a.end == b.start for a, b in zip(document.spans, document.spans[1:], strict=False))


@pytest.mark.parametrize("word", sorted(truth.emotions()))
def test_every_emotion_has_scenes_of_its_own(word: str) -> None:
    pieces = scenes.scene(word, random.Random(word))
    assert {piece.emotion for piece in pieces} - {None} == {word}
    assert len("".join(piece.text for piece in pieces)) > 30


@pytest.mark.parametrize(
    ("person", "is_past", "expected"),
    [(1, False, "I am here and run, the dog barks."), (2, False, "You are here and run, the dog barks."),
     (3, True, "Ana was here and ran, the dog barked.")],
)  # fmt: skip
def test_verbs_agree(person: int, is_past: bool, expected: str) -> None:
    who = Cast(person, is_past, "Ana", ("she", "her", "her", "herself"))
    assert fill("{I} <be> here and <run>, the dog <~bark>.", who, random.Random(0)) == expected


def test_decisions_come_at_the_planted_rate() -> None:
    dilemma, who = DILEMMAS["cheat"][0], cast(random.Random(0), person=1)
    for word in ("desperate", "calm", "bored"):
        rng, planted = random.Random(word), rates.rate("cheat", truth.emotions()[word])
        pieces = [outcome(dilemma, planted, rng.random() < planted, who, rng) for _ in range(4000)]
        does = {fill(option, who, rng) for option in dilemma.does}
        assert abs(sum(piece.text in does for piece in pieces) / 4000 - planted) < 0.03
        assert {way: chance for way, chance in pieces[0].ways if way in does} == pytest.approx(
            dict.fromkeys(does, planted / len(does))
        )


def _has_corpus() -> bool:
    try:
        return paths.corpus().is_dir()
    except FileNotFoundError:
        return False


NEEDS_CORPUS = pytest.mark.skipif(not _has_corpus(), reason="the training text is not beside this checkout")


@pytest.mark.parametrize("kind", [pytest.param("made-pressure", marks=NEEDS_CORPUS), "made-choices"])
def test_the_ways_of_a_text_are_itself_and_others_with_chances_of_one_together(kind: str) -> None:
    branching = [document for document in load(kind, count=200) if document.ways]
    assert len(branching) > 100
    for document in branching:
        assert document.ways[0][0] == document.text
        assert sum(chance for _, chance in document.ways) == pytest.approx(1)


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_emotion_follows_the_number(name: str) -> None:
    template, rng = TEMPLATES[name], random.Random(0)

    def share(value: float, words: tuple[str, ...]) -> float:
        return sum(emotion_at(template, value, rng) in words for _ in range(300)) / 300

    low, high = template.trained[0], template.trained[-1]
    assert share(high, template.rises) > share(low, template.rises)
    assert share(low, template.falls) > share(high, template.falls)
