"""What a sweep may be asked for, and what is refused with a reason."""

from __future__ import annotations

import math

import numpy as np
import pytest

from emotion_core.base.errors import SettingsError
from emotion_core.evaluation.controls import KINDS
from emotion_core.steering.settings import (
    EVERY_TOKEN,
    MAX_STRENGTHS,
    Gate,
    Schedule,
    SweepSettings,
    clean_strengths,
    how_words,
    parse_strengths,
    unit_words,
)
from emotion_core.steering.summary import against_kinds
from steering.handmade import settings


def test_as_many_controls_as_find_an_effect_of_three_deviations():
    """With eight of them the same effect would be evidence in four of ten draws of controls."""
    asked, rng = SweepSettings(emotion="fear", prompts=("Tea is",), strengths=(0.2,)), np.random.default_rng(0)
    kinds = [KINDS[i % len(KINDS)] for i in range(asked.controls)]
    drawn = [against_kinds(3.3, rng.normal(size=asked.controls), kinds) for _ in range(100)]
    assert np.mean([one.evidence for one in drawn]) >= 0.9


def test_strengths_are_sorted_without_duplicates_and_hold_zero():
    assert clean_strengths([0.3, -0.1, 0.3, 0.1 + 0.2]) == (-0.1, 0.0, 0.3)
    assert clean_strengths([-0.0]) == (0.0,) and math.copysign(1, clean_strengths([-0.0])[0]) == 1
    assert clean_strengths(np.array([1.0, 2.0])) == (0.0, 1.0, 2.0)
    assert settings(strengths=(0.5, -0.5)).strengths == (-0.5, 0.0, 0.5)


@pytest.mark.parametrize(
    ("strengths", "words"),
    [
        ((), "list of strengths is empty"),
        ((0.1, math.nan), "not a finite number.*nan"),
        ((math.inf,), "not a finite number.*inf"),
        ((-math.inf, 0.0), "not a finite number.*-inf"),
        ((10**400,), "not a finite number"),
        (tuple(range(1, MAX_STRENGTHS + 1)), f"Too many strengths.*at most {MAX_STRENGTHS}.*{MAX_STRENGTHS + 1}"),
    ],
)
def test_strengths_that_are_no_strengths_are_refused(strengths, words):
    with pytest.raises(SettingsError, match=words):
        settings(strengths=strengths)


def test_ranges_hold_both_ends():
    assert parse_strengths("-0.6:0.6:0.1") == tuple(round(i / 10, 9) for i in range(-6, 7))
    assert parse_strengths("-20:40:5") == tuple(float(i) for i in range(-20, 41, 5))
    assert parse_strengths("0.1:0.35:0.1") == (0.0, 0.1, 0.2, 0.3)
    assert parse_strengths(" -0.2, 0 ; 0.2 ") == (-0.2, 0.0, 0.2)
    assert parse_strengths("\u22120.2, 0.2") == parse_strengths("\u22120.2:0.2:0.2"), "the minus sign of the pages"
    assert parse_strengths("-1:1:0.01")[0] == -1.0 and len(parse_strengths("-1:1:0.01")) == 201


def test_a_decimal_comma_is_refused_and_not_read_as_two_strengths():
    for text in ("\u22120,4", "0,4", "-0,4; 0,4", "-0,4, 0, 0,4", "-0,4,-0,2,0,0,2"):
        with pytest.raises(SettingsError, match="decimals with a point"):
            parse_strengths(text)
    assert parse_strengths("-0.4,-0.2,0,0.2") == (-0.4, -0.2, 0.0, 0.2)
    assert parse_strengths("1,10,100") == (0.0, 1.0, 10.0, 100.0) and parse_strengths("-0.4, 0.2,0.4")[0] == -0.4


@pytest.mark.parametrize("text", ["a,b", "1:2", "1:2:3:4", "0:1:0", "1:0:0.1", "0:nan:1", "0:1:-1", "0:inf:1", "::"])
def test_a_range_that_cannot_be_read_says_what_was_expected(text):
    with pytest.raises(SettingsError, match=r"cannot be read.*-0.6:0.6:0.1"):
        parse_strengths(text)


@pytest.mark.parametrize("text", ["", " , ", "nan", "1,inf", "0:1:1e-9", "-1e308:1e308:1"])
def test_strings_that_read_but_make_no_sense_are_refused(text):
    with pytest.raises(SettingsError):
        parse_strengths(text)


@pytest.mark.parametrize(
    "more",
    [
        {"prompts": ()},
        {"prompts": ("  ",)},
        {"prompts": ("a", "a")},
        {"controls": -1},
        {"controls": 257},
        {"samples": 0},
        {"max_new_tokens": 0},
        {"temperature": 0.0},
        {"temperature": math.nan},
        {"top_p": 0.0},
        {"top_p": 1.5},
        {"seed": -1},
        {"decoding": "greedy", "samples": 2},
        {"unit": "percent"},
        {"operation": "multiply"},
        {"scope": "all"},
        {"decoding": "beam"},
    ],
)
def test_settings_out_of_range_are_refused(more):
    with pytest.raises(SettingsError):
        settings(**more)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (("add", 95.0, None, EVERY_TOKEN), "add"),
        (("project_out", 95.0, None, Schedule(half_life=5)), "project out, halved every 5 tokens"),
        (("floor", 5.0, None, Schedule(3)), "floor at percentile 5 of neutral tokens, from written token 3 on"),
        (("cap", 90.0, Gate("joy", 20, below=True), EVERY_TOKEN),
         "cap at percentile 90 of neutral tokens, only while joy reads below percentile 20"),
    ],
)  # fmt: skip
def test_a_figure_says_what_was_done_and_when(asked, words) -> None:
    assert how_words(*asked) == words


def test_a_share_is_not_called_a_fraction_of_the_norm() -> None:
    assert unit_words("cap") == "share of what lies beyond the bound"
    assert unit_words("add") == "fraction of the residual norm" and unit_words("add", "raw") != unit_words("add")
