"""Clean sets are clean; a seeded copy with each kind of fault is caught, fault by fault."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from emotion_core.prompts.checks import CHECKS, check
from emotion_core.prompts.prompt_set import PromptSet

from .sets import changed, invented

EMOTIONS = ["joy", "fear", "anger", "pride"]


def test_clean_sets_have_neither_errors_nor_warnings(pairs: PromptSet, labelled: PromptSet) -> None:
    for prompt_set in (pairs, labelled):
        assert [one for one in check(prompt_set) if one.severity != "note"] == []


def by_row(rows: set[int], side: str = "") -> Callable[[object], bool]:
    return lambda text: text.row in rows and side in ("", text.side)  # type: ignore[attr-defined]


def said(prompt_set: PromptSet, row: int, side: str) -> str:
    return next(t.text for t in prompt_set.texts if t.row == row and t.side == side)


PAIR_FAULTS = {
    "certain word": (
        lambda s: changed(s, by_row({4}, "positive"), text=lambda t: t.text + " She was terrified."),
        ("emotion words", "error", {4}, "row 4 (positive) 'terrified'"),
    ),
    "calm word on the negative side": (
        lambda s: changed(s, by_row({9}, "negative"), text=lambda t: t.text + " All was calm."),
        ("emotion words", "error", {9}, "row 9 (negative) 'calm'"),
    ),
    "ambiguous word": (
        lambda s: changed(s, by_row({5}, "negative"), text=lambda t: t.text + " It felt safe."),
        ("emotion words", "warning", {5}, "'safe'"),
    ),
    "left-out row": (
        lambda s: replace(s, dropped=("Row 51 repeats row 2 and is left out",), dropped_rows=(51,)),
        ("duplicates", "warning", {51}, "Row 51 repeats row 2"),
    ),
    "side used twice": (
        lambda s: changed(s, by_row({7}, "negative"), text=said(s, 3, "negative")),
        ("duplicates", "warning", {3, 7}, "row 3 (negative) = row 7 (negative)"),
    ),
    "identical sides": (
        lambda s: changed(s, by_row({7}, "negative"), text=said(s, 7, "positive").upper()),
        ("duplicates", "error", {7}, "stands for different things"),
    ),
    "near duplicate in training": (
        lambda s: changed(s, by_row({7}, "positive"), text=said(s, 3, "positive").replace("locked", "shut")),
        ("near duplicates", "warning", {3, 7}, "row 3 (positive) and row 7 (positive) (9"),
    ),
    "near duplicate across the split": (
        lambda s: changed(s, by_row({45}, "positive"), text=said(s, 3, "positive").replace("locked", "shut")),
        ("near duplicates", "error", {3, 45}, "Held-out texts are almost training texts"),
    ),
    "held-out text in training": (
        lambda s: changed(s, by_row({45}, "positive"), text=said(s, 3, "positive")),
        ("held-out leakage", "error", {3, 45}, "row 3 (positive) train = row 45 (positive) heldout"),
    ),
    "topic in both splits": (
        lambda s: changed(s, by_row({45}), topic="home"),
        ("held-out leakage", "note", {45}, "home"),
    ),
    "giveaway in some": (
        lambda s: changed(s, by_row(set(range(1, 14)), "positive"), text=lambda t: "Quokka. " + t.text),
        ("giveaways", "warning", set(range(1, 14)), "'quokka' is in 13 of 40 fear positive texts and in 0 others"),
    ),
    "giveaway in most": (
        lambda s: changed(s, by_row(set(range(1, 31)), "negative"), text=lambda t: "Quokka. " + t.text),
        ("giveaways", "error", set(range(1, 31)), "'quokka' is in 30 of 40 fear negative"),
    ),
    "longer side": (
        lambda s: changed(
            s, by_row(set(range(1, 51)), "positive"), text=lambda t: t.text + f" {t.row}: a b c d e f g."
        ),
        ("length", "error", None, "Length tells the label: fear has"),
    ),
    "one uneven pair": (
        lambda s: changed(
            s, by_row({6}, "positive"), text=lambda t: t.text + " And then on and on it goes and goes, on and on."
        ),
        ("length", "warning", {6}, "row 6 ("),
    ),
    "one topic": (
        lambda s: changed(s, by_row(set(range(1, 31))), topic="home"),
        ("topics", "warning", set(range(1, 31)), "30 of 50 rows have the topic 'home'"),
    ),
    "no topics": (
        lambda s: changed(s, lambda _: True, topic=""),
        ("topics", "note", set(), "has no topics"),
    ),
    "person": (
        lambda s: changed(s, by_row(set(range(1, 51)), "negative"), text=lambda t: "I know: " + t.text),
        ("form", "warning", None, "differ in person"),
    ),
    "tense": (
        lambda s: changed(s, by_row(set(range(1, 51)), "negative"), text=lambda t: t.text.replace(" is ", " was ")),
        ("form", "warning", None, "differ in tense"),
    ),
    "question form": (
        lambda s: changed(s, by_row(set(range(1, 13)), "positive"), text=lambda t: t.text[:-1] + "?"),
        ("form", "warning", set(range(1, 13)), "12 of 50 pairs differ in question form"),
    ),
    "nothing held out": (
        lambda s: changed(s, lambda _: True, split="train"),
        ("split sizes", "warning", set(range(1, 51)), "No held-out pairs"),
    ),
}
LABELLED_FAULTS = {
    "word": (
        lambda s: changed(s, by_row({4}), text=lambda t: t.text + " Joyful."),
        ("emotion words", "error", {4}, "row 4 'Joyful'"),
    ),
    "one text, two emotions": (
        lambda s: changed(s, by_row({21}), text=said(s, 1, "labelled")),
        ("duplicates", "error", {1, 21}, "row 1 joy = row 21 fear"),
    ),
    "near duplicate": (
        lambda s: changed(s, by_row({2}), text=said(s, 1, "labelled") + " so."),
        ("near duplicates", "warning", {1, 2}, "row 1 and row 2"),
    ),
    "giveaway": (
        lambda s: changed(s, by_row(set(range(1, 13))), text=lambda t: t.text + " quokka"),
        ("giveaways", "error", {1, 2, 3, 4, 6, 7, 8, 9, 11, 12}, "'quokka' is in 10 of 16 joy texts"),
    ),
    "longer emotion": (
        lambda s: changed(s, by_row(set(range(1, 21))), text=lambda t: t.text + " ba be bi bo bu"),
        ("length", "error", None, "joy has 19 words"),
    ),
    "topics of its own": (
        lambda s: changed(s, lambda t: t.emotion in ("joy", "anger"), topic=lambda t: f"{t.emotion} {t.topic}"),
        ("topics", "warning", {*range(1, 21), *range(41, 61)}, "'joy topic 0' only with joy"),
    ),
    "person": (
        lambda s: changed(s, by_row(set(range(1, 21))), text=lambda t: "You " + t.text),
        ("form", "warning", set(range(1, 21)), "joy has +100% second"),
    ),
    "question": (
        lambda s: changed(s, by_row(set(range(1, 13))), text=lambda t: t.text[:-1] + "?"),
        ("form", "warning", set(range(1, 13)), "joy has +60% question"),
    ),
    "an emotion that cannot be tested": (
        lambda s: changed(s, lambda t: t.emotion == "fear", split="train"),
        ("split sizes", "warning", set(range(21, 41)), "No held-out texts, so no held-out figures (null): fear"),
    ),
    "few": (
        lambda _: invented(EMOTIONS, 7),
        ("split sizes", "note", set(), "joy (6)"),
    ),
    "one emotion": (
        lambda _: invented(["joy"], 20),
        ("split sizes", "note", set(), "nothing to be compared with"),
    ),
}


def assert_caught(prompt_set: PromptSet, expected: tuple[str, str, set[int] | None, str]) -> None:
    name, severity, rows, detail = expected
    hits = [one for one in check(prompt_set) if one.check == name and one.severity == severity and detail in one.detail]
    assert len(hits) == 1, check(prompt_set)
    assert hits[0].remedy
    if rows is not None:
        assert hits[0].rows == tuple(sorted(rows))


@pytest.mark.parametrize("fault", PAIR_FAULTS)
def test_each_fault_of_pairs_is_caught(fault: str, pairs: PromptSet) -> None:
    spoil, expected = PAIR_FAULTS[fault]
    assert_caught(spoil(pairs), expected)


@pytest.mark.parametrize("fault", LABELLED_FAULTS)
def test_each_fault_of_labelled_texts_is_caught(fault: str, labelled: PromptSet) -> None:
    spoil, expected = LABELLED_FAULTS[fault]
    assert_caught(spoil(labelled), expected)


def test_errors_come_first_and_findings_are_json(pairs: PromptSet) -> None:
    spoiled = PAIR_FAULTS["certain word"][0](PAIR_FAULTS["topic in both splits"][0](pairs))
    findings = check(spoiled)
    order = [("error", "warning", "note").index(one.severity) for one in findings]
    assert order == sorted(order)
    assert set(json.loads(json.dumps(findings[0].to_json()))) == {"check", "severity", "rows", "detail", "remedy"}


def test_a_set_of_171_emotions_takes_less_than_two_seconds() -> None:
    large = invented([f"e{i}" for i in range(171)], 10, n_words=45)
    check(invented(EMOTIONS, 5))
    start = time.process_time()
    findings = check(large)
    assert time.process_time() - start < 2
    assert [one for one in findings if one.severity != "note"] == []


@pytest.mark.parametrize("form", ["pairs", "labelled"])
def test_an_empty_set_has_no_findings_that_fail(form: str) -> None:
    for one in CHECKS:
        one(PromptSet("none", form, ()))  # type: ignore[arg-type]
