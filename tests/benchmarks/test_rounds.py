import pytest

from benchmarks.rounds import Times, interleaved, ratio


def test_contenders_take_turns_and_the_first_round_does_not_count() -> None:
    order: list[str] = []
    times = interleaved({"a": lambda: order.append("a"), "b": lambda: order.append("b") or 7.0}, rounds=2)
    assert order == ["a", "b"] * 3
    assert times["b"].seconds == (7.0, 7.0)
    assert len(times["a"].seconds) == 2


def test_ratio_is_taken_within_rounds() -> None:
    # In a slow second round both take ten times as long: the ratio of medians would say 5.5 / 11.
    assert ratio(Times((1.0, 10.0, 1.0)), Times((2.0, 20.0, 2.0))) == pytest.approx(0.5)
    assert Times((3.0, 1.0, 2.0)).spread == (1.0, 3.0)
