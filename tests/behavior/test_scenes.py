"""Scenarios as visitors write them, patterns that run away, and rates."""

import json
import math
import time

import pytest

from emotion_core.base.errors import PromptSetError
from emotion_core.behavior.rates import agreement, log_odds, no_room, smoothed_rate
from emotion_core.behavior.scenes import Scene, built_in_scenes, check_pattern, check_scenes, counts, parse_scenes

TWO = ("I wait.", "I run.")


def test_the_built_in_scenarios_pass_their_own_checker():
    scenes = built_in_scenes()
    assert len(scenes) >= 8
    check_scenes(scenes, "behaviors.json")


def test_json_and_csv_say_the_same():
    document = [
        {
            "name": "door",
            "scenario": "It knocks, and nobody answers.",
            "options": [{"text": "I wait.", "counts": False}, {"text": "I run.", "counts": True}],
        },
        {"name": "word", "scenario": "He says", "pattern": r"\bsorry\b"},
    ]
    table = (
        "name,scenario,option,counts,pattern\n"
        'door,"It knocks, and nobody answers.",I wait.,no,\ndoor,,I run.,yes,\nword,He says,,,\\bsorry\\b\n'
    )
    expected = (
        Scene("door", "It knocks, and nobody answers.", TWO, (False, True)),
        Scene("word", "He says", pattern=r"\bsorry\b"),
    )
    assert parse_scenes("s.json", json.dumps(document).encode()) == expected
    assert parse_scenes("s.csv", table.encode()) == expected
    assert parse_scenes("s.csv", table.replace("nobody", "no one").replace(",", ";").encode())[1] == expected[1]


def test_questions_with_two_answers_and_options_as_texts():
    caa = [{"question": "Do you stay?", "answer_matching_behavior": " (A)", "answer_not_matching_behavior": " (B)"}]
    assert parse_scenes("caa.json", json.dumps(caa).encode())[0] == Scene(
        "Do you stay?", "Do you stay?", ("(A)", "(B)"), (True, False)
    )
    table = ",".join(caa[0]) + "\n" + ",".join(caa[0].values())
    for name, data in (("a.jsonl", json.dumps(caa[0])), ("a.json", json.dumps({"data": caa})), ("a.csv", table)):
        assert parse_scenes(name, data.encode())[0].options == ("(A)", "(B)")
    flat = [{"name": "door", "scenario": "It knocks.", "options": TWO, "counts": [False, True]}]
    assert parse_scenes("s.json", json.dumps(flat).encode())[0] == Scene("door", "It knocks.", TWO, (False, True))


def test_a_faulty_file_is_told_with_an_example_that_works():
    with pytest.raises(PromptSetError) as caught:
        parse_scenes("s.json", json.dumps([{"name": "a", "scenario": "b", "options": ["x", 3]}]).encode())
    assert (
        caught.value.found
        == "item 1, options, item 1: is not an object (x); item 1, options, item 2: is not an object (3)"
    )
    example = caught.value.expected.removeprefix("a list of items such as ")
    assert parse_scenes("s.json", f"[{example}]".encode())[0].counts == (True, False)


@pytest.mark.parametrize(
    ("scenes", "says"),
    [
        ([], "no scenarios"),
        ([Scene("a", "x", TWO, (True, False)), Scene("a", "y", pattern="z")], "same name"),
        ([Scene("a", " ", TWO, (True, False))], "no text"),
        ([Scene("a", "x")], "neither"),
        ([Scene("a", "x", TWO, (True, False), pattern="z")], "both"),
        ([Scene("a", "x", TWO, (True, True))], "all of them count"),
        ([Scene("a", "x", ("I wait",), (True,))], "at least two options"),
        ([Scene("a", "x", ("I wait", " I wait "), (True, False))], "are the same"),
        ([Scene("a", "x", ("I wait", "I wait here"), (True, False))], "begins with the other"),
        ([Scene("a", "x", pattern="(")], "not a valid regular expression"),
        ([Scene("a", "x", pattern="a*")], "fits every text"),
        ([Scene("a", "x", pattern="b" * 501)], "too long"),
    ],
)
def test_what_cannot_be_measured_is_refused_by_name(scenes, says):
    with pytest.raises(PromptSetError, match=says):
        check_scenes(scenes, "mine.json")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(a|a?)+$", r"(\w+\s*)+$", "(.*a){20}$"])
def test_a_runaway_pattern_ends_in_time(pattern):
    begin = time.process_time()
    with pytest.raises(PromptSetError, match="takes too long"):
        check_pattern(pattern, "scenario 1")
        counts(pattern, "a" * 5000 + "!", "scenario 1")
    assert time.process_time() - begin < 30


def test_an_honest_pattern_decides():
    check_pattern(r"\b(sorry|apolog)", "scenario 1")
    assert counts(r"\b(sorry|apolog)", "He APOLOGISED twice.", "s") and not counts("sorry", "glad", "s")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("s.csv", b"name,scenario,option,counts\na,x,y,maybe\n"),
        ("s.csv", b"name,scenario\n"),
        ("s.json", b"[]"),
        ("s.json", b'[{"name": "a"}]'),
        ("s.txt", b"hello"),
    ],
)
def test_files_that_are_no_scenarios(name, data):
    with pytest.raises(PromptSetError):
        parse_scenes(name, data)


def test_rates_stay_finite_and_say_where_they_cannot_go():
    assert abs(log_odds([0.0, 1.0])).max() < 30 and log_odds(0.5) == 0
    assert smoothed_rate(0, 9) == pytest.approx(0.05)
    assert "fall" in no_room(0.02) and "rise" in no_room(0.95) and no_room(0.5) == ""


def test_a_person_corrects_the_pattern():
    found = agreement([True, True, False, False], [None, False, False, True])
    assert (found.n, found.changed, found.rate) == (3, 2, 0.5)
    assert found.share == pytest.approx(1 / 3) and found.kappa == pytest.approx(-0.5)
    assert math.isnan(agreement([True], [None]).share) and math.isnan(agreement([True], [True]).kappa)
