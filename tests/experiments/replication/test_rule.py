"""The rule against hand-made cases, its boundaries above all."""

import math

import numpy as np
import pytest

from emotion_core.experiments.replication.rule import (
    Estimate,
    Judged,
    both,
    by_sign,
    by_size,
    by_zero,
    condition,
    held_to_false_discovery,
    over_units,
)


def size(value: float, low: float, high: float, null: float = 0.1) -> Estimate:
    return Estimate(value, low, high, -null, null)


@pytest.mark.parametrize(
    ("one", "delta", "verdict"),
    [
        (size(0.5, 0.3, 0.7), 0.4, "replicates"),
        (size(0.4, 0.3, 0.5), 0.4, "replicates"),  # E >= delta holds at the boundary
        (size(0.39, 0.3, 0.5), 0.4, "cannot be told"),  # beyond the null, smaller than delta, the interval holds delta
        (size(0.5, 0.1, 0.9), 0.4, "cannot be told"),  # low has to lie above the null, not on it
        (size(0.2, 0.15, 0.39), 0.4, "does not"),
        (size(0.2, 0.0, 0.4), 0.4, "cannot be told"),  # high has to lie below delta
        (size(-0.5, -0.7, -0.3), 0.4, "does not"),
        (size(math.nan, 0.3, 0.7), 0.4, "cannot be told"),
    ],
)
def test_size(one: Estimate, delta: float, verdict: str) -> None:
    assert by_size(one, delta).verdict == verdict


def test_a_smaller_effect_of_the_same_sign_is_said() -> None:
    assert "more than the null" in by_size(size(0.2, 0.15, 0.3), 0.4).why
    assert "more than the null" not in by_size(size(0.2, 0.05, 0.3), 0.4).why


def test_a_published_figure_below_zero_turns_all_signs() -> None:
    turned = Estimate(-0.5, -0.7, -0.3, -0.1, 0.05).turned
    assert turned == Estimate(0.5, 0.3, 0.7, -0.05, 0.1)


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (Estimate(0.0, -0.2, 0.2), "replicates"),
        (Estimate(0.1, -0.1, 0.3), "cannot be told"),  # the end lies on delta
        (Estimate(0.5, 0.31, 0.7), "does not"),
        (Estimate(0.5, 0.3, 0.7), "cannot be told"),
        (Estimate(-0.5, -0.7, -0.31), "does not"),
        (Estimate(0.0, -0.9, 0.9), "cannot be told"),  # what cannot be seen is no zero
    ],
)
def test_zero(one: Estimate, verdict: str) -> None:
    assert by_zero(one, 0.3).verdict == verdict


def test_the_bound_that_an_interval_crosses_or_lies_beyond_is_named_with_its_sign() -> None:
    assert by_zero(Estimate(-0.68, -1.22, -0.14), 1.0).why == "the interval crosses -1"
    assert by_zero(Estimate(0.68, 0.14, 1.22), 1.0).why == "the interval crosses 1"
    assert by_zero(Estimate(-1.5, -2.0, -1.1), 1.0).why == "the interval lies beyond -1"


@pytest.mark.parametrize(
    ("one", "verdict"),
    [
        (size(0.5, 0.3, 0.7), "replicates"),
        (size(0.5, 0.05, 0.95), "cannot be told"),
        (size(-0.5, -0.7, -0.3), "does not"),
        (size(0.02, -0.05, 0.09), "does not"),  # equivalent to nothing
        (size(0.02, -0.1, 0.09), "cannot be told"),
    ],
)
def test_sign(one: Estimate, verdict: str) -> None:
    assert by_sign(one, 0.1).verdict == verdict


def test_absence_needs_a_delta() -> None:
    assert by_sign(size(0.02, -0.05, 0.09)).verdict == "cannot be told"


def test_a_sign_with_too_large_a_q_cannot_be_told() -> None:
    assert by_sign(size(0.5, 0.3, 0.7), q_value=0.06).verdict == "cannot be told"


def test_a_claim_of_two_conditions_stands_on_the_weaker_one() -> None:
    strong, weak = condition(True, 0.001, "a"), condition(True, 0.04, "b")
    assert both(strong, weak) == Judged("replicates", 0.04, "a; b")
    assert both(strong, condition(False, 0.2, "c")).verdict == "cannot be told"
    assert both(strong, condition(False, 0.2, "c"), condition(False, 0.9, "d", "does not")).why == "not d"


def test_p_follows_from_the_printed_figures() -> None:
    # Both ends 1.96 standard errors of 1 away, lead 3: z = 3 / sqrt(2).
    one = Estimate(3.0, 3 - 1.959964, 3 + 1.959964, -1.959964, 1.959964)
    assert one.against_null() == pytest.approx(0.01695, abs=1e-4)
    assert Estimate(0.0, -1.959964, 1.959964).inside(1.644854) == pytest.approx(0.05, abs=1e-4)
    assert Estimate(0.0, 0.0, 0.0, 0.0, 0.0).against_null() == 1.0


def test_replicates_is_held_to_the_rows_that_were_run() -> None:
    rows = [Judged("replicates", 0.04, ""), *(Judged("cannot be told", 0.5, "") for _ in range(9))]
    kept, q = held_to_false_discovery(rows)
    assert [one.verdict for one in kept] == ["cannot be told"] * 10
    assert q[0] == pytest.approx(0.4)
    alone, _ = held_to_false_discovery(rows[:1])
    assert alone[0].verdict == "replicates"


def test_noise_alone_replicates_rarely() -> None:
    """50 tables of ten sign rows without any effect: false discoveries in at most 5 % of the tables, give or take."""
    rng = np.random.default_rng(0)
    wrong = 0
    for _ in range(50):
        rows = [by_sign(over_units(rng.standard_normal(24), rng.standard_normal((400, 24)).mean(1))) for _ in range(10)]
        kept, _ = held_to_false_discovery(rows)
        wrong += any(one.verdict == "replicates" for one in kept)
    assert wrong <= 3
